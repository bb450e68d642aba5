/*
 * check_privileged.c - privileged containers. Baseline.
 *
 * fields    spec.{initContainers,containers,ephemeralContainers}[*].securityContext.privileged
 * allowed   absent, false
 *
 * Source: k8s.io/pod-security-admission policy/check_privileged.go
 */
#include "pss/check.h"

void pss_check_privileged(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0};

	EACH_CONTAINER(c, pod)
		if (c->security.privileged == PSS_TRUE)
			pss_blame(pod, r, &names, c, "securityContext/privileged");
	if (names.count == 0 || !pss_fails(r, "privileged"))
		return;
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, " must not set securityContext.privileged=true");
}
