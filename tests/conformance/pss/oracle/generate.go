// Random pods, made of the fields that Pod Security reads: mostly harmless, sometimes bad, now and then
// null, odd or of a wrong type. Seeded, so that a failure can be seen again.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
)

type object = map[string]any

type generator struct {
	*rand.Rand
	wrongTypes bool    // now and then a value of a type that cannot be decoded
	bad        float64 // how likely a field takes any value instead of a good one
}

func pick[T any](g *generator, of ...T) T { return of[g.Intn(len(of))] }

func (g *generator) chance(p float64) bool { return g.Float64() < p }

// put sets key with some likelihood, to null at times, to a wrong type where that is asked for; sometimes under a name
// in the wrong case, which nobody reads, and sometimes beside a field that nobody knows.
func (g *generator) put(o object, p float64, key string, value func() any) {
	if g.chance(0.01) {
		o[pick(g, strings.ToLower(key), strings.ToUpper(key[:1])+key[1:], key+"s", "unknown")] = value()
	}
	switch {
	case !g.chance(p):
	case g.chance(0.02):
		o[key] = nil
	case g.wrongTypes && g.chance(0.03):
		o[key] = pick[any](g, 7, "text", true, []any{1}, object{"x": "y"}, []any{"a"}, 1.5, "")
	default:
		o[key] = value()
	}
}

// value gives a good one, or any.
func value[T any](g *generator, good T, others ...T) func() any {
	return func() any {
		if g.chance(1 - g.bad) {
			return good
		}
		return pick(g, others...)
	}
}

func (g *generator) name() string { return pick(g, "a", "b", "c", "d", "spark", "side-car", "ü\"\n") }

func (g *generator) profile() any {
	o := object{}
	g.put(o, 0.95, "type", value(g, "RuntimeDefault", "Localhost", "Unconfined", "", "bogus", "é"))
	return o
}

func (g *generator) selinux() any {
	o := object{}
	g.put(o, 0.6, "type", value(g, "container_t", "", "container_init_t", "container_kvm_t", "container_engine_t", "foo", "bar"))
	g.put(o, 0.2, "user", value(g, "", "u"))
	g.put(o, 0.2, "role", value(g, "", "r"))
	g.put(o, 0.2, "level", value(g, "s0", "s0"))
	return o
}

func (g *generator) windows() any {
	o := object{}
	g.put(o, 0.5, "hostProcess", value(g, false, true))
	return o
}

var sysctls = []string{"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
	"net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports",
	"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
	"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat",
	"kernel.msgmax", "net.core.somaxconn", "Kernel.shm_rmid_forced", "", "a"}

func (g *generator) sysctls() any {
	list := []any{}
	for range g.Intn(4) {
		o := object{"value": "1"}
		g.put(o, 0.97, "name", func() any { return pick(g, sysctls...) })
		list = append(list, o)
	}
	return list
}

var capabilities = []string{"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
	"SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "SYS_ADMIN", "CAP_SYS_ADMIN", "NET_RAW", "chown", "FOO", "ALL", ""}

func (g *generator) capabilities() any {
	o := object{}
	g.put(o, 0.3, "add", func() any {
		list := []any{}
		for range g.Intn(4) {
			list = append(list, value(g, "NET_BIND_SERVICE", capabilities...)())
		}
		return list
	})
	g.put(o, 0.8, "drop", value(g, []any{"ALL"}, []any{}, []any{"NET_RAW"}, []any{"KILL", "ALL"}, []any{nil}, []any{"all"}))
	return o
}

// common is what pods and containers share.
func (g *generator) common(o object) object {
	g.put(o, 0.4, "runAsNonRoot", value(g, true, false))
	g.put(o, 0.3, "runAsUser", value(g, 1000, 0, 185))
	g.put(o, 0.1, "runAsGroup", value(g, 1000, 0))
	g.put(o, 0.4, "seccompProfile", g.profile)
	g.put(o, 0.1, "appArmorProfile", g.profile)
	g.put(o, 0.1, "seLinuxOptions", g.selinux)
	g.put(o, 0.05, "windowsOptions", g.windows)
	return o
}

func (g *generator) podSecurity() any {
	o := g.common(object{})
	g.put(o, 0.1, "sysctls", g.sysctls)
	g.put(o, 0.2, "fsGroup", value(g, 1000, 0))
	return o
}

func (g *generator) containerSecurity() any {
	o := g.common(object{})
	g.put(o, 0.2, "privileged", value(g, false, true))
	g.put(o, 0.6, "allowPrivilegeEscalation", value(g, false, true))
	g.put(o, 0.6, "capabilities", g.capabilities)
	g.put(o, 0.1, "procMount", value(g, "Default", "Unmasked", "", "other"))
	g.put(o, 0.1, "readOnlyRootFilesystem", value(g, true, false))
	return o
}

func (g *generator) handler() any {
	o, action := object{}, object{"port": 80}
	g.put(action, 0.4, "host", value(g, "", "127.0.0.1", "example.org", "::1"))
	g.put(o, 0.9, pick(g, "httpGet", "tcpSocket"), func() any { return action })
	return o
}

func (g *generator) lifecycle() any {
	o := object{}
	g.put(o, 0.5, "postStart", g.handler)
	g.put(o, 0.5, "preStop", g.handler)
	return o
}

func (g *generator) ports() any {
	list := []any{}
	for range g.Intn(3) {
		o := object{"containerPort": 80}
		g.put(o, 0.3, "hostPort", value(g, 0, 80, 443, 8080))
		list = append(list, o)
	}
	return list
}

func (g *generator) container() any {
	o := object{}
	g.put(o, 0.98, "name", func() any { return g.name() })
	g.put(o, 0.8, "image", func() any { return "example.org/image:1" })
	g.put(o, 0.8, "securityContext", g.containerSecurity)
	g.put(o, 0.2, "ports", g.ports)
	for _, probe := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
		g.put(o, 0.1, probe, g.handler)
	}
	g.put(o, 0.1, "lifecycle", g.lifecycle)
	g.put(o, 0.1, "volumeMounts", func() any { return []any{object{"name": "v0", "mountPath": "/v"}} })
	return o
}

