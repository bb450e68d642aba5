/*
 * check_user.c - who a container runs as.
 *
 * Sources: k8s.io/pod-security-admission policy/check_runAsNonRoot.go, check_runAsUser.go. From v1.35
 * a pod in a user namespace may be root inside it (KEP-127).
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
	r->reason = "runAsNonRoot != true";
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
	if (names.count == 0)
		return;
	r->reason = "runAsNonRoot != true";
	buf_adds(&r->detail, "pod or ");
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, " must set securityContext.runAsNonRoot=true");
}

void pss_check_non_root_userns(const struct pss_pod *pod, struct pss_report *r)
{
	if (!pod->user_namespace)
		pss_check_non_root(pod, r);
}

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
	if (r->pointers.count == 0)
		return;
	r->reason = "runAsUser=0";
	pss_say_setters(&r->detail, is_root(&pod->security), &names);
	buf_adds(&r->detail, " must not set runAsUser=0");
}

void pss_check_user_userns(const struct pss_pod *pod, struct pss_report *r)
{
	if (!pod->user_namespace)
		pss_check_user(pod, r);
}
