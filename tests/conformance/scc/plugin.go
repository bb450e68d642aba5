// A stand-in for OpenShift's admission plugin security.openshift.io/SecurityContextConstraint with the one SCC
// restricted-v2, as the plugin of a namespace with uid-range 1000700000/10000 behaves.
//
// Sources: openshift/apiserver-library-go pkg/securitycontextconstraints (sccmatching/provider.go, capabilities, seccomp),
// openshift/cluster-kube-apiserver-operator bindata/bootkube/scc-manifests (restricted-v2).
package main

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

const (
	firstUID          = 1000700000
	lastUID           = firstUID + 10000 - 1
	seLinuxLevel      = "s0:c26,c15"
	seccompAnnotation = "seccomp.security.alpha.kubernetes.io/pod"
	sccAnnotation     = "openshift.io/scc"
)

type plugin struct {
	// Since 4.12 a container that is given a user other than root is given runAsNonRoot too.
	setsNonRoot bool
}

// assign gives a copy of the pod its users, groups and profiles, and says what the SCC does not allow.
func (p plugin) assign(original *corev1.Pod) (*corev1.Pod, []string) {
	pod := original.DeepCopy()
	if pod.Annotations == nil {
		pod.Annotations = map[string]string{}
	}
	if pod.Spec.SecurityContext == nil {
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	faults := assignPod(pod)
	each(pod, func(c *corev1.Container) {
		if c.SecurityContext == nil {
			c.SecurityContext = &corev1.SecurityContext{}
		}
		p.assignContainer(pod, c)
		faults = append(faults, judgeContainer(pod, c)...)
	})
	pod.Annotations[sccAnnotation] = "restricted-v2"
	return pod, faults
}

func each(pod *corev1.Pod, visit func(*corev1.Container)) {
	for i := range pod.Spec.InitContainers {
		visit(&pod.Spec.InitContainers[i])
	}
	for i := range pod.Spec.Containers {
		visit(&pod.Spec.Containers[i])
	}
	for i := range pod.Spec.EphemeralContainers {
		visit((*corev1.Container)(&pod.Spec.EphemeralContainers[i].EphemeralContainerCommon))
	}
}

func set[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}

func assignPod(pod *corev1.Pod) []string {
	var faults []string
	s := pod.Spec.SecurityContext
	set(&s.FSGroup, firstUID)
	set(&s.SELinuxOptions, corev1.SELinuxOptions{Level: seLinuxLevel})
	set(&s.SeccompProfile, corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault})
	pod.Annotations[seccompAnnotation] = annotationOf(s.SeccompProfile)

	if *s.FSGroup < firstUID || *s.FSGroup > lastUID {
		faults = append(faults, fmt.Sprintf("fsGroup %d is not an allowed group", *s.FSGroup))
	}
	if *s.SELinuxOptions != (corev1.SELinuxOptions{Level: seLinuxLevel}) {
		faults = append(faults, "seLinuxOptions")
	}
	if s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		faults = append(faults, "seccomp profile of the pod")
	}
	if pod.Spec.HostNetwork || pod.Spec.HostPID || pod.Spec.HostIPC {
		faults = append(faults, "host namespaces")
	}
	for _, v := range pod.Spec.Volumes {
		if !volumeAllowed(v) {
			faults = append(faults, "volume "+v.Name)
		}
	}
	return faults
}

func annotationOf(profile *corev1.SeccompProfile) string {
	switch profile.Type {
	case corev1.SeccompProfileTypeUnconfined:
		return "unconfined"
	case corev1.SeccompProfileTypeLocalhost:
		if profile.LocalhostProfile != nil {
			return "localhost/" + *profile.LocalhostProfile
		}
	}
	return "runtime/default"
}

func volumeAllowed(v corev1.Volume) bool {
	return v.ConfigMap != nil || v.CSI != nil || v.DownwardAPI != nil || v.EmptyDir != nil || v.Ephemeral != nil ||
		v.Image != nil || v.PersistentVolumeClaim != nil || v.Projected != nil || v.Secret != nil
}

// effectiveUser and its like: the container's own, else the pod's.
func effectiveUser(pod *corev1.Pod, c *corev1.Container) *int64 {
	if c.SecurityContext.RunAsUser != nil {
		return c.SecurityContext.RunAsUser
	}
	return pod.Spec.SecurityContext.RunAsUser
}

func effectiveNonRoot(pod *corev1.Pod, c *corev1.Container) *bool {
	if c.SecurityContext.RunAsNonRoot != nil {
		return c.SecurityContext.RunAsNonRoot
	}
	return pod.Spec.SecurityContext.RunAsNonRoot
}

func (p plugin) assignContainer(pod *corev1.Pod, c *corev1.Container) {
	s := c.SecurityContext
	if effectiveUser(pod, c) == nil {
		set(&s.RunAsUser, firstUID)
	}
	if p.setsNonRoot && effectiveNonRoot(pod, c) == nil && *effectiveUser(pod, c) > 0 {
		set(&s.RunAsNonRoot, true)
	}
	if !drops(s.Capabilities, "ALL") {
		capabilities := &corev1.Capabilities{}
		if s.Capabilities != nil {
			capabilities = s.Capabilities
		}
		s.Capabilities = &corev1.Capabilities{Add: sorted(capabilities.Add), Drop: sorted(append(capabilities.Drop, "ALL"))}
	}
	set(&s.AllowPrivilegeEscalation, false)
}

func drops(capabilities *corev1.Capabilities, name corev1.Capability) bool {
	return capabilities != nil && slices.Contains(capabilities.Drop, name)
}

func sorted(list []corev1.Capability) []corev1.Capability {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func judgeContainer(pod *corev1.Pod, c *corev1.Container) []string {
	var faults []string
	s := c.SecurityContext
	fault := func(is bool, what string) {
		if is {
			faults = append(faults, "container "+c.Name+": "+what)
		}
	}
	user := *effectiveUser(pod, c)
	fault(user < firstUID || user > lastUID, fmt.Sprintf("runAsUser %d is not in the range", user))
	fault(s.Privileged != nil && *s.Privileged, "privileged")
	fault(*s.AllowPrivilegeEscalation, "allowPrivilegeEscalation")
	fault(s.SELinuxOptions != nil && *s.SELinuxOptions != corev1.SELinuxOptions{Level: seLinuxLevel}, "seLinuxOptions")
	fault(s.SeccompProfile != nil && s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault, "seccomp profile")
	for _, name := range s.Capabilities.Add {
		fault(name != "NET_BIND_SERVICE", "capability "+string(name))
	}
	for _, port := range c.Ports {
		fault(port.HostPort != 0, "hostPort")
	}
	return faults
}
