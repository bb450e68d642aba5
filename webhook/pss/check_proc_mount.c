/*
 * check_proc_mount.c - the masks over /proc. Baseline, and restricted from v1.35.
 *
 * fields    spec.{initContainers,containers,ephemeralContainers}[*].securityContext.procMount
 * allowed   absent, Default; at baseline from v1.35 anything in a user namespace (hostUsers: false): KEP-127
 *
 * Source: k8s.io/pod-security-admission policy/check_procMount_baseline.go, check_procMount_restricted.go
 */
#include "pss/check.h"

void pss_check_proc_mount(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0}, types = {0};

	EACH_CONTAINER(c, pod)
		if (c->security.proc_mount && strcmp(c->security.proc_mount, "Default") != 0) {
			pss_blame(pod, r, &names, c, "securityContext/procMount");
			pss_list_add(&types, pod->arena, c->security.proc_mount);
		}
	if (names.count == 0 || !pss_fails(r, "procMount"))
		return;
	pss_list_sort(&types);
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, " must not set securityContext.procMount to ");
	pss_say_quoted(&r->detail, &types);
}

void pss_check_proc_mount_userns(const struct pss_pod *pod, struct pss_report *r)
{
	if (!pod->user_namespace)
		pss_check_proc_mount(pod, r);
}
