// The dance on OpenShift: the SCC plugin assigns, sparkgate mutates, the plugin assigns again and, as validating
// admission, demands that it would change nothing. No Spark pod that the SCC admits may be refused because of us.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/yaml"
)

type object = map[string]any

type review struct {
	Name       string          `json:"name"`
	Role       *string         `json:"role"`
	Allowed    bool            `json:"allowed"`
	Message    *string         `json:"message"`
	Patch      json.RawMessage `json:"patch"`
	Violations []struct {
		Rule   string `json:"rule"`
		Action string `json:"action"`
	} `json:"violations"`
}

type dance struct {
	sparkgate               string
	facts                   string // a file: the Namespace, and the ConfigMaps of the pods
	passed, failed, skipped int
}

func (d *dance) fail(format string, args ...any) {
	d.failed++
	fmt.Printf("FAILED "+format+"\n", args...)
}

// admit has sparkgate review the pods: one answer a pod.
func (d *dance) admit(pods []*corev1.Pod) ([]review, error) {
	var in, out bytes.Buffer
	for _, pod := range pods {
		text, err := json.Marshal(pod)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&in, "---\n%s\n", text)
	}
	command := exec.Command(d.sparkgate, "review", "-f", "-", "-o", "json", "--namespaces", d.facts)
	command.Stdin, command.Stdout, command.Stderr = &in, &out, os.Stderr
	if err := command.Run(); err != nil && command.ProcessState.ExitCode() != 1 {
		return nil, fmt.Errorf("sparkgate review: %w", err)
	}
	var answers []review
	lines := bufio.NewScanner(&out)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var answer review
		if err := json.Unmarshal(lines.Bytes(), &answer); err != nil {
			return nil, fmt.Errorf("%w: %s", err, lines.Bytes())
		}
		answers = append(answers, answer)
	}
	if len(answers) != len(pods) {
		return nil, fmt.Errorf("%d answers for %d pods", len(answers), len(pods))
	}
	return answers, nil
}

func patched(pod *corev1.Pod, text []byte) (*corev1.Pod, error) {
	document, err := json.Marshal(pod)
	if err != nil {
		return nil, err
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		return nil, err
	}
	if len(patch) > 0 {
		if document, err = patch.Apply(document); err != nil {
			return nil, err
		}
	}
	result := &corev1.Pod{}
	return result, json.Unmarshal(document, result)
}

// podSecurityRefuses: refused for Pod Security. Other refusals (a ConfigMap that is not there) are no matter of the SCC.
func podSecurityRefuses(answer review) bool {
	for _, v := range answer.Violations {
		if strings.HasPrefix(v.Rule, "pss.") && v.Action == "deny" {
			return true
		}
	}
	return false
}

// mutated is what sparkgate makes of pods that no SCC plugin has seen: so a controller's template is shown by review.
func (d *dance) mutated(pods []*corev1.Pod) ([]*corev1.Pod, error) {
	answers, err := d.admit(pods)
	if err != nil {
		return nil, err
	}
	var result []*corev1.Pod
	for i := range pods {
		pod, err := patched(pods[i], answers[i].Patch)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", pods[i].Name, err)
		}
		result = append(result, pod)
	}
	return result, nil
}

// beginWithUs: what the SCC admits it must admit after us too.
func (d *dance) beginWithUs(what string, scc plugin, pods []*corev1.Pod) error {
	mutated, err := d.mutated(pods)
	if err != nil {
		return err
	}
	for i := range pods {
		_, before := scc.assign(pods[i])
		_, after := scc.assign(mutated[i])
		if len(before) == 0 && len(after) > 0 {
			d.fail("%s %s: after us the SCC refuses: %s", what, pods[i].Name, strings.Join(after, ", "))
		} else {
			d.passed++
		}
	}
	return d.perform(what, scc, mutated, false)
}

// perform: strict also demands that nothing refuses the pod at all.
func (d *dance) perform(what string, scc plugin, pods []*corev1.Pod, strict bool) error {
	var assigned []*corev1.Pod
	for _, pod := range pods {
		if given, faults := scc.assign(pod); len(faults) == 0 {
			assigned = append(assigned, given)
		} else if strict {
			d.fail("%s %s: restricted-v2 does not admit it: %s", what, pod.Name, strings.Join(faults, ", "))
		}
	}
	if len(assigned) == 0 {
		return nil
	}
	first, err := d.admit(assigned)
	if err != nil {
		return err
	}
	var again []*corev1.Pod
	for i := range assigned {
		mutated, err := patched(assigned[i], first[i].Patch)
		if err != nil {
			return fmt.Errorf("%s %s: %w", what, assigned[i].Name, err)
		}
		given, faults := scc.assign(mutated)
		if len(faults) > 0 || !equality.Semantic.DeepEqual(mutated, given) {
			d.fail("%s %s: the SCC wants it otherwise after us %v\n  patch %s", what, mutated.Name, faults, first[i].Patch)
		}
		again = append(again, given)
	}
	second, err := d.admit(again)
	if err != nil {
		return err
	}
	for i := range again {
		d.judge(what, again[i].Name, first[i], second[i], strict)
	}
	return nil
}

