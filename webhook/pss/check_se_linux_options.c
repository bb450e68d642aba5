/*
 * check_se_linux_options.c - SELinux. Baseline; container_engine_t from v1.31.
 *
 * fields    spec.securityContext.seLinuxOptions.{type,user,role}
 *           spec.{initContainers,containers,ephemeralContainers}[*].securityContext.seLinuxOptions.{type,user,role}
 * allowed   type: absent, "", container_t, container_init_t, container_kvm_t, container_engine_t
 *           user, role: absent, ""
 *
 * Source: k8s.io/pod-security-admission policy/check_seLinuxOptions.go
 */
#include "pss/check.h"

/* What is wrong with the SELinux options seen so far. */
struct selinux_faults {
	bool engine_allowed; /* container_engine_t, from v1.31 */
	struct pss_list types;
	bool user, role;
};

static bool selinux_type_is_good(const char *type, bool engine_allowed)
{
	static const char *const good[] = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"};
	size_t count = COUNT_OF(good) - (engine_allowed ? 0 : 1);

	for (size_t i = 0; i < count; i++)
		if (strcmp(type, good[i]) == 0)
			return true;
	return false;
}

static bool selinux_is_bad(const struct pss_pod *pod, const struct json *options, struct selinux_faults *faults)
{
	const char *type = json_text(json_get(options, "type"), "");
	bool bad_type = !selinux_type_is_good(type, faults->engine_allowed);
	bool user = *json_text(json_get(options, "user"), "") != '\0';
	bool role = *json_text(json_get(options, "role"), "") != '\0';

	if (bad_type)
		pss_list_add(&faults->types, pod->arena, type);
	faults->user |= user;
	faults->role |= role;
	return bad_type || user || role;
}

static void say_selinux(struct buf *b, struct selinux_faults *faults)
{
	const char *separator = "";

	if (faults->types.count > 0) {
		pss_list_sort(&faults->types);
		buf_adds(b, faults->types.count == 1 ? "type " : "types ");
		pss_say_quoted(b, &faults->types);
		separator = "; ";
	}
	if (faults->user) {
		buf_printf(b, "%suser may not be set", separator);
		separator = "; ";
	}
	if (faults->role)
		buf_printf(b, "%srole may not be set", separator);
}

static void check_selinux(const struct pss_pod *pod, struct pss_report *r, bool engine_allowed)
{
	static const char field[] = "securityContext/seLinuxOptions";
	struct selinux_faults faults = {.engine_allowed = engine_allowed};
	struct pss_list names = {0};
	bool pod_is_bad = selinux_is_bad(pod, pod->security.selinux, &faults);

	if (pod_is_bad)
		pss_blame_pod(pod, r, field);
	EACH_CONTAINER(c, pod)
		if (selinux_is_bad(pod, c->security.selinux, &faults))
			pss_blame(pod, r, &names, c, field);
	if (r->pointers.count == 0 || !pss_fails(r, "seLinuxOptions"))
		return;
	pss_say_setters(&r->detail, pod_is_bad, &names);
	buf_adds(&r->detail, " set forbidden securityContext.seLinuxOptions: ");
	say_selinux(&r->detail, &faults);
}

void pss_check_selinux_1_0(const struct pss_pod *pod, struct pss_report *r)
{
	check_selinux(pod, r, false);
}

void pss_check_selinux_1_31(const struct pss_pod *pod, struct pss_report *r)
{
	check_selinux(pod, r, true);
}
