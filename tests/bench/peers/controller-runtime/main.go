// controller-runtime PORT CERTS MASTER: what a platform team writes first, a mutating webhook on sigs.k8s.io/controller-runtime.
//
// It does the part of sparkgate's work that a beginner sees: the word after --master becomes MASTER, so does spark.master in
// spark-defaults.conf, and each container gets what the restricted Pod Security Standard asks for where it says nothing. No shell,
// no settings that follow from another master, no checks, no facts, no log, no metrics of its own.
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

type rewriter struct {
	decoder admission.Decoder
	master  string
}

func (r *rewriter) words(words []string) {
	for i := 1; i < len(words); i++ {
		if words[i-1] == "--master" {
			words[i] = r.master
		}
	}
}

func harden(container *corev1.Container) {
	if container.SecurityContext == nil {
		container.SecurityContext = &corev1.SecurityContext{}
	}
	if context := container.SecurityContext; context.AllowPrivilegeEscalation == nil {
		context.AllowPrivilegeEscalation = new(bool)
	}
	if context := container.SecurityContext; context.Capabilities == nil {
		context.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}
	}
}

func (r *rewriter) pod(pod *corev1.Pod) {
	if pod.Spec.SecurityContext == nil {
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	if context := pod.Spec.SecurityContext; context.RunAsNonRoot == nil {
		yes := true
		context.RunAsNonRoot = &yes
	}
	if context := pod.Spec.SecurityContext; context.SeccompProfile == nil {
		context.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}
	for i := range pod.Spec.Containers {
		r.words(pod.Spec.Containers[i].Args)
		harden(&pod.Spec.Containers[i])
	}
}

func (r *rewriter) settings(config *corev1.ConfigMap) {
	lines := strings.Split(config.Data["spark-defaults.conf"], "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "spark.master ") {
			lines[i] = "spark.master " + r.master
		}
	}
	config.Data["spark-defaults.conf"] = strings.Join(lines, "\n")
}

// Handle answers with the difference between what came and what the changed object is as JSON: the way of the examples upstream.
func (r *rewriter) Handle(_ context.Context, request admission.Request) admission.Response {
	var object runtime.Object
	var err error

	switch request.Kind.Kind {
	case "Pod":
		pod := &corev1.Pod{}
		err = r.decoder.Decode(request, pod)
		r.pod(pod)
		object = pod
	case "ConfigMap":
		config := &corev1.ConfigMap{}
		err = r.decoder.Decode(request, config)
		r.settings(config)
		object = config
	default:
		return admission.Allowed("")
	}
	if err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	after, err := json.Marshal(object)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	return admission.PatchResponseFromRaw(request.Object.Raw, after)
}

func main() {
	if len(os.Args) != 4 {
		println("usage: controller-runtime PORT CERTS MASTER")
		os.Exit(2)
	}
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	ctrl.SetLogger(logr.Discard())
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		panic(err)
	}
	server := webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: port, CertDir: os.Args[2]})
	server.Register("/mutate", &admission.Webhook{Handler: &rewriter{admission.NewDecoder(scheme), os.Args[3]}})
	if err := server.Start(ctrl.SetupSignalHandler()); err != nil {
		panic(err)
	}
}
