package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// malformed: a place in a pod, and values that may stand there. The API server's decoder says which of them it takes;
// what it refuses we must refuse too, naming the same field, and what it takes must be judged as upstream judges it.
var malformed = []struct{ place, values string }{
	{"metadata.annotations", `"x" 7 true ["a"] null {}`},
	{"metadata.annotations.container.apparmor.security.beta.kubernetes.io/a", `7 true ["unconfined"] {} null "unconfined"`},
	{"metadata.annotations.seccomp.security.alpha.kubernetes.io/pod", `7 false ["x"] null`},
	{"spec", `"x" 7 [] null {}`},
	{"spec.hostNetwork", `"true" 1 0 [] {} [true] "" null false`},
	{"spec.hostPID", `"true" 1 {} null`},
	{"spec.hostIPC", `"false" 0 [] null`},
	{"spec.hostUsers", `"false" 0 [] {} null`},
	{"spec.os", `"linux" ["windows"] true null {}`},
	{"spec.os.name", `7 true ["windows"] {} null "windows"`},
	{"spec.volumes", `"x" {} 7 true null []`},
	{"spec.volumes[0]", `"x" 7 [] true null`},
	{"spec.volumes[0].name", `7 true [] {}`},
	{"spec.volumes[0].hostPath", `"/" true ["/"] 7 null {}`},
	{"spec.volumes[0].emptyDir", `"" true [] 0 null`},
	{"spec.volumes[0].nfs", `"x" [] null`},
	{"spec.securityContext", `"x" [] true 7 null {}`},
	{"spec.securityContext.runAsNonRoot", `"true" 1 0 [] {} "" null`},
	{"spec.securityContext.runAsUser", `"0" "1000" 1.5 true [] {} 1e3 1.0 9223372036854775808 -9223372036854775808 -0 -1 null 0`},
	{"spec.securityContext.runAsGroup", `"0" 0.5 false`},
	{"spec.securityContext.fsGroup", `"0" [] true`},
	{"spec.securityContext.supplementalGroups", `7 "7" {} ["7"] [1.5] [null] [7]`},
	{"spec.securityContext.seccompProfile", `"RuntimeDefault" ["RuntimeDefault"] true null {}`},
	{"spec.securityContext.seccompProfile.type", `7 true ["RuntimeDefault"] {} null ""`},
	{"spec.securityContext.appArmorProfile", `"RuntimeDefault" [] 7 null`},
	{"spec.securityContext.appArmorProfile.type", `7 [] true null`},
	{"spec.securityContext.seLinuxOptions", `"t" [] true null {}`},
	{"spec.securityContext.seLinuxOptions.type", `7 [] true null`},
	{"spec.securityContext.seLinuxOptions.user", `7 [] null`},
	{"spec.securityContext.seLinuxOptions.role", `{} true null`},
	{"spec.securityContext.windowsOptions", `"x" true [] null`},
	{"spec.securityContext.windowsOptions.hostProcess", `"true" 1 [] {} null true`},
	{"spec.securityContext.sysctls", `"kernel.msgmax" {} 7 null []`},
	{"spec.securityContext.sysctls[0]", `"kernel.msgmax" 7 [] null {}`},
	{"spec.securityContext.sysctls[0].name", `7 true [] {} null "kernel.msgmax"`},
	{"spec.containers", `"x" {} 7 true null []`},
	{"spec.containers[0]", `"x" 7 [] true null`},
	{"spec.initContainers", `"x" {} 7 null`},
	{"spec.initContainers[0]", `"x" [] null`},
	{"spec.ephemeralContainers", `"x" {} true null`},
	{"spec.ephemeralContainers[0]", `"x" [] 7 null`},
	{"spec.containers[0].name", `7 true [] {} null`},
	{"spec.containers[0].image", `7 true [] {} null`},
	{"spec.containers[0].securityContext", `"x" [] true 7 null {}`},
	{"spec.containers[0].securityContext.privileged", `"true" "false" 1 0 [] {} "" null true`},
	{"spec.containers[0].securityContext.allowPrivilegeEscalation", `"false" 0 [] {} "" null`},
	{"spec.containers[0].securityContext.readOnlyRootFilesystem", `"true" 1 []`},
	{"spec.containers[0].securityContext.runAsNonRoot", `"true" 1 [] {} null`},
	{"spec.containers[0].securityContext.runAsUser", `"0" 0.5 true [] {} null 1e3 1.0 0`},
	{"spec.containers[0].securityContext.runAsGroup", `"0" [] 1.5`},
	{"spec.containers[0].securityContext.capabilities", `"ALL" ["ALL"] true null {}`},
	{"spec.containers[0].securityContext.capabilities.drop", `"ALL" {} 7 true null [] ["ALL"]`},
	{"spec.containers[0].securityContext.capabilities.drop[0]", `7 true [] {} null`},
	{"spec.containers[0].securityContext.capabilities.add", `"SYS_ADMIN" {} true null []`},
	{"spec.containers[0].securityContext.capabilities.add[0]", `7 true ["SYS_ADMIN"] {} null "SYS_ADMIN"`},
	{"spec.containers[0].securityContext.procMount", `7 true [] {} null "Unmasked"`},
	{"spec.containers[0].securityContext.seccompProfile", `"RuntimeDefault" [] true null`},
	{"spec.containers[0].securityContext.seccompProfile.type", `7 [] {} null`},
	{"spec.containers[0].securityContext.appArmorProfile.type", `7 [] null`},
	{"spec.containers[0].securityContext.seLinuxOptions.type", `7 [] null`},
	{"spec.containers[0].securityContext.windowsOptions.hostProcess", `"true" 1 null true`},
	{"spec.containers[0].ports", `"80" {} 80 null []`},
	{"spec.containers[0].ports[0]", `80 "80" [] null {}`},
	{"spec.containers[0].ports[0].hostPort", `"80" 80.5 true [] {} 2147483648 -2147483649 1e2 80.0 null 0 80`},
	{"spec.containers[0].livenessProbe", `"x" [] true null {}`},
	{"spec.containers[0].readinessProbe.httpGet", `"/" [] true null`},
	{"spec.containers[0].startupProbe.tcpSocket", `80 [] null`},
	{"spec.containers[0].livenessProbe.httpGet.host", `7 true [] {} null "h"`},
	{"spec.containers[0].lifecycle", `"x" [] true null`},
	{"spec.containers[0].lifecycle.preStop", `"x" [] null`},
	{"spec.containers[0].lifecycle.postStart.tcpSocket.host", `7 [] null "h"`},
	{"metadata.labels", `"x" [] null`},
	{"metadata.name", `7 true [] null`},
	{"spec.containers[0].command", `"/bin/sh" {} 7 true null []`},
	{"spec.containers[0].command[0]", `7 true {} null "x"`},
	{"spec.containers[0].args", `"-c" {} null []`},
	{"spec.containers[0].args[0]", `7 true [] null`},
	{"spec.containers[0].env", `{"A":"b"} "A=b" null []`},
	{"spec.containers[0].env[0]", `"A=b" 7 [] null`},
	{"spec.containers[0].env[0].name", `7 true null`},
	{"spec.containers[0].env[0].value", `7 true 1.5 [] {} null "7"`},
	{"spec.containers[0].env[0].valueFrom", `"x" [] null`},
	{"spec.containers[0].envFrom", `"x" {} null`},
	{"spec.containers[0].envFrom[0]", `"x" 7 null`},
	{"spec.containers[0].volumeMounts", `"x" {} 7 null`},
	{"spec.containers[0].volumeMounts[0]", `"/v" [] null`},
	{"spec.containers[0].workingDir", `7 [] null`},
	{"spec.containers[0].resources", `"1" [] null {}`},
	{"spec.containers[0].imagePullPolicy", `true 7 null`},
	{"spec.containers[0].ports[0].containerPort", `"80" 80.5 true [] null 80`},
	{"spec.containers[0].ports[0].protocol", `6 true null`},
	{"spec.initContainers[0].restartPolicy", `true 7 null "Always"`},
	{"spec.restartPolicy", `true 7 [] null`},
	{"spec.nodeName", `7 [] null`},
	{"spec.nodeSelector", `"x" [] null`},
	{"spec.nodeSelector.disk", `7 true null "ssd"`},
	{"spec.serviceAccountName", `7 true null`},
	{"spec.automountServiceAccountToken", `"false" 0 null false`},
	{"spec.shareProcessNamespace", `"true" 1 null true`},
	{"spec.enableServiceLinks", `"false" 0 null`},
	{"spec.tolerations", `"x" {} null`},
	{"spec.imagePullSecrets", `"x" {} null []`},
	{"spec.affinity", `"x" [] null {}`},
	{"spec.initContainers[0].securityContext.privileged", `"true" 1 null true`},
	{"spec.ephemeralContainers[0].securityContext.privileged", `"true" 1 null true`},
	{"spec.ephemeralContainers[0].securityContext.capabilities.drop", `"ALL" {} null`},
}