func (g *generator) initContainers() any {
	list := g.containers()
	for _, c := range list.([]any) {
		if o, ok := c.(object); ok {
			g.put(o, 0.3, "restartPolicy", func() any { return "Always" }) // a side-car
		}
	}
	return list
}

func (g *generator) containers() any {
	list := []any{}
	for range g.Intn(4) {
		list = append(list, g.container())
	}
	if g.chance(0.01) {
		list = append(list, nil)
	}
	return list
}

// Every source that a volume has or had, and one that it never had.
var sources = []string{"emptyDir", "configMap", "csi", "downwardAPI", "ephemeral", "image", "persistentVolumeClaim", "projected",
	"secret", "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd", "flexVolume",
	"cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk",
	"portworxVolume", "scaleIO", "storageos", "unheard"}

func (g *generator) volumes() any {
	list := []any{}
	for i := range g.Intn(4) {
		o := object{"name": fmt.Sprintf("v%d", i)}
		for range 1 + g.Intn(2) {
			source := value(g, "emptyDir", sources...)().(string)
			g.put(o, 0.9, source, func() any { return object{} })
		}
		list = append(list, o)
	}
	return list
}

func (g *generator) annotations() any {
	o := object{}
	keys := []string{"container.apparmor.security.beta.kubernetes.io/", "container.seccomp.security.alpha.kubernetes.io/"}
	for range g.Intn(4) {
		g.put(o, 1, pick(g, keys...)+g.name(), value(g, "runtime/default", "", "unconfined", "localhost/x", "docker/default",
			"q\"\\uo\nte", "\u200b\u00a0\x01\x7f\U0001f600ü"))
	}
	g.put(o, 0.1, "seccomp.security.alpha.kubernetes.io/pod", value(g, "runtime/default", "", "unconfined", "docker/default"))
	return o
}

func (g *generator) pod() json.RawMessage {
	metadata, spec := object{"name": "p"}, object{}
	g.put(metadata, 0.3, "annotations", g.annotations)
	g.put(spec, 0.7, "securityContext", g.podSecurity)
	g.put(spec, 0.3, "initContainers", g.initContainers)
	g.put(spec, 0.95, "containers", g.containers)
	g.put(spec, 0.1, "ephemeralContainers", g.containers)
	g.put(spec, 0.3, "volumes", g.volumes)
	for _, key := range []string{"hostNetwork", "hostPID", "hostIPC"} {
		g.put(spec, 0.1, key, value(g, false, true))
	}
	g.put(spec, 0.15, "hostUsers", func() any { return g.chance(0.3) })
	g.put(spec, 0.1, "os", func() any { return object{"name": pick(g, "linux", "windows", "")} })

	if g.chance(0.25) {
		mend(spec)
	}
	text, err := json.Marshal(object{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
	if err != nil {
		panic(err)
	}
	return text
}

// mend makes the pod one that may well pass: chance alone rarely does.
func mend(spec object) {
	spec["securityContext"] = object{"runAsNonRoot": true, "seccompProfile": object{"type": "RuntimeDefault"}}
	for _, key := range []string{"initContainers", "containers", "ephemeralContainers"} {
		list, _ := spec[key].([]any)
		for _, element := range list {
			if c, ok := element.(object); ok {
				c["securityContext"] = object{"allowPrivilegeEscalation": false, "capabilities": object{"drop": []any{"ALL"}}}
			}
		}
	}
}

// samples are pods with what chance chose beside them, each from a seed of its own.
func samples(seed int64, count int) []sample {
	list := make([]sample, count)
	for i := range list {
		g := &generator{Rand: rand.New(rand.NewSource(seed + int64(i)*1_000_003))}
		g.wrongTypes = g.chance(0.1)
		g.bad = pick(g, 0.02, 0.1, 0.4)
		list[i] = sample{pod: g.pod(), version: pick(g, "latest", fmt.Sprintf("v1.%d", g.Intn(newestMinor+2))), seed: g.Int63()}
	}
	return list
}
