/*
 * check_capabilities_restricted.c - no capabilities but one. Restricted from v1.22, in place of capabilities_baseline;
 * from v1.25 not for Windows pods.
 *
 * fields    spec.{initContainers,containers,ephemeralContainers}[*].securityContext.capabilities.{drop,add}
 * allowed   drop: a list that has ALL; add: absent, or NET_BIND_SERVICE
 *
 * Source: k8s.io/pod-security-admission policy/check_capabilities_restricted.go
 */
#include "pss/check.h"

bool pss_capability_is_restricted(const char *name)
{
	return strcmp(name, "NET_BIND_SERVICE") == 0;
}

void pss_check_capabilities_none(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list keeping = {0}, adding = {0}, capabilities = {0};

	EACH_CONTAINER(c, pod)
		if (!c->security.drops_all)
			pss_blame(pod, r, &keeping, c, "securityContext/capabilities/drop");
	pss_find_added_capabilities(pod, r, pss_capability_is_restricted, &adding, &capabilities);
	if (r->pointers.count == 0 || !pss_fails(r, "unrestricted capabilities"))
		return;
	if (keeping.count > 0) {
		pss_say_containers(&r->detail, &keeping);
		buf_adds(&r->detail, " must set securityContext.capabilities.drop=[\"ALL\"]");
	}
	if (keeping.count > 0 && adding.count > 0)
		buf_adds(&r->detail, "; ");
	if (adding.count > 0)
		pss_say_added_capabilities(&r->detail, &adding, &capabilities);
}

void pss_check_capabilities_none_linux(const struct pss_pod *pod, struct pss_report *r)
{
	if (!pod->windows)
		pss_check_capabilities_none(pod, r);
}
