package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// compare asks upstream about the pod of q and holds a against it. A pod that the API server could not decode
// must be called malformed by us.
func (r *run) compare(q question, a answer) {
	pod, err := decodePod(q.Pod)
	if err != nil {
		r.expect(strings.HasPrefix(a.Reason, "malformed pod"), "%s %s: undecodable (%v), got %q\n  %s", q.Level, q.Version, err,
			a.Detail, q.Pod)
		return
	}
	want, err := r.judge(q.Level, q.Version, pod)
	r.expect(err == nil && a.verdict == want, "%s %s %s\n  want %q\n  got  %q", q.Level, q.Version, q.Pod, want.Detail, a.Detail)
}

// compareFixtures: testdata/LEVEL/vN/{pass,fail}/*.yaml, the pods that upstream tests API servers with.
func (r *run) compareFixtures(root string) error {
	var questions []question
	var passes []bool
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		pod, err := yaml.YAMLToJSON(text)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if pod, err = withDefaultVolumes(pod); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		parts := strings.Split(filepath.ToSlash(path), "/")
		at := len(parts) - 4
		questions = append(questions, question{Level: parts[at], Version: parts[at+1], Pod: pod})
		passes = append(passes, parts[at+2] == "pass")
		return nil
	})
	if err != nil {
		return err
	}
	if len(questions) == 0 {
		return fmt.Errorf("no fixtures in %q", root)
	}
	i := 0
	return r.ask(questions, func(q question, a answer) {
		r.expect((a.Count == 0) == passes[i], "%s %s %s: passes is %v", q.Level, q.Version, q.Pod, !passes[i])
		r.compare(q, a)
		i++
	})
}

// withDefaultVolumes does what the API server's defaulting does before admission: a volume without a source is
// an emptyDir.
func withDefaultVolumes(text []byte) ([]byte, error) {
	var pod struct {
		Metadata any    `json:"metadata"`
		Spec     object `json:"spec"`
	}
	if err := json.Unmarshal(text, &pod); err != nil {
		return nil, err
	}
	volumes, _ := pod.Spec["volumes"].([]any)
	for _, v := range volumes {
		if volume, ok := v.(object); ok && len(volume) == 1 {
			volume["emptyDir"] = object{}
		}
	}
	return json.Marshal(pod)
}

func (r *run) compareRandom(random *rand.Rand, count int) error {
	g := &generator{Rand: random}
	var questions []question
	for i := range count {
		g.wrongTypes = i%5 == 0
		questions = append(questions, g.question())
	}
	return r.ask(questions, r.compare)
}

func (r *run) hardenRandom(random *rand.Rand, count int) error {
	g := &generator{Rand: random}
	var questions []question
	for i := range count {
		g.wrongTypes = i%20 == 0
		q := g.question()
		q.Harden = pick(g, "fill", "fill", "force", "off")
		q.OpenShift = g.chance(0.3)
		q.SparkContainer = pick(g, "spark", "a", "")
		q.RunAsUser = pick(g, 0, 185)
		questions = append(questions, q)
	}
	return r.ask(questions, r.checkHardened)
}

