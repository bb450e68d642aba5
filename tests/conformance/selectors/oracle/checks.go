package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

const (
	podsMutate         = "pods.mutate.sparkgate.io"
	configMapsMutate   = "configmaps.mutate.sparkgate.io"
	serversValidate    = "servers.validate.sparkgate.io"
	executorsValidate  = "executors.validate.sparkgate.io"
	configMapsValidate = "configmaps.validate.sparkgate.io"
	workloadsValidate  = "workloads.validate.sparkgate.io"
)

// pod: what has a role is called, and a server is called where failurePolicy is Fail.
func (r *run) pod(what string, p *corev1.Pod) (string, error) {
	p.TypeMeta = typeMeta("Pod", "v1")
	answer, err := r.driver.ask(p)
	if err != nil {
		return "", err
	}
	called, err := r.configuration.called(requestFor(p, nil))
	if err != nil {
		return "", err
	}
	switch answer.Role {
	case "none":
	case "executor":
		r.expect(called[podsMutate], "%s: %s (%s), but pods.mutate is not called", what, answer.Role, answer.Reason)
		r.expect(called[serversValidate] || called[executorsValidate], "%s: executor, but nobody validates it", what)
	default:
		r.expect(called[podsMutate], "%s: %s (%s), but pods.mutate is not called", what, answer.Role, answer.Reason)
		r.expect(called[serversValidate], "%s: %s (%s), but servers.validate is not called", what, answer.Role, answer.Reason)
	}
	r.expect(!called[serversValidate] || !called[executorsValidate], "%s: two entries validate it", what)
	return answer.Role, nil
}

// template: the same pod as the template of every controller.
func (r *run) template(what string, p *corev1.Pod, role string) error {
	if role == "none" || role == "executor" {
		return nil
	}
	for _, controller := range controllers(p) {
		called, err := r.configuration.called(requestFor(controller, nil))
		if err != nil {
			return err
		}
		r.expect(called[workloadsValidate], "%s in a %s: %s, but workloads.validate is not called", what,
			controller.GetObjectKind().GroupVersionKind().Kind, role)
	}
	return nil
}

func (r *run) configMap(what string, cm *corev1.ConfigMap) (string, error) {
	cm.TypeMeta = typeMeta("ConfigMap", "v1")
	answer, err := r.driver.ask(cm)
	if err != nil {
		return "", err
	}
	called, err := r.configuration.called(requestFor(cm, nil))
	if err != nil {
		return "", err
	}
	if answer.Role != "none" {
		r.expect(called[configMapsMutate], "%s: %s (%s), but configmaps.mutate is not called", what, answer.Role, answer.Reason)
		r.expect(called[configMapsValidate], "%s: %s (%s), but configmaps.validate is not called", what, answer.Role, answer.Reason)
	}
	return answer.Role, nil
}

// has demands that p has the role, is called for it, and so are controllers of it.
func (r *run) has(what, wanted string, p *corev1.Pod) error {
	role, err := r.pod(what, p)
	if err != nil {
		return err
	}
	r.expect(role == wanted, "%s: role is %s, not %s", what, role, wanted)
	return r.template(what, p, role)
}

// everySelector: each label, word and entrypoint of the policy, wherever it can stand.
func (r *run) everySelector(s *selectors) error {
	for _, selector := range s.Roles {
		for _, labels := range selector.Labels {
			if selector.Role == "executor" {
				continue
			}
			exact := map[string]string{}
			for key, value := range labels {
				exact[key] = strings.Replace(value, "*", "-3.5", 1)
			}
			if err := r.has(fmt.Sprintf("labels %v", exact), selector.Role, pod(exact)); err != nil {
				return err
			}
		}
		for _, word := range selector.Words {
			if err := r.everyPlace(word, selector.Role); err != nil {
				return err
			}
		}
	}
	for _, entrypoint := range s.Entrypoints {
		if entrypoint.Role != "none" {
			if err := r.entrypoint(entrypoint.Name, entrypoint.Role); err != nil {
				return err
			}
		}
	}
	for _, label := range s.ConfigMaps.Labels {
		key, value, _ := strings.Cut(label, "=")
		role, err := r.configMap("label "+label, configMap(map[string]string{key: value}, nil))
		if err != nil {
			return err
		}
		r.expect(role == "connect-config", "label %s: role is %s", label, role)
	}
	return nil
}