// good is what stands beside the place, so that nothing else is at fault.
const good = `{"metadata":{"name":"p"},"spec":{"securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},
"containers":[{"name":"a","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}}`

func (r *run) compareMalformed() error {
	var questions []question
	var places []string
	for _, m := range malformed {
		decoder := json.NewDecoder(strings.NewReader(m.values))
		for decoder.More() {
			var value json.RawMessage
			if err := decoder.Decode(&value); err != nil {
				return fmt.Errorf("%s: %w", m.place, err)
			}
			pod, err := podWith(m.place, value)
			if err != nil {
				return fmt.Errorf("%s: %w", m.place, err)
			}
			questions = append(questions, question{Pod: pod, Levels: levels, Versions: versions()})
			places = append(places, m.place)
		}
	}
	i, refused := 0, 0
	err := r.ask(questions, func(q question, a answer) {
		if _, err := decodePod(q.Pod); err != nil {
			refused++
			r.expectPath(places[i], q, a, err)
		}
		compared, err := r.compareSweep(q, a)
		r.expect(err == nil, "%s: %v", places[i], err)
		r.passed += compared
		i++
	})
	r.expect(refused >= 200, "only %d pods that the API server's decoder refuses", refused)
	return err
}

var decoderPath = regexp.MustCompile(`Go struct field \w+\.(\S+) of type`)
var index = regexp.MustCompile(`\[\d+\]`)

