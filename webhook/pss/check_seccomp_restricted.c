/*
 * check_seccomp_restricted.c - a seccomp profile for every container. Restricted from v1.19, in place of
 * seccompProfile_baseline; from v1.25 not for Windows pods.
 *
 * fields    spec.securityContext.seccompProfile.type
 *           spec.{initContainers,containers,ephemeralContainers}[*].securityContext.seccompProfile.type
 * allowed   RuntimeDefault, Localhost; a container may leave it to the pod, the pod to all its containers
 *
 * Source: k8s.io/pod-security-admission policy/check_seccompProfile_restricted.go
 */
#include "pss/check.h"

/* Bad values first; containers without a profile are named only if there are none of those. */
void pss_check_seccomp_set(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0};

	pss_check_seccomp_not_bad(pod, r);
	if (r->reason || pod->security.seccomp)
		return;
	EACH_CONTAINER(c, pod)
		if (!c->security.seccomp)
			pss_blame(pod, r, &names, c, pss_seccomp_field);
	if (names.count == 0 || !pss_fails(r, "seccompProfile"))
		return;
	buf_adds(&r->detail, "pod or ");
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, " must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"");
}

void pss_check_seccomp_set_linux(const struct pss_pod *pod, struct pss_report *r)
{
	if (!pod->windows)
		pss_check_seccomp_set(pod, r);
}