func (r *run) everyPlace(word, role string) error {
	image := corev1.Container{Name: "first", Image: "x"}
	for _, text := range []string{word, "/opt/spark/sbin/" + word, "exec " + word + " --conf a=b", "a &&\n" + word + "\n", "x" + word + "x"} {
		places := map[string]*corev1.Pod{
			"command":   pod(nil, corev1.Container{Name: "c", Command: []string{"sh", "-c", text}}),
			"args":      pod(nil, corev1.Container{Name: "c", Args: []string{"a", text, "b"}}),
			"second":    pod(nil, image, corev1.Container{Name: "c", Command: []string{text}}),
			"init":      pod(nil, image),
			"ephemeral": pod(nil, image),
		}
		places["init"].Spec.InitContainers = []corev1.Container{{Name: "i", Command: []string{text}}}
		for place, p := range places {
			if place == "ephemeral" {
				continue
			}
			if err := r.has(fmt.Sprintf("%q in %s", text, place), role, p); err != nil {
				return err
			}
		}
		debugged := places["ephemeral"]
		debugged.Spec.EphemeralContainers = []corev1.EphemeralContainer{
			{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "e", Command: []string{text}}}}
		if got, err := r.pod(fmt.Sprintf("%q in an ephemeral container", text), debugged); err != nil || got != role {
			r.expect(false, "%q in an ephemeral container: role is %s, %v", text, got, err)
		}
	}
	return nil
}

func (r *run) entrypoint(name, role string) error {
	for _, c := range []corev1.Container{
		{Name: "c", Args: []string{name, "--conf", "a=b"}},
		{Name: "c", Args: []string{name}},
		{Name: "c", Command: []string{"/opt/entrypoint.sh"}, Args: []string{name}},
		{Name: "c", Command: []string{"tini", "--", "/opt/entrypoint.sh", name}},
		{Name: "c", Command: []string{"sh", "-c", "exec /opt/entrypoint.sh " + name}},
	} {
		if err := r.has(fmt.Sprintf("entrypoint %v %v", c.Command, c.Args), role, pod(nil, c)); err != nil {
			return err
		}
	}
	return nil
}

// longLists: what the size guards of the conditions do not look into is called for.
func (r *run) longLists() error {
	var containers []corev1.Container
	for i := range 100 {
		containers = append(containers, corev1.Container{Name: fmt.Sprintf("c%d", i), Image: "x"})
	}
	server := corev1.Container{Name: "server", Command: []string{"start-connect-server.sh"}}
	if err := r.has("the 101st container", "connect-server", pod(nil, append(containers, server)...)); err != nil {
		return err
	}
	executor := pod(map[string]string{"spark-role": "executor"}, append(containers, executorContainer())...)
	if _, err := r.pod("an executor as 101st container", executor); err != nil {
		return err
	}
	var args []string
	for i := range 20000 {
		args = append(args, fmt.Sprintf("arg-%d", i))
	}
	if err := r.has("the 20001st arg", "connect-server", pod(nil, corev1.Container{Name: "c", Args: append(args, "SparkConnectServer")})); err != nil {
		return err
	}
	data := map[string]string{}
	for i := range 300 {
		data[fmt.Sprintf("k%d", i)] = "x"
	}
	data["spark-defaults.conf"] = "spark.connect.grpc.binding.port 15002"
	role, err := r.configMap("the 301st key", configMap(nil, data))
	r.expect(role == "connect-config", "the 301st key: role is %s", role)
	return err
}

func executorContainer() corev1.Container {
	return corev1.Container{Name: "spark-kubernetes-executor", Image: "x", Args: []string{"executor"},
		Env: []corev1.EnvVar{{Name: "SPARK_EXECUTOR_ID", Value: "1"}, {Name: "SPARK_DRIVER_URL", Value: "spark://x"}}}
}