// embedded are Go's structs within structs, which JSON knows nothing of.
var embedded = regexp.MustCompile(`\.(VolumeSource|EphemeralContainerCommon|ProbeHandler)\b`)

// expectPath: the refusal names the place, and it is the field that the decoder names (which knows no indexes, and of a
// map only its own name).
func (r *run) expectPath(place string, q question, a answer, err error) {
	for _, v := range a.Sweep {
		if !strings.Contains(v.Detail, "("+place+" must be ") && !strings.Contains(v.Detail, "("+place+"[0] must be ") {
			r.expect(false, "%s: not named in %q\n  %s", place, v.Detail, q.Pod)
			return
		}
	}
	found := decoderPath.FindStringSubmatch(embedded.ReplaceAllString(err.Error(), ""))
	named := index.ReplaceAllString(place, "")
	r.expect(found != nil && (found[1] == named || strings.HasPrefix(named, found[1]+".")), "%s: the decoder says %v", place, err)
}

var step = regexp.MustCompile(`^([^.[]+)((?:\[0\])*)(?:\.|$)`)

// podWith is the good pod with value at place.
func podWith(place string, value any) (json.RawMessage, error) {
	var tree object
	if err := json.Unmarshal([]byte(good), &tree); err != nil {
		return nil, err
	}
	if rest, found := strings.CutPrefix(place, "metadata.annotations."); found {
		tree["metadata"] = object{"annotations": object{rest: value}}
	} else {
		put(tree, place, value)
	}
	return json.Marshal(tree)
}

// put sets a place like "spec.containers[0].name", and makes what is missing on the way.
func put(o object, place string, value any) {
	found := step.FindStringSubmatch(place)
	key, rest := found[1], place[len(found[0]):]
	if found[2] == "" && rest == "" {
		o[key] = value
		return
	}
	if found[2] == "" {
		next, ok := o[key].(object)
		if !ok {
			next = object{}
			o[key] = next
		}
		put(next, rest, value)
		return
	}
	list, ok := o[key].([]any)
	if !ok || len(list) == 0 {
		list = []any{object{}}
		o[key] = list
	}
	if rest == "" {
		list[0] = value
		return
	}
	put(list[0].(object), rest, value)
}
