package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	v1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/webhook"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"
)

// configuration is both registrations, their conditions compiled.
type configuration struct {
	entries  []webhook.WebhookAccessor
	compiler cel.ConditionCompiler
}

func loadConfiguration(path string) (*configuration, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &configuration{compiler: cel.NewConditionCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))}
	for _, document := range bytes.Split(text, []byte("\n---\n")) {
		if err := c.add(document); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if len(c.entries) == 0 {
		return nil, fmt.Errorf("%s holds no webhooks", path)
	}
	return c, nil
}

func (c *configuration) add(document []byte) error {
	var mutating v1.MutatingWebhookConfiguration
	if err := yaml.UnmarshalStrict(document, &mutating); err != nil {
		return err
	}
	if mutating.Kind == "MutatingWebhookConfiguration" {
		for i := range mutating.Webhooks {
			w := &mutating.Webhooks[i]
			w.ObjectSelector = everything(w.ObjectSelector)
			c.entries = append(c.entries, webhook.NewMutatingWebhookAccessor(w.Name, mutating.Name, w))
		}
		return nil
	}
	var validating v1.ValidatingWebhookConfiguration
	if err := yaml.UnmarshalStrict(document, &validating); err != nil {
		return err
	}
	for i := range validating.Webhooks {
		w := &validating.Webhooks[i]
		w.ObjectSelector = everything(w.ObjectSelector)
		c.entries = append(c.entries, webhook.NewValidatingWebhookAccessor(w.Name, validating.Name, w))
	}
	return nil
}

// everything is the API server's default of a selector that is not there.
func everything(selector *metav1.LabelSelector) *metav1.LabelSelector {
	if selector == nil {
		return &metav1.LabelSelector{}
	}
	return selector
}

// request is what the API server asks about; old is nil at CREATE.
type request struct {
	kind        schema.GroupVersionKind
	resource    schema.GroupVersionResource
	subresource string
	object, old runtime.Object
}

func (q request) attributes() *admission.VersionedAttributes {
	operation, accessor := admission.Create, func() (string, string) { m, _ := meta.Accessor(q.object); return m.GetNamespace(), m.GetName() }
	if q.old != nil {
		operation = admission.Update
	}
	namespace, name := accessor()
	record := admission.NewAttributesRecord(q.object, q.old, q.kind, namespace, name, q.resource, q.subresource, operation, nil, false,
		&user.DefaultInfo{Name: "tester"})
	return &admission.VersionedAttributes{
		Attributes: record, VersionedKind: q.kind, VersionedObject: q.object, VersionedOldObject: q.old,
	}
}

// called names the entries that the API server would call, or by which it would refuse because
// the condition itself failed (failurePolicy Fail). The namespace is taken to have opted in.
func (c *configuration) called(q request) (map[string]bool, error) {
	result := map[string]bool{}
	for _, entry := range c.entries {
		if !ruled(entry, q) {
			continue
		}
		selector, err := entry.GetParsedObjectSelector()
		if err != nil {
			return nil, err
		}
		if !selected(selector, q.object) && !selected(selector, q.old) {
			continue
		}
		match := entry.GetCompiledMatcher(c.compiler).Match(context.Background(), q.attributes(), nil, nil)
		result[entry.GetName()] = match.Matches || match.Error != nil
	}
	return result, nil
}

func selected(selector labels.Selector, object runtime.Object) bool {
	if object == nil {
		return false
	}
	m, err := meta.Accessor(object)
	return err == nil && selector.Matches(labels.Set(m.GetLabels()))
}

func ruled(entry webhook.WebhookAccessor, q request) bool {
	resource := q.resource.Resource
	if q.subresource != "" {
		resource += "/" + q.subresource
	}
	operation := v1.Create
	if q.old != nil {
		operation = v1.Update
	}
	for _, rule := range entry.GetRules() {
		if has(rule.APIGroups, q.resource.Group) && has(rule.APIVersions, q.resource.Version) && has(rule.Resources, resource) &&
			has(rule.Operations, operation) {
			return true
		}
	}
	return false
}

func has[T comparable](list []T, wanted T) bool {
	for _, item := range list {
		if item == wanted {
			return true
		}
	}
	return false
}
