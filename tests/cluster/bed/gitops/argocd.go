package main

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	argodiff "github.com/argoproj/argo-cd/v3/util/argo/diff"
	"github.com/argoproj/argo-cd/v3/util/argo/normalizers"
	"github.com/argoproj/gitops-engine/pkg/sync/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/kube-openapi/pkg/util/proto"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

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

func strictly(text []byte, to interface{}) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(to)
}

func application(r *request) (*v1alpha1.Application, error) {
	app := &v1alpha1.Application{}
	if len(r.App) == 0 {
		return app, nil
	}
	return app, strictly(r.App, app)
}

// settings are those that the application controller makes of an Application (controller/state.go, CompareAppState).
func settings(app *v1alpha1.Application, c *cluster) (argodiff.DiffConfig, error) {
	gvks, err := parser(c.config)
	if err != nil {
		return nil, err
	}
	b := argodiff.NewDiffConfigBuilder().
		WithDiffSettings(app.Spec.IgnoreDifferences, nil, false, normalizers.IgnoreNormalizerOpts{}).
		WithTracking("", "annotation").WithNoCache().WithGVKParser(gvks).WithManager(common.ArgoCDSSAManager)
	if resource.HasAnnotationOption(app, common.AnnotationCompareOptions, "IncludeMutationWebhook=true") {
		b.WithIgnoreMutationWebhook(false)
	}
	if resource.HasAnnotationOption(app, common.AnnotationCompareOptions, "ServerSideDiff=true") {
		b.WithServerSideDiff(true).WithServerSideDryRunner(dryRunner{c.client})
	}
	if hasSyncOption(app, "ServerSideApply=true") {
		b.WithStructuredMergeDiff(true)
	}
	return b.Build()
}

func hasSyncOption(app *v1alpha1.Application, option string) bool {
	return app.Spec.SyncPolicy != nil && app.Spec.SyncPolicy.SyncOptions.HasOption(option)
}

// argocdDiff: is it OutOfSync?
func argocdDiff(r *request, c *cluster) (*answer, error) {
	app, err := application(r)
	if err != nil {
		return nil, err
	}
	config, err := settings(app, c)
	if err != nil {
		return nil, err
	}
	result, err := argodiff.StateDiff(&unstructured.Unstructured{Object: r.Live}, &unstructured.Unstructured{Object: r.Config}, config)
	if err != nil {
		return nil, err
	}
	a := &answer{Drift: result.Modified}
	if result.Modified {
		err = json.Unmarshal(result.PredictedLive, &a.Wanted)
	}
	return a, err
}

// argocdTarget: what does a sync hand to kubectl apply? With RespectIgnoreDifferences=true, what is ignored is taken from the
// cluster (controller/sync.go, normalizeTargetResources, which cannot be imported).
func argocdTarget(r *request, c *cluster) (*answer, error) {
	app, err := application(r)
	if err != nil || !hasSyncOption(app, "RespectIgnoreDifferences=true") {
		return &answer{Wanted: r.Config}, err
	}
	config, err := settings(app, c)
	if err != nil {
		return nil, err
	}
	live, target := &unstructured.Unstructured{Object: r.Live}, &unstructured.Unstructured{Object: r.Config}
	normal, err := argodiff.Normalize([]*unstructured.Unstructured{live}, []*unstructured.Unstructured{target}, config)
	if err != nil {
		return nil, err
	}
	typed, err := scheme.Scheme.New(target.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	wanted, err := withIgnoredOf(live, normal.Lives[0], normal.Targets[0], typed)
	return &answer{Wanted: wanted}, err
}

// withIgnoredOf puts what normalizing took away from live into target.
func withIgnoredOf(live, normalized, target *unstructured.Unstructured, typed interface{}) (map[string]interface{}, error) {
	texts := [3][]byte{}
	for i, obj := range []*unstructured.Unstructured{live, normalized, target} {
		text, err := obj.MarshalJSON()
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	meta, err := strategicpatch.NewPatchMetaFromStruct(typed)
	if err != nil {
		return nil, err
	}
	patch, err := strategicpatch.CreateThreeWayMergePatch(texts[0], texts[0], texts[1], meta, true)
	if err != nil {
		return nil, err
	}
	text, err := strategicpatch.StrategicMergePatch(texts[2], patch, typed)
	if err != nil {
		return nil, err
	}
	wanted := map[string]interface{}{}
	return wanted, json.Unmarshal(text, &wanted)
}
