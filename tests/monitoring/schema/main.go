// schema reads a dashboard from standard input and says what Grafana's model of dashboards, of the panels and of
// Prometheus' queries has against it: unknown fields, missing ones, values of another kind.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func judge(text []byte) error {
	d := dashboard.Dashboard{}
	if err := d.UnmarshalJSONStrict(text); err != nil && err.Error() != "" {
		return err
	}
	return d.Validate()
}

func main() {
	plugins.RegisterDefaultPlugins()
	text, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = judge(text)
	}
	// An empty list of complaints is an error as well.
	if err != nil && err.Error() != "" {
		fmt.Println(err)
		os.Exit(1)
	}
}
