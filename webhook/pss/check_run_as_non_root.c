/*
 * check_run_as_non_root.c - not as root. Restricted.
 *
 * fields    spec.securityContext.runAsNonRoot
 *           spec.{initContainers,containers,ephemeralContainers}[*].securityContext.runAsNonRoot
 * allowed   true; a container may leave it to the pod, the pod to all its containers; from v1.35 anything in a
 *           user namespace (hostUsers: false), where root is not the node's: KEP-127
 *
 * Source: k8s.io/pod-security-admission policy/check_runAsNonRoot.go
 */
#include "pss/check.h"

static const char non_root_field[] = "securityContext/runAsNonRoot";

/* Returns whether anybody sets false. */
static bool non_root_is_false(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0};
	bool pod_is_bad = pod->security.run_as_non_root == PSS_FALSE;

	if (pod_is_bad)
		pss_blame_pod(pod, r, non_root_field);
	EACH_CONTAINER(c, pod)
		if (c->security.run_as_non_root == PSS_FALSE)
			pss_blame(pod, r, &names, c, non_root_field);
	if (r->pointers.count == 0)
		return false;
	if (!pss_fails(r, "runAsNonRoot != true"))
		return true;
	pss_say_setters(&r->detail, pod_is_bad, &names);
	buf_adds(&r->detail, " must not set securityContext.runAsNonRoot=false");
	return true;
}

void pss_check_non_root(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0};

	if (non_root_is_false(pod, r) || pod->security.run_as_non_root == PSS_TRUE)
		return;
	EACH_CONTAINER(c, pod)
		if (c->security.run_as_non_root == PSS_UNSET)
			pss_blame(pod, r, &names, c, non_root_field);
	if (names.count == 0 || !pss_fails(r, "runAsNonRoot != true"))
		return;
	buf_adds(&r->detail, "pod or ");
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, " must set securityContext.runAsNonRoot=true");
}

void pss_check_non_root_userns(const struct pss_pod *pod, struct pss_report *r)
{
	if (!pod->user_namespace)
		pss_check_non_root(pod, r);
}
