/*
 * check_capabilities_baseline.c - capabilities beyond the runtime's defaults. Baseline.
 *
 * fields    spec.{initContainers,containers,ephemeralContainers}[*].securityContext.capabilities.add
 * allowed   absent, or only the 13 named below
 *
 * Source: k8s.io/pod-security-admission policy/check_capabilities_baseline.go
 */
#include "pss/check.h"

bool pss_capability_is_default(const char *name)
{
	static const char *const names[] = {
		"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
		"NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void pss_find_added_capabilities(const struct pss_pod *pod, struct pss_report *r, bool (*is_allowed)(const char *),
				 struct pss_list *names, struct pss_list *capabilities)
{
	EACH_CONTAINER(c, pod) {
		size_t before = capabilities->count;

		JSON_EACH(item, c->security.capabilities_added)
			if (!is_allowed(json_text(item, "")))
				pss_list_add(capabilities, pod->arena, json_text(item, ""));
		if (capabilities->count > before)
			pss_blame(pod, r, names, c, "securityContext/capabilities/add");
	}
	pss_list_sort(capabilities);
}

void pss_say_added_capabilities(struct buf *b, const struct pss_list *names, const struct pss_list *capabilities)
{
	pss_say_containers(b, names);
	buf_adds(b, " must not include ");
	pss_say_quoted(b, capabilities);
	buf_adds(b, " in securityContext.capabilities.add");
}

void pss_check_capabilities_default(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0}, capabilities = {0};

	pss_find_added_capabilities(pod, r, pss_capability_is_default, &names, &capabilities);
	if (names.count == 0 || !pss_fails(r, "non-default capabilities"))
		return;
	pss_say_added_capabilities(&r->detail, &names, &capabilities);
}
