/*
 * check_allow_privilege_escalation.c - privilege escalation. Restricted from v1.8; from v1.25 not for Windows pods.
 *
 * fields    spec.{initContainers,containers,ephemeralContainers}[*].securityContext.allowPrivilegeEscalation
 * allowed   false
 *
 * Source: k8s.io/pod-security-admission policy/check_allowPrivilegeEscalation.go
 */
#include "pss/check.h"

void pss_check_escalation(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0};

	EACH_CONTAINER(c, pod)
		if (c->security.escalation != PSS_FALSE)
			pss_blame(pod, r, &names, c, "securityContext/allowPrivilegeEscalation");
	if (names.count == 0 || !pss_fails(r, "allowPrivilegeEscalation != false"))
		return;
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, " must set securityContext.allowPrivilegeEscalation=false");
}

void pss_check_escalation_linux(const struct pss_pod *pod, struct pss_report *r)
{
	if (!pod->windows)
		pss_check_escalation(pod, r);
}
