// decode < manifests.yaml: what the newest modules of Kubernetes say of each object.
//
// A line an object, tab-separated: kind, name, verdict. The verdict is "ok"; "foreign" for a kind that is not
// Kubernetes' own; else what the strict decoder (unknown and repeated fields are errors) or, for whatever holds a
// pod, the evaluator of Pod Security at restricted:latest has against it.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	sigsyaml "sigs.k8s.io/yaml"
)

type judge struct {
	strict    *json.Serializer
	evaluator policy.Evaluator
}

func newJudge() (*judge, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistrationv1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, corev1.AddToScheme,
		networkingv1.AddToScheme, policyv1.AddToScheme, rbacv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	options := json.SerializerOptions{Yaml: true, Strict: true}
	return &judge{json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, options), evaluator}, nil
}

func (j *judge) podSecurity(meta *metav1.ObjectMeta, spec *corev1.PodSpec) string {
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	result := policy.AggregateCheckResults(j.evaluator.EvaluatePod(level, meta, spec))
	if result.Allowed {
		return "ok"
	}
	return result.ForbiddenDetail()
}

func (j *judge) verdict(document []byte) string {
	object, _, err := j.strict.Decode(document, nil, nil)
	if runtime.IsNotRegisteredError(err) {
		return "foreign"
	}
	if err != nil {
		return err.Error()
	}
	switch o := object.(type) {
	case *appsv1.Deployment:
		return j.podSecurity(&o.Spec.Template.ObjectMeta, &o.Spec.Template.Spec)
	case *batchv1.CronJob:
		template := &o.Spec.JobTemplate.Spec.Template
		return j.podSecurity(&template.ObjectMeta, &template.Spec)
	case *corev1.Pod:
		return j.podSecurity(&o.ObjectMeta, &o.Spec)
	}
	return "ok"
}

func run(in io.Reader, out io.Writer) error {
	j, err := newJudge()
	if err != nil {
		return err
	}
	reader := yaml.NewYAMLReader(bufio.NewReader(in))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var head metav1.PartialObjectMetadata
		if err := sigsyaml.Unmarshal(document, &head); err != nil {
			return err
		}
		if head.Kind == "" { // comments alone
			continue
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", head.Kind, head.Name, strings.ReplaceAll(j.verdict(document), "\n", " "))
	}
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "decode:", err)
		os.Exit(1)
	}
}
