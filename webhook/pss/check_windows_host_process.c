/*
 * check_windows_host_process.c - Windows containers in the host. Baseline.
 *
 * fields    spec.securityContext.windowsOptions.hostProcess
 *           spec.{initContainers,containers,ephemeralContainers}[*].securityContext.windowsOptions.hostProcess
 * allowed   absent, false
 *
 * Source: k8s.io/pod-security-admission policy/check_windowsHostProcess.go
 */
#include "pss/check.h"

void pss_check_windows_host_process(const struct pss_pod *pod, struct pss_report *r)
{
	static const char field[] = "securityContext/windowsOptions/hostProcess";
	struct pss_list names = {0};

	if (pod->security.host_process)
		pss_blame_pod(pod, r, field);
	EACH_CONTAINER(c, pod)
		if (c->security.host_process)
			pss_blame(pod, r, &names, c, field);
	if (r->pointers.count == 0 || !pss_fails(r, "hostProcess"))
		return;
	pss_say_setters(&r->detail, pod->security.host_process, &names);
	buf_adds(&r->detail, " must not set securityContext.windowsOptions.hostProcess=true");
}
