// Command selectors-oracle holds the matchConditions of the webhook configurations against sparkgate's own roles:
// whatever has a role must be called for. The conditions are compiled and evaluated by the API server's own code.
package main

import (
	"flag"
	"fmt"
	"os"
)

type run struct {
	configuration *configuration
	driver        *driver

	passed, failed, skipped int
}

func (r *run) expect(ok bool, format string, args ...any) {
	if ok {
		r.passed++
		return
	}
	r.failed++
	if r.failed <= 20 {
		fmt.Printf("FAIL "+format+"\n", args...)
	}
}

func (r *run) skip(why string) {
	r.skipped++
	fmt.Println("skipped:", why)
}

func main() {
	driverPath := flag.String("driver", "", "program that answers roles")
	configPath := flag.String("configuration", "", "manifests/webhook-configurations.yaml")
	policyPath := flag.String("selectors", "", "policies/selectors.yaml")
	seed := flag.Uint64("seed", 1, "of the random objects")
	count := flag.Int("count", 2000, "of the random objects")
	flag.Parse()

	r := &run{}
	if err := r.all(*driverPath, *configPath, *policyPath, *seed, *count); err != nil {
		fmt.Println("selectors:", err)
		r.failed++
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	if r.failed > 0 {
		os.Exit(1)
	}
}

func (r *run) all(driverPath, configPath, policyPath string, seed uint64, count int) (err error) {
	if r.configuration, err = loadConfiguration(configPath); err != nil {
		return err
	}
	if r.driver, err = startDriver(driverPath); err != nil {
		return err
	}
	defer r.driver.stop()
	selectors, err := loadSelectors(policyPath)
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return r.everySelector(selectors) },
		r.longLists,
		r.executors,
		r.strangers,
		r.updates,
		func() error { return r.random(selectors, seed, count) },
		func() error { return r.samples(os.Getenv("SPARKGATE_SAMPLES")) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
