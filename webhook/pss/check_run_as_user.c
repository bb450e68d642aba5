/*
 * check_run_as_user.c - not as user 0. Restricted from v1.23.
 *
 * fields    spec.securityContext.runAsUser
 *           spec.{initContainers,containers,ephemeralContainers}[*].securityContext.runAsUser
 * allowed   absent, any but 0; from v1.35 anything in a user namespace (hostUsers: false): KEP-127
 *
 * Source: k8s.io/pod-security-admission policy/check_runAsUser.go
 */
#include "pss/check.h"

static bool is_root(const struct pss_security *s)
{
	return s->has_user && s->run_as_user == 0;
}

void pss_check_user(const struct pss_pod *pod, struct pss_report *r)
{
	static const char field[] = "securityContext/runAsUser";
	struct pss_list names = {0};

	if (is_root(&pod->security))
		pss_blame_pod(pod, r, field);
	EACH_CONTAINER(c, pod)
		if (is_root(&c->security))
			pss_blame(pod, r, &names, c, field);
	if (r->pointers.count == 0 || !pss_fails(r, "runAsUser=0"))
		return;
	pss_say_setters(&r->detail, is_root(&pod->security), &names);
	buf_adds(&r->detail, " must not set runAsUser=0");
}

void pss_check_user_userns(const struct pss_pod *pod, struct pss_report *r)
{
	if (!pod->user_namespace)
		pss_check_user(pod, r);
}
