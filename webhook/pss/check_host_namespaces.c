/*
 * check_host_namespaces.c - the namespaces of the node. Baseline.
 *
 * fields    spec.hostNetwork, spec.hostPID, spec.hostIPC
 * allowed   absent, false
 *
 * Source: k8s.io/pod-security-admission policy/check_hostNamespaces.go
 */
#include "pss/check.h"

void pss_check_host_namespaces(const struct pss_pod *pod, struct pss_report *r)
{
	static const char *const fields[] = {"hostNetwork", "hostPID", "hostIPC"};

	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (!json_bool(json_get(pod->spec, fields[i]), false))
			continue;
		buf_printf(&r->detail, "%s%s=true", r->reason ? ", " : "", fields[i]);
		r->reason = "host namespaces";
		pss_blame_pod(pod, r, fields[i]);
	}
}