func (d *dance) judge(what, name string, first, second review, strict bool) {
	switch {
	case strict && second.Role == nil:
		d.fail("%s %s: not recognised as a Spark pod", what, name)
	case podSecurityRefuses(second) || (strict && !second.Allowed):
		d.fail("%s %s: refused after the dance: %s", what, name, *second.Message)
	case strings.TrimSpace(string(second.Patch)) != "[]":
		d.fail("%s %s: a second round changes it: %s", what, name, second.Patch)
	case touchesIdentity(first.Patch):
		d.fail("%s %s: touches what the SCC gives: %s", what, name, first.Patch)
	default:
		d.passed++
	}
}

func touchesIdentity(patch []byte) bool {
	for _, field := range []string{"runAsUser", "runAsGroup", "fsGroup", "seLinuxOptions", "supplementalGroups"} {
		if bytes.Contains(patch, []byte(field)) {
			return true
		}
	}
	return false
}

// documents reads a multi-document file.
func documents(path string) ([]object, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []object
	for _, document := range bytes.Split(append([]byte("\n"), text...), []byte("\n---")) {
		var o object
		if err := yaml.Unmarshal(document, &o); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if o != nil {
			list = append(list, o)
		}
	}
	return list, nil
}

// podOf is the pod that o is or would make; nil for other objects.
func podOf(o object) (*corev1.Pod, error) {
	metadata, _ := o["metadata"].(object)
	spec, _ := o["spec"].(object)
	name := metadata["name"]
	if template, ok := spec["template"].(object); ok {
		metadata, _ = template["metadata"].(object)
		spec, _ = template["spec"].(object)
	} else if o["kind"] != "Pod" {
		return nil, nil
	}
	if spec["containers"] == nil {
		return nil, nil
	}
	text, err := json.Marshal(object{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
	if err != nil {
		return nil, err
	}
	pod := &corev1.Pod{}
	if err := json.Unmarshal(text, pod); err != nil {
		return nil, err
	}
	pod.Name, pod.Namespace = fmt.Sprint(name), "team"
	for i := range pod.Spec.Volumes { // the API server's defaulting
		if pod.Spec.Volumes[i].VolumeSource == (corev1.VolumeSource{}) {
			pod.Spec.Volumes[i].EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	return pod, nil
}

// file lets all pods of a file dance, on each backend, with the plugin of each kind.
func (d *dance) file(path, work string, strict bool) error {
	all, err := documents(path)
	if err != nil {
		return err
	}
	var pods []*corev1.Pod
	var configMaps []object
	for _, o := range all {
		if o["kind"] == "ConfigMap" {
			if metadata, ok := o["metadata"].(object); ok {
				metadata["namespace"] = "team"
				configMaps = append(configMaps, o)
			}
			continue
		}
		pod, err := podOf(o)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if pod != nil {
			pods = append(pods, pod)
		}
	}
	for _, backend := range []string{"standalone", "k8s"} {
		d.facts = filepath.Join(work, backend+".yaml")
		if err := writeFacts(d.facts, backend, configMaps); err != nil {
			return err
		}
		for _, scc := range []plugin{{setsNonRoot: true}, {setsNonRoot: false}} {
			what := fmt.Sprintf("%s %s setsNonRoot=%v", filepath.Base(path), backend, scc.setsNonRoot)
			if err := d.perform(what, scc, pods, strict); err != nil {
				return err
			}
			if err := d.beginWithUs(what+" us first", scc, pods); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeFacts(path, backend string, configMaps []object) error {
	facts := append([]object{{
		"apiVersion": "v1", "kind": "Namespace",
		"metadata": object{
			"name":   "team",
			"labels": object{"sparkgate.io/mode": "enforce"},
			"annotations": object{
				"sparkgate.io/backendMode":                backend,
				"sparkgate.io/standaloneMaster":           "spark://spark-master.team.svc:7077",
				"openshift.io/sa.scc.uid-range":           fmt.Sprintf("%d/10000", firstUID),
				"openshift.io/sa.scc.mcs":                 seLinuxLevel,
				"openshift.io/sa.scc.supplemental-groups": fmt.Sprintf("%d/10000", firstUID),
			},
		},
	}}, configMaps...)
	var text bytes.Buffer
	for _, o := range facts {
		document, err := yaml.Marshal(o)
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "---\n%s", document)
	}
	return os.WriteFile(path, text.Bytes(), 0o600)
}

func run(d *dance, pods, samples string) error {
	work, err := os.MkdirTemp("", "scc-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := d.file(pods, work, true); err != nil {
		return err
	}
	if samples == "" {
		d.skipped++
		fmt.Println("skipped: SPARKGATE_SAMPLES is not set: no real manifests")
		return nil
	}
	found, err := filepath.Glob(filepath.Join(samples, "manifests", "*.yaml"))
	for _, path := range found {
		if err == nil {
			err = d.file(path, work, false)
		}
	}
	return err
}

func main() {
	d := &dance{}
	flag.StringVar(&d.sparkgate, "sparkgate", "", "the program")
	pods := flag.String("pods", "", "pods that the SCC and sparkgate must both admit")
	samples := flag.String("samples", os.Getenv("SPARKGATE_SAMPLES"), "folder with manifests")
	flag.Parse()

	if err := run(d, *pods, *samples); err != nil {
		d.fail("%v", err)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", d.passed, d.failed, d.skipped)
	if d.failed > 0 {
		os.Exit(1)
	}
}