// The laws of hardening, with upstream as the judge and an independent RFC 6902 library.
func (r *run) checkHardened(q question, a answer) {
	fail := func(what string) {
		r.expect(false, "%s: %s %s %s openshift=%v\n  %s\n  patch %s", what, q.Harden, q.Level, q.Version, q.OpenShift, q.Pod, a.Patch)
	}
	patch, err := jsonpatch.DecodePatch(a.Patch)
	if err != nil {
		fail(err.Error())
		return
	}
	patched := []byte(q.Pod)
	if len(patch) > 0 {
		if patched, err = patch.Apply(q.Pod); err != nil {
			fail(err.Error())
			return
		}
	}
	after, err := decodePod(patched)
	before, beforeErr := decodePod(q.Pod)
	if err != nil || beforeErr != nil {
		r.expect(len(patch) == 0 && !a.Hardened, "an undecodable pod was hardened: %s\n  %s", q.Pod, a.Patch)
		return
	}
	was, _ := r.judge(q.Level, q.Version, before)
	is, _ := r.judge(q.Level, q.Version, after)

	switch {
	case a.Hardened != (is.Count == 0):
		fail(fmt.Sprintf("hardened is %v, upstream says %q", a.Hardened, is.Detail))
	case !a.Hardened && len(patch) > 0:
		fail("changed, and does not pass")
	case q.Harden == "off" && len(patch) > 0:
		fail("changed although off")
	case a.Again != 0:
		fail("a second hardening changes it again")
	case !jsonEqual(patched, a.Pod):
		fail(fmt.Sprintf("our patch library made %s", a.Pod))
	case len(patch) > 0 && was.Count == 0:
		fail("changed although it passed")
	case q.Level == "baseline" && q.Harden == "fill" && len(patch) > 0:
		fail("baseline needs nothing filled")
	case q.OpenShift && !reflect.DeepEqual(identities(before), identities(after)):
		fail("touched what OpenShift assigns")
	case q.Harden == "fill" && !keeps(q.Pod, patched):
		fail("fill changed or removed what was there")
	case len(patch) > 0 && refusedMix(after):
		fail("allowPrivilegeEscalation=false beside privileged or CAP_SYS_ADMIN")
	default:
		r.passed++
	}
}

func jsonEqual(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// identities is what the SCC plugin of OpenShift assigns.
func identities(pod *corev1.Pod) []any {
	list := []any{}
	if s := pod.Spec.SecurityContext; s != nil {
		list = append(list, s.RunAsUser, s.RunAsGroup, s.FSGroup, s.SELinuxOptions, s.SupplementalGroups)
	} else {
		list = append(list, (*int64)(nil), (*int64)(nil), (*int64)(nil), (*corev1.SELinuxOptions)(nil), []int64(nil))
	}
	for _, c := range allContainers(pod) {
		if s := c.SecurityContext; s != nil {
			list = append(list, s.RunAsUser, s.RunAsGroup, s.SELinuxOptions)
		} else {
			list = append(list, (*int64)(nil), (*int64)(nil), (*corev1.SELinuxOptions)(nil))
		}
	}
	return list
}

func allContainers(pod *corev1.Pod) []corev1.Container {
	list := append(append([]corev1.Container{}, pod.Spec.InitContainers...), pod.Spec.Containers...)
	for _, e := range pod.Spec.EphemeralContainers {
		list = append(list, corev1.Container(e.EphemeralContainerCommon))
	}
	return list
}

// keeps: every value of the old document but null is still there (a list may have grown at its end).
func keeps(before, after []byte) bool {
	var x, y any
	return json.Unmarshal(before, &x) == nil && json.Unmarshal(after, &y) == nil && within(x, y)
}

func within(old, now any) bool {
	switch o := old.(type) {
	case nil:
		return true
	case map[string]any:
		n, ok := now.(map[string]any)
		for key := range o {
			ok = ok && within(o[key], n[key])
		}
		return ok
	case []any:
		n, ok := now.([]any)
		for i := range o {
			ok = ok && i < len(n) && within(o[i], n[i])
		}
		return ok
	}
	return reflect.DeepEqual(old, now)
}

// refusedMix is what ValidateSecurityContext of the API server refuses.
func refusedMix(pod *corev1.Pod) bool {
	for _, c := range allContainers(pod) {
		s := c.SecurityContext
		if s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation {
			continue
		}
		if s.Privileged != nil && *s.Privileged {
			return true
		}
		if s.Capabilities != nil {
			for _, name := range s.Capabilities.Add {
				if name == "CAP_SYS_ADMIN" {
					return true
				}
			}
		}
	}
	return false
}

func lines(path string) ([][]byte, error) {
	text, err := os.ReadFile(path)
	return bytes.Split(bytes.TrimSpace(text), []byte("\n")), err
}
