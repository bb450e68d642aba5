/*
 * check_sysctls.c - sysctls. Baseline.
 *
 * fields    spec.securityContext.sysctls[*].name
 * allowed   absent, or those that are namespaced and safe: the table below, with the version from which each is
 *
 * Source: k8s.io/pod-security-admission policy/check_sysctls.go
 */
#include "pss/check.h"

static const struct {
	const char *name;
	unsigned since;
} allowed[] = {
	{"kernel.shm_rmid_forced", 0},
	{"net.ipv4.ip_local_port_range", 0},
	{"net.ipv4.tcp_syncookies", 0},
	{"net.ipv4.ping_group_range", 0},
	{"net.ipv4.ip_unprivileged_port_start", 0},
	{"net.ipv4.ip_local_reserved_ports", 27},
	{"net.ipv4.tcp_keepalive_time", 29},
	{"net.ipv4.tcp_fin_timeout", 29},
	{"net.ipv4.tcp_keepalive_intvl", 29},
	{"net.ipv4.tcp_keepalive_probes", 29},
	{"net.ipv4.tcp_rmem", 32},
	{"net.ipv4.tcp_wmem", 32},
	{"net.ipv4.tcp_slow_start_after_idle", 37},
	{"net.ipv4.tcp_notsent_lowat", 37},
};

static bool is_allowed(const char *name, unsigned minor)
{
	for (size_t i = 0; i < COUNT_OF(allowed); i++)
		if (minor >= allowed[i].since && strcmp(name, allowed[i].name) == 0)
			return true;
	return false;
}

static void check(const struct pss_pod *pod, struct pss_report *r, unsigned minor)
{
	struct pss_list names = {0};
	size_t index = 0;

	JSON_EACH(item, json_get(pod->security.json, "sysctls")) {
		const char *name = json_text(json_get(item, "name"), "");

		if (!is_allowed(name, minor)) {
			pss_list_add(&names, pod->arena, name);
			pss_blame_pod(pod, r, arena_printf(pod->arena, "securityContext/sysctls/%zu/name", index));
		}
		index++;
	}
	if (names.count == 0 || !pss_fails(r, "forbidden sysctls"))
		return;
	pss_say_plain(&r->detail, &names);
}

void pss_check_sysctls_1_0(const struct pss_pod *pod, struct pss_report *r)
{
	check(pod, r, 0);
}

void pss_check_sysctls_1_27(const struct pss_pod *pod, struct pss_report *r)
{
	check(pod, r, 27);
}

void pss_check_sysctls_1_29(const struct pss_pod *pod, struct pss_report *r)
{
	check(pod, r, 29);
}

void pss_check_sysctls_1_32(const struct pss_pod *pod, struct pss_report *r)
{
	check(pod, r, 32);
}

void pss_check_sysctls_1_37(const struct pss_pod *pod, struct pss_report *r)
{
	check(pod, r, 37);
}