// executors: the real shape goes to the Ignore entry, everything that only says so to the Fail entry.
func (r *run) executors() error {
	label := map[string]string{"spark-role": "executor"}
	shaped := executorContainer()
	commanded := shaped
	commanded.Command = []string{"sh"}
	bare := corev1.Container{Name: "c", Image: "x"}
	cases := []struct {
		what, entry string
		pod         *corev1.Pod
	}{
		{"an executor", executorsValidate, pod(label, shaped)},
		{"an executor with a side-car", executorsValidate, pod(label, bare, shaped)},
		{"the label alone", serversValidate, pod(label, bare)},
		{"the label and a command", serversValidate, pod(label, commanded)},
		{"a server beside an executor", serversValidate, pod(label, shaped, corev1.Container{Name: "s", Command: []string{"start-connect-server.sh"}})},
		{"a master beside an executor", serversValidate, pod(label, shaped, corev1.Container{Name: "s", Command: []string{"start-master.sh"}})},
		{"a worker beside an executor", serversValidate,
			pod(label, shaped, corev1.Container{Name: "s", Args: []string{"org.apache.spark.deploy.worker.Worker"}})},
	}
	for _, c := range cases {
		called, err := r.configuration.called(requestFor(c.pod, nil))
		if err != nil {
			return err
		}
		r.expect(called[c.entry], "%s: %s is not called (%v)", c.what, c.entry, called)
		if _, err := r.pod(c.what, c.pod); err != nil {
			return err
		}
	}
	return nil
}

// strangers have no role, and cost no call.
func (r *run) strangers() error {
	for what, p := range map[string]*corev1.Pod{
		"plain":         pod(nil),
		"a client":      pod(nil, corev1.Container{Name: "c", Command: []string{"python", "-c", "remote('sc://spark-connect-server:15002')"}}),
		"a probe":       pod(nil, corev1.Container{Name: "c", Command: []string{"nc", "-z", "connect-server", "15002"}}),
		"Thrift":        pod(nil, corev1.Container{Name: "c", Command: []string{"start-thriftserver.sh", "--master", "k8s://https://x"}}),
		"history":       pod(nil, corev1.Container{Name: "c", Command: []string{"spark-class", "org.apache.spark.deploy.history.HistoryServer"}}),
		"Kafka Connect": pod(map[string]string{"app.kubernetes.io/name": "kafka", "app.kubernetes.io/component": "connect"}),
		"a batch job":   pod(map[string]string{"spark-role": "driver"}, corev1.Container{Name: "c", Args: []string{"driver", "--class", "org.example.Job"}}),
		"shape alone":   pod(nil, executorContainer()),
	} {
		role, err := r.pod(what, p)
		if err != nil {
			return err
		}
		called, err := r.configuration.called(requestFor(p, nil))
		if err != nil {
			return err
		}
		r.expect(role == "none", "%s: role is %s", what, role)
		r.expect(!called[podsMutate] && !called[serversValidate] && !called[executorsValidate], "%s is called: %v", what, called)
	}
	return nil
}

// updates: a change of what is judged is called, everything else is not.
func (r *run) updates() error {
	server := func() *corev1.Pod { return pod(map[string]string{"app": "spark-connect"}) }
	for what, c := range map[string]struct {
		change func(*corev1.Pod)
		called bool
	}{
		"nothing":           {func(*corev1.Pod) {}, false},
		"finalizers":        {func(p *corev1.Pod) { p.Finalizers = []string{"x/y"} }, false},
		"status":            {func(p *corev1.Pod) { p.Status.Phase = "Running" }, false},
		"labels":            {func(p *corev1.Pod) { p.Labels["a"] = "b" }, true},
		"annotations":       {func(p *corev1.Pod) { p.Annotations = map[string]string{"a": "b"} }, true},
		"image":             {func(p *corev1.Pod) { p.Spec.Containers[0].Image = "y" }, true},
		"a terminating pod": {func(p *corev1.Pod) { now := metav1.Now(); p.Labels["a"], p.DeletionTimestamp = "b", &now }, false},
	} {
		old, object := server(), server()
		c.change(object)
		called, err := r.configuration.called(requestFor(object, old))
		if err != nil {
			return err
		}
		r.expect(called[serversValidate] == c.called, "update of %s: servers.validate called is %v", what, called[serversValidate])
	}
	return nil
}

