package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	corev1 "k8s.io/api/core/v1"
)

// hardens: the laws of hardening, with upstream as the judge and an independent RFC 6902 library.
func (r *run) hardens() law {
	return law{"hardening", func(s sample) (list []question) {
		for _, level := range levels {
			for _, harden := range []string{"fill", "force", "off"} {
				for _, openshift := range []bool{false, true} {
					list = append(list, question{Pod: s.pod, Level: level, Version: s.version, Harden: harden, OpenShift: openshift,
						SparkContainer: "spark", RunAsUser: int(s.seed%2) * 185})
				}
			}
		}
		return list
	}, func(_ sample, questions []question, answers []answer) (int, error) {
		for i, q := range questions {
			if err := r.checkHardened(q, answers[i]); err != nil {
				return i, fmt.Errorf("%s %s %s openshift=%v user=%d: %w\n  patch %s", q.Harden, q.Level, q.Version, q.OpenShift, q.RunAsUser,
					err, answers[i].Patch)
			}
		}
		return len(questions), nil
	}}
}

func (r *run) checkHardened(q question, a answer) error {
	patched, operations, err := apply(q.Pod, a.Patch)
	if err != nil {
		return err
	}
	if !jsonEqual(patched, a.Pod) {
		return fmt.Errorf("our patch library made %s", a.Pod)
	}
	before, err := decodePod(q.Pod)
	if err != nil {
		if operations > 0 || a.Hardened {
			return fmt.Errorf("an undecodable pod was hardened")
		}
		return nil
	}
	after, err := decodePod(patched)
	if err != nil {
		return err
	}
	was, _ := r.judge(q.Level, q.Version, before)
	is, _ := r.judge(q.Level, q.Version, after)

	switch {
	case a.Hardened != (is.Count == 0):
		return fmt.Errorf("hardened is %v, upstream says %q", a.Hardened, is.Detail)
	case a.Again != 0:
		return fmt.Errorf("a second hardening changes it again")
	case operations == 0:
		return nil
	case !a.Hardened:
		return fmt.Errorf("changed, and does not pass")
	case was.Count == 0:
		return fmt.Errorf("changed although it passed")
	}
	return checkChange(q, patched, before, after)
}

// checkChange: what a change may never be.
func checkChange(q question, patched []byte, before, after *corev1.Pod) error {
	switch {
	case q.Harden == "off":
		return fmt.Errorf("changed although off")
	case q.Level == "baseline" && q.Harden == "fill":
		return fmt.Errorf("baseline needs nothing filled")
	case q.OpenShift && !reflect.DeepEqual(identities(before), identities(after)):
		return fmt.Errorf("touched what OpenShift assigns")
	case q.Harden == "fill" && !keeps(q.Pod, patched):
		return fmt.Errorf("fill changed or removed what was there")
	case refusedMix(after):
		return fmt.Errorf("allowPrivilegeEscalation=false beside privileged or CAP_SYS_ADMIN")
	case !reflect.DeepEqual(withoutSecurity(before), withoutSecurity(after)):
		return fmt.Errorf("touched more than security contexts")
	}
	return loosened(before, after)
}

func apply(pod, patch []byte) (patched []byte, operations int, err error) {
	decoded, err := jsonpatch.DecodePatch(patch)
	if err != nil || len(decoded) == 0 {
		return pod, 0, err
	}
	patched, err = decoded.Apply(pod)
	return patched, len(decoded), err
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
		s := securityOf(c)
		list = append(list, s.RunAsUser, s.RunAsGroup, s.SELinuxOptions)
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

func securityOf(c corev1.Container) corev1.SecurityContext {
	if c.SecurityContext == nil {
		return corev1.SecurityContext{}
	}
	return *c.SecurityContext
}

// withoutSecurity is the pod without what hardening may write: volumes, mounts, ports, annotations must stay.
func withoutSecurity(pod *corev1.Pod) *corev1.Pod {
	pod = pod.DeepCopy()
	pod.Spec.SecurityContext = nil
	for i := range pod.Spec.InitContainers {
		pod.Spec.InitContainers[i].SecurityContext = nil
	}
	for i := range pod.Spec.Containers {
		pod.Spec.Containers[i].SecurityContext = nil
	}
	for i := range pod.Spec.EphemeralContainers {
		pod.Spec.EphemeralContainers[i].SecurityContext = nil
	}
	return pod
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
		s := securityOf(c)
		if s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation {
			continue
		}
		if s.Privileged != nil && *s.Privileged {
			return true
		}
		if s.Capabilities != nil && slices.Contains(s.Capabilities.Add, "CAP_SYS_ADMIN") {
			return true
		}
	}
	return false
}

// loosened: is anything allowed now that was not before? Field by field, whatever the level asks.
func loosened(before, after *corev1.Pod) error {
	old, now := podSecurityOf(before), podSecurityOf(after)
	if err := loosenedCommon("pod", old, now); err != nil {
		return err
	}
	was := allContainers(before)
	for i, c := range allContainers(after) {
		old, now := securityOf(was[i]), securityOf(c)
		if err := loosenedCommon(c.Name, old, now); err != nil {
			return err
		}
		if err := loosenedContainer(old, now); err != nil {
			return fmt.Errorf("container %q: %w", c.Name, err)
		}
	}
	return nil
}

