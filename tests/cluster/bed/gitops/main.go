// gitops: what Argo CD and Flux make of an object that a webhook changes, asked of the code that they are made of: Argo CD's
// own comparison (util/argo/diff), Flux' server-side apply manager (kustomize-controller's) and its drift detection
// (helm-controller's).
//
//	echo '{"tool": "argocd", "app": {...}, "config": {...}, "live": {...}}' | gitops
//
// KUBECONFIG names the API server. app is an Application or a HelmRelease as people write it: a field that its type does not
// have is an error. The answer is one line of JSON: {"drift": true, "action": "configured", "wanted": {...}}.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

type request struct {
	Tool    string                 `json:"tool"` // argocd, argocd-target, flux-diff, flux-apply, helm-drift
	App     json.RawMessage        `json:"app"`  // of argocd: an Application; of helm-drift: a HelmRelease
	Config  map[string]interface{} `json:"config"`
	Live    map[string]interface{} `json:"live"`    // of argocd
	Manager string                 `json:"manager"` // of flux-diff, flux-apply
}

type answer struct {
	Drift  bool                   `json:"drift"`
	Action string                 `json:"action,omitempty"` // of flux: created, configured, unchanged
	Wanted map[string]interface{} `json:"wanted,omitempty"` // of argocd: what it would have; of argocd-target: what a sync applies
}

type cluster struct {
	config *rest.Config
	client client.Client
}

func connect() (*cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return nil, err
	}
	c, err := client.New(config, client.Options{})
	return &cluster{config, c}, err
}

func run() (*answer, error) {
	var r request
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		return nil, err
	}
	c, err := connect()
	if err != nil {
		return nil, err
	}
	switch r.Tool {
	case "argocd":
		return argocdDiff(&r, c)
	case "argocd-target":
		return argocdTarget(&r, c)
	case "flux-diff":
		return fluxDiff(&r, c)
	case "flux-apply":
		return fluxApply(&r, c)
	case "helm-drift":
		return helmDrift(&r, c)
	}
	return nil, fmt.Errorf("no tool %q", r.Tool)
}

func main() {
	a, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gitops:", err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		os.Exit(1)
	}
}