// random pods and ConfigMaps of the words that matter, whole and cut.
func (r *run) random(s *selectors, seed uint64, count int) error {
	source := rand.New(rand.NewPCG(seed, 0))
	words, labels := vocabulary(s)
	for i := range count {
		p := pod(randomLabels(source, labels), randomContainers(source, words)...)
		if source.IntN(4) == 0 {
			p.Spec.InitContainers = randomContainers(source, words)
		}
		what := fmt.Sprintf("random %d (seed %d): labels %v spec %+v", i, seed, p.Labels, p.Spec.Containers)
		role, err := r.pod(what, p)
		if err != nil {
			return err
		}
		if err := r.template(what, p, role); err != nil {
			return err
		}
		cm := configMap(randomLabels(source, labels), map[string]string{"spark-defaults.conf": randomText(source, words)})
		if _, err := r.configMap(fmt.Sprintf("random %d (seed %d): %v %q", i, seed, cm.Labels, cm.Data), cm); err != nil {
			return err
		}
	}
	return nil
}

func vocabulary(s *selectors) (words []string, labels [][2]string) {
	words = []string{"sh", "-c", "exec", "/opt/entrypoint.sh", ".sh", "executor", "driver", "connect-server", "connect", "spark.connect.x=1", "=", "#",
		"start-", "spark-submit", "--class", "org.apache.spark.executor.CoarseGrainedExecutorBackend", "\\"}
	for _, selector := range s.Roles {
		for _, word := range selector.Words {
			words = append(words, word, word[:len(word)-1], word[1:])
		}
		for _, match := range selector.Labels {
			for key, value := range match {
				labels = append(labels, [2]string{key, strings.Replace(value, "*", "-x", 1)}, [2]string{key, value + "x"})
			}
		}
	}
	for _, label := range s.ConfigMaps.Labels {
		key, value, _ := strings.Cut(label, "=")
		labels = append(labels, [2]string{key, value})
	}
	return words, labels
}

func randomLabels(source *rand.Rand, labels [][2]string) map[string]string {
	result := map[string]string{}
	for range source.IntN(3) {
		label := labels[source.IntN(len(labels))]
		result[label[0]] = label[1]
	}
	return result
}

func randomText(source *rand.Rand, words []string) string {
	var text strings.Builder
	for range source.IntN(5) {
		text.WriteString(words[source.IntN(len(words))])
		text.WriteString([]string{" ", "", "\n", "  "}[source.IntN(4)])
	}
	return text.String()
}

func randomContainers(source *rand.Rand, words []string) []corev1.Container {
	var containers []corev1.Container
	for i := range 1 + source.IntN(2) {
		c := corev1.Container{Name: fmt.Sprintf("c%d", i), Image: "x"}
		for range source.IntN(3) {
			c.Command = append(c.Command, randomText(source, words))
		}
		for range source.IntN(4) {
			c.Args = append(c.Args, words[source.IntN(len(words))])
		}
		for _, name := range []string{"SPARK_EXECUTOR_ID", "SPARK_DRIVER_URL"} {
			if source.IntN(3) == 0 {
				c.Env = append(c.Env, corev1.EnvVar{Name: name, Value: "x"})
			}
		}
		containers = append(containers, c)
	}
	return containers
}

// samples: every manifest of a folder.
func (r *run) samples(root string) error {
	if root == "" {
		r.skip("SPARKGATE_SAMPLES is not set: no real manifests")
		return nil
	}
	paths, err := filepath.Glob(filepath.Join(root, "manifests", "*.yaml"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, document := range bytes.Split(text, []byte("\n---")) {
			if err := r.sample(fmt.Sprintf("%s #%d", filepath.Base(path), i+1), document); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) sample(what string, document []byte) error {
	object, err := yaml.YAMLToJSON(document)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal(object, &kind); err != nil || kind.Kind == "" {
		return nil
	}
	if kind.Kind == "ConfigMap" {
		cm := &corev1.ConfigMap{}
		if err := json.Unmarshal(object, cm); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		_, err = r.configMap(what, cm)
		return err
	}
	p, err := podOf(object)
	if err != nil || p == nil {
		return err
	}
	role, err := r.pod(what, p)
	if err != nil {
		return err
	}
	return r.template(what, p, role)
}