// podSecurityOf is the pod's context as far as containers have the same fields.
func podSecurityOf(pod *corev1.Pod) corev1.SecurityContext {
	s := pod.Spec.SecurityContext
	if s == nil {
		return corev1.SecurityContext{}
	}
	return corev1.SecurityContext{RunAsNonRoot: s.RunAsNonRoot, RunAsUser: s.RunAsUser, RunAsGroup: s.RunAsGroup,
		SeccompProfile: s.SeccompProfile, AppArmorProfile: s.AppArmorProfile, SELinuxOptions: s.SELinuxOptions,
		WindowsOptions: s.WindowsOptions}
}

func loosenedCommon(who string, old, now corev1.SecurityContext) error {
	switch {
	case is(old.RunAsNonRoot, true) && !is(now.RunAsNonRoot, true):
		return fmt.Errorf("%s: runAsNonRoot", who)
	case old.RunAsUser != nil && *old.RunAsUser != 0 && !is(now.RunAsUser, *old.RunAsUser):
		return fmt.Errorf("%s: runAsUser", who)
	case now.RunAsUser != nil && *now.RunAsUser == 0 && old.RunAsUser == nil:
		return fmt.Errorf("%s: runAsUser 0", who)
	case confined(old.SeccompProfile) && !reflect.DeepEqual(old.SeccompProfile, now.SeccompProfile):
		return fmt.Errorf("%s: seccompProfile", who)
	case !reflect.DeepEqual([]any{old.AppArmorProfile, old.SELinuxOptions, old.WindowsOptions, old.RunAsGroup},
		[]any{now.AppArmorProfile, now.SELinuxOptions, now.WindowsOptions, now.RunAsGroup}):
		return fmt.Errorf("%s: a field that hardening never writes", who)
	}
	return nil
}

func is[T comparable](p *T, value T) bool { return p != nil && *p == value }

func confined(p *corev1.SeccompProfile) bool {
	return p != nil && p.Type != corev1.SeccompProfileTypeUnconfined && p.Type != "" && isKnown(p)
}

func isKnown(p *corev1.SeccompProfile) bool {
	return p.Type == corev1.SeccompProfileTypeRuntimeDefault || p.Type == corev1.SeccompProfileTypeLocalhost
}

func loosenedContainer(old, now corev1.SecurityContext) error {
	oldCaps, nowCaps := corev1.Capabilities{}, corev1.Capabilities{}
	if old.Capabilities != nil {
		oldCaps = *old.Capabilities
	}
	if now.Capabilities != nil {
		nowCaps = *now.Capabilities
	}
	for _, name := range nowCaps.Add {
		if !slices.Contains(oldCaps.Add, name) {
			return fmt.Errorf("capability %s added", name)
		}
	}
	for _, name := range oldCaps.Drop {
		if !slices.Contains(nowCaps.Drop, name) {
			return fmt.Errorf("capability %s no longer dropped", name)
		}
	}
	switch {
	case is(now.Privileged, true) && !is(old.Privileged, true):
		return fmt.Errorf("privileged")
	case is(old.AllowPrivilegeEscalation, false) && !is(now.AllowPrivilegeEscalation, false):
		return fmt.Errorf("allowPrivilegeEscalation")
	case !reflect.DeepEqual(old.ProcMount, now.ProcMount) || !reflect.DeepEqual(old.ReadOnlyRootFilesystem, now.ReadOnlyRootFilesystem):
		return fmt.Errorf("procMount or readOnlyRootFilesystem")
	}
	return nil
}

// ephemeralLike: a container is judged and hardened alike as a regular and as an ephemeral one.
func ephemeralLike() law {
	return law{"ephemeral containers behave like containers", func(s sample) []question {
		regular, ephemeral := moved(s.pod)
		return []question{
			{Pod: regular, Levels: levels, Versions: versions()}, {Pod: ephemeral, Levels: levels, Versions: versions()},
			{Pod: regular, Level: "restricted", Version: s.version, Harden: "force"},
			{Pod: ephemeral, Level: "restricted", Version: s.version, Harden: "force"},
		}
	}, func(_ sample, _ []question, a []answer) (int, error) {
		toEphemeral := func(text string) string {
			return strings.ReplaceAll(text, "spec.containers", "spec.ephemeralContainers")
		}
		for i := range a[0].Sweep {
			if toEphemeral(a[0].Sweep[i].Detail) != a[1].Sweep[i].Detail {
				return i, fmt.Errorf("\n  regular   %q\n  ephemeral %q", a[0].Sweep[i].Detail, a[1].Sweep[i].Detail)
			}
		}
		if strings.ReplaceAll(string(a[2].Patch), "/spec/containers/", "/spec/ephemeralContainers/") != string(a[3].Patch) {
			return 0, fmt.Errorf("\n  regular   %s\n  ephemeral %s", a[2].Patch, a[3].Patch)
		}
		return len(a[0].Sweep) + 1, nil
	}}
}

// moved is the pod with its regular containers alone, and with the same as ephemeral ones.
func moved(pod []byte) (regular, ephemeral []byte) {
	with := func(from, to string) []byte {
		var tree object
		if json.Unmarshal(pod, &tree) != nil {
			return pod
		}
		spec, ok := tree["spec"].(object)
		if !ok {
			return pod
		}
		list := spec["containers"]
		delete(spec, from)
		spec[to] = list
		text, err := json.Marshal(tree)
		if err != nil {
			panic(err)
		}
		return text
	}
	return with("ephemeralContainers", "containers"), with("containers", "ephemeralContainers")
}
