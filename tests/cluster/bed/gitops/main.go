// gitops: what Argo CD and Flux make of an object that a webhook changes, asked of the code that they are made of:
// gitops-engine's diff (as of Argo CD 3.2.3) and Flux' server-side apply manager (kustomize-controller's).
//
//	echo '{"tool": "argocd", "config": {...}, "live": {...}, "ignore": [...]}' | gitops
//
// KUBECONFIG names the API server. The answer is one line of JSON: {"drift": true, "action": "configured", "paths": [...]}.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/argoproj/gitops-engine/pkg/diff"
	jsonpatch "github.com/evanphx/json-patch"
	"github.com/fluxcd/pkg/ssa"
	"github.com/itchyny/gojq"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/kube-openapi/pkg/util/proto"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const argoManager = "argocd-controller"

// ignoreRule is an entry of an Argo CD Application's spec.ignoreDifferences.
type ignoreRule struct {
	Group             string   `json:"group"`
	Kind              string   `json:"kind"`
	Name              string   `json:"name"`
	Namespace         string   `json:"namespace"`
	JSONPointers      []string `json:"jsonPointers"`
	JQPathExpressions []string `json:"jqPathExpressions"`
}

type request struct {
	Tool                   string                 `json:"tool"` // argocd, flux-diff, flux-apply
	Config                 map[string]interface{} `json:"config"`
	Live                   map[string]interface{} `json:"live"` // of argocd
	Ignore                 []ignoreRule           `json:"ignore"`
	ServerSide             bool                   `json:"serverSide"`             // compare-options: ServerSideDiff=true
	IncludeMutationWebhook bool                   `json:"includeMutationWebhook"` // compare-options: IncludeMutationWebhook=true
	Manager                string                 `json:"manager"`                // of flux: kustomize-controller, helm-controller
}

type answer struct {
	Drift  bool                   `json:"drift"`
	Action string                 `json:"action,omitempty"` // of flux: created, configured, unchanged
	Wanted map[string]interface{} `json:"wanted,omitempty"` // of argocd: what it would have
}

// ignoring is Argo CD's normalizer of ignoreDifferences (util/argo/normalizers): an RFC 6902 remove for each pointer, del(...) for each jq path.
type ignoring []ignoreRule

func (rules ignoring) Normalize(un *unstructured.Unstructured) error {
	for _, rule := range rules {
		kind := un.GroupVersionKind()
		if rule.Group != kind.Group || rule.Kind != kind.Kind || (rule.Name != "" && rule.Name != un.GetName()) ||
			(rule.Namespace != "" && rule.Namespace != un.GetNamespace()) {
			continue
		}
		for _, pointer := range rule.JSONPointers {
			if err := removePointer(un, pointer); err != nil {
				return err
			}
		}
		for _, path := range rule.JQPathExpressions {
			if err := deleteJQ(un, path); err != nil {
				return err
			}
		}
	}
	return nil
}

func removePointer(un *unstructured.Unstructured, pointer string) error {
	text, err := json.Marshal([]map[string]string{{"op": "remove", "path": pointer}})
	if err != nil {
		return err
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		return err
	}
	data, err := un.MarshalJSON()
	if err != nil {
		return err
	}
	patched, err := patch.Apply(data)
	if err != nil {
		return nil // nothing is there: so says Argo CD too
	}
	return json.Unmarshal(patched, un)
}

func deleteJQ(un *unstructured.Unstructured, path string) error {
	query, err := gojq.Parse(fmt.Sprintf("del(%s)", path))
	if err != nil {
		return err
	}
	value, ok := query.Run(un.Object).Next()
	if err, failed := value.(error); failed {
		return err
	}
	if !ok {
		return fmt.Errorf("%s gave nothing", path)
	}
	un.Object = value.(map[string]interface{})
	return nil
}

// dryRunner is what Argo CD asks the API server: kubectl apply --server-side --dry-run=server.
type dryRunner struct{ client client.Client }

func (d dryRunner) Run(ctx context.Context, obj *unstructured.Unstructured, manager string) (string, error) {
	copied := obj.DeepCopy()
	data, err := copied.MarshalJSON()
	if err != nil {
		return "", err
	}
	force := true
	options := client.PatchOptions{FieldManager: manager, Force: &force, DryRun: []string{metav1.DryRunAll}}
	if err := d.client.Patch(ctx, copied, client.RawPatch(types.ApplyPatchType, data), &options); err != nil {
		return "", err
	}
	text, err := copied.MarshalJSON()
	return string(text), err
}

func parser(config *rest.Config) (*managedfields.GvkParser, error) {
	dc, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	document, err := dc.OpenAPISchema()
	if err != nil {
		return nil, err
	}
	models, err := proto.NewOpenAPIData(document)
	if err != nil {
		return nil, err
	}
	return managedfields.NewGVKParser(models, false)
}

func argocd(r *request, config *rest.Config, c client.Client) (*answer, error) {
	options := []diff.Option{diff.WithNormalizer(ignoring(r.Ignore)), diff.WithManager(argoManager)}
	if r.ServerSide {
		p, err := parser(config)
		if err != nil {
			return nil, err
		}
		options = append(options, diff.WithServerSideDiff(true), diff.WithServerSideDryRunner(dryRunner{c}), diff.WithGVKParser(p),
			diff.WithIgnoreMutationWebhook(!r.IncludeMutationWebhook))
	}
	wanted, live := &unstructured.Unstructured{Object: r.Config}, &unstructured.Unstructured{Object: r.Live}
	result, err := diff.Diff(wanted, live, options...)
	if err != nil {
		return nil, err
	}
	a := &answer{Drift: result.Modified}
	if result.Modified {
		err = json.Unmarshal(result.PredictedLive, &a.Wanted)
	}
	return a, err
}

func flux(r *request, c client.Client) (*answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	manager := ssa.NewResourceManager(c, nil, ssa.Owner{Field: r.Manager, Group: "kustomize.toolkit.fluxcd.io"})
	obj := &unstructured.Unstructured{Object: r.Config}
	if r.Tool == "flux-apply" {
		set, err := manager.ApplyAll(ctx, []*unstructured.Unstructured{obj}, ssa.DefaultApplyOptions())
		if err != nil {
			return nil, err
		}
		action := set.Entries[0].Action
		return &answer{Drift: action != ssa.UnchangedAction, Action: string(action)}, nil
	}
	entry, _, _, err := manager.Diff(ctx, obj, ssa.DefaultDiffOptions())
	if err != nil {
		return nil, err
	}
	return &answer{Drift: entry.Action != ssa.UnchangedAction, Action: string(entry.Action)}, nil
}

func run() (*answer, error) {
	var r request
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		return nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return nil, err
	}
	c, err := client.New(config, client.Options{})
	if err != nil {
		return nil, err
	}
	if r.Tool == "argocd" {
		return argocd(&r, config, c)
	}
	return flux(&r, c)
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
