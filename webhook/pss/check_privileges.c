/*
 * check_privileges.c - privileged containers, privilege escalation, capabilities.
 *
 * Sources: k8s.io/pod-security-admission policy/check_privileged.go,
 * check_allowPrivilegeEscalation.go, check_capabilities_baseline.go, check_capabilities_restricted.go.
 */
#include "pss/check.h"

void pss_check_privileged(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0};

	EACH_CONTAINER(c, pod)
		if (c->security.privileged == PSS_TRUE)
			pss_blame(pod, r, &names, c, "securityContext/privileged");
	if (names.count == 0)
		return;
	r->reason = "privileged";
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, " must not set securityContext.privileged=true");
}

void pss_check_escalation(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0};

	EACH_CONTAINER(c, pod)
		if (c->security.escalation != PSS_FALSE)
			pss_blame(pod, r, &names, c, "securityContext/allowPrivilegeEscalation");
	if (names.count == 0)
		return;
	r->reason = "allowPrivilegeEscalation != false";
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, " must set securityContext.allowPrivilegeEscalation=false");
}

void pss_check_escalation_linux(const struct pss_pod *pod, struct pss_report *r)
{
	if (!pod->windows)
		pss_check_escalation(pod, r);
}

bool pss_capability_is_default(const char *name)
{
	static const char *const names[] = {
		"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
		"NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

bool pss_capability_is_restricted(const char *name)
{
	return strcmp(name, "NET_BIND_SERVICE") == 0;
}

/* Containers that add what may not be added, and what that is. */
static void find_added(const struct pss_pod *pod, struct pss_report *r, bool (*is_allowed)(const char *),
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

static void say_added(struct buf *b, const struct pss_list *names, const struct pss_list *capabilities)
{
	pss_say_containers(b, names);
	buf_adds(b, " must not include ");
	pss_say_quoted(b, capabilities);
	buf_adds(b, " in securityContext.capabilities.add");
}

void pss_check_capabilities_default(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0}, capabilities = {0};

	find_added(pod, r, pss_capability_is_default, &names, &capabilities);
	if (names.count == 0)
		return;
	r->reason = "non-default capabilities";
	say_added(&r->detail, &names, &capabilities);
}

void pss_check_capabilities_none(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list keeping = {0}, adding = {0}, capabilities = {0};

	EACH_CONTAINER(c, pod)
		if (!c->security.drops_all)
			pss_blame(pod, r, &keeping, c, "securityContext/capabilities/drop");
	find_added(pod, r, pss_capability_is_restricted, &adding, &capabilities);
	if (r->pointers.count == 0)
		return;
	r->reason = "unrestricted capabilities";
	if (keeping.count > 0) {
		pss_say_containers(&r->detail, &keeping);
		buf_adds(&r->detail, " must set securityContext.capabilities.drop=[\"ALL\"]");
	}
	if (keeping.count > 0 && adding.count > 0)
		buf_adds(&r->detail, "; ");
	if (adding.count > 0)
		say_added(&r->detail, &adding, &capabilities);
}

void pss_check_capabilities_none_linux(const struct pss_pod *pod, struct pss_report *r)
{
	if (!pod->windows)
		pss_check_capabilities_none(pod, r);
}
