package main

import (
	"encoding/json"
	"fmt"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// selectors is policies/selectors.yaml as far as it matters here.
type selectors struct {
	Roles []struct {
		Role   string
		Labels []map[string]string
		Words  []string
	}
	Entrypoints []struct{ Name, Role string }
	ConfigMaps  struct{ Labels []string }
}

func loadSelectors(path string) (*selectors, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &selectors{}
	return s, yaml.Unmarshal(text, s)
}

func typeMeta(kind, apiVersion string) metav1.TypeMeta {
	return metav1.TypeMeta{Kind: kind, APIVersion: apiVersion}
}

func pod(labels map[string]string, containers ...corev1.Container) *corev1.Pod {
	if len(containers) == 0 {
		containers = []corev1.Container{{Name: "c", Image: "x"}}
	}
	return &corev1.Pod{
		TypeMeta:   typeMeta("Pod", "v1"),
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "team", Labels: labels},
		Spec:       corev1.PodSpec{Containers: containers},
	}
}

func configMap(labels, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta:   typeMeta("ConfigMap", "v1"),
		ObjectMeta: metav1.ObjectMeta{Name: "cm", Namespace: "team", Labels: labels},
		Data:       data,
	}
}

func requestFor(object, old runtime.Object) request {
	kind := object.GetObjectKind().GroupVersionKind()
	resources := map[string]string{
		"Pod": "pods", "ConfigMap": "configmaps", "Deployment": "deployments", "ReplicaSet": "replicasets", "StatefulSet": "statefulsets",
		"DaemonSet": "daemonsets", "Job": "jobs", "CronJob": "cronjobs", "ReplicationController": "replicationcontrollers",
		"PodTemplate": "podtemplates",
	}
	return request{kind: kind, resource: kind.GroupVersion().WithResource(resources[kind.Kind]), object: object, old: old}
}

// controllers wraps the pod's template in all eight kinds.
func controllers(p *corev1.Pod) []runtime.Object {
	meta := metav1.ObjectMeta{Name: "w", Namespace: "team"}
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: p.Labels}, Spec: p.Spec}
	job := batchv1.JobSpec{Template: template}
	return []runtime.Object{
		&appsv1.Deployment{TypeMeta: typeMeta("Deployment", "apps/v1"), ObjectMeta: meta, Spec: appsv1.DeploymentSpec{Template: template}},
		&appsv1.ReplicaSet{TypeMeta: typeMeta("ReplicaSet", "apps/v1"), ObjectMeta: meta, Spec: appsv1.ReplicaSetSpec{Template: template}},
		&appsv1.StatefulSet{TypeMeta: typeMeta("StatefulSet", "apps/v1"), ObjectMeta: meta, Spec: appsv1.StatefulSetSpec{Template: template}},
		&appsv1.DaemonSet{TypeMeta: typeMeta("DaemonSet", "apps/v1"), ObjectMeta: meta, Spec: appsv1.DaemonSetSpec{Template: template}},
		&batchv1.Job{TypeMeta: typeMeta("Job", "batch/v1"), ObjectMeta: meta, Spec: job},
		&batchv1.CronJob{TypeMeta: typeMeta("CronJob", "batch/v1"), ObjectMeta: meta,
			Spec: batchv1.CronJobSpec{JobTemplate: batchv1.JobTemplateSpec{Spec: job}}},
		&corev1.ReplicationController{TypeMeta: typeMeta("ReplicationController", "v1"), ObjectMeta: meta,
			Spec: corev1.ReplicationControllerSpec{Template: &template}},
		&corev1.PodTemplate{TypeMeta: typeMeta("PodTemplate", "v1"), ObjectMeta: meta, Template: template},
	}
}

// podOf is the pod that a manifest is, or makes; nil for other kinds.
func podOf(document []byte) (*corev1.Pod, error) {
	var head struct {
		metav1.TypeMeta
		Spec struct {
			Template    *corev1.PodTemplateSpec
			JobTemplate struct {
				Spec struct{ Template *corev1.PodTemplateSpec }
			}
		}
		Template *corev1.PodTemplateSpec
	}
	var kind metav1.TypeMeta
	if err := json.Unmarshal(document, &kind); err != nil {
		return nil, err
	}
	if kind.Kind == "Pod" {
		p := &corev1.Pod{}
		return p, json.Unmarshal(document, p)
	}
	switch kind.GroupVersionKind().GroupKind() {
	case schema.GroupKind{Group: "apps", Kind: "Deployment"}, schema.GroupKind{Group: "apps", Kind: "ReplicaSet"},
		schema.GroupKind{Group: "apps", Kind: "StatefulSet"}, schema.GroupKind{Group: "apps", Kind: "DaemonSet"},
		schema.GroupKind{Group: "batch", Kind: "Job"}, schema.GroupKind{Group: "batch", Kind: "CronJob"},
		schema.GroupKind{Kind: "ReplicationController"}, schema.GroupKind{Kind: "PodTemplate"}:
	default:
		return nil, nil
	}
	if err := json.Unmarshal(document, &head); err != nil {
		return nil, err
	}
	for _, template := range []*corev1.PodTemplateSpec{head.Spec.Template, head.Spec.JobTemplate.Spec.Template, head.Template} {
		if template != nil {
			p := pod(template.Labels)
			p.Annotations, p.Spec = template.Annotations, template.Spec
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s without a template", kind.Kind)
}
