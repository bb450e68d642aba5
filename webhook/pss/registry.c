/*
 * registry.c - the one table of checks, and running them in upstream's order.
 *
 * Source: k8s.io/pod-security-admission v0.37 policy/registry.go and the Versions of each check_*.go.
 * A row counts from its version until the next row of the same id. A restricted check may replace a
 * baseline check, which is then not run at level restricted.
 */
#include "pss/registry.h"

static const struct {
	struct pss_form form;
	enum pss_check overrides; /* PSS_CHECK_NONE: none */
	uint32_t needs; /* enum pss_seen: if none of these was seen, the pod passes; ALWAYS = run in any case */
	pss_check_fn ask;
} table[] = {
#define ALWAYS UINT32_MAX
#define ROW(check, id, level, since, needs, ask) \
	{{(id), "pss." id, PSS_CHECK_##check, (level), (since), NULL}, PSS_CHECK_NONE, (needs), (ask)}
/* A restricted check in the place of a baseline check. */
#define HEIR(check, id, since, overrides, old, needs, ask) \
	{{(id), "pss." id, PSS_CHECK_##check, PSS_RESTRICTED, (since), (old)}, PSS_CHECK_##overrides, (needs), (ask)}
	ROW(MALFORMED, "malformed", PSS_BASELINE, 0, ALWAYS, pss_check_malformed), /* ours, see check_malformed.c */
	ROW(APP_ARMOR, "appArmorProfile", PSS_BASELINE, 0, PSS_SEEN_APP_ARMOR | PSS_SEEN_ANNOTATION, pss_check_app_armor),
	ROW(CAPABILITIES, "capabilities_baseline", PSS_BASELINE, 0, PSS_SEEN_CAPABILITIES_ADD, pss_check_capabilities_default),
	ROW(HOST_NAMESPACES, "hostNamespaces", PSS_BASELINE, 0, PSS_SEEN_HOST_NAMESPACES, pss_check_host_namespaces),
	ROW(HOST_PATH_VOLUMES, "hostPathVolumes", PSS_BASELINE, 0, PSS_SEEN_HOST_PATH, pss_check_host_path_volumes),
	ROW(HOST_PORTS, "hostPorts", PSS_BASELINE, 0, PSS_SEEN_HOST_PORT, pss_check_host_ports),
	ROW(HOST_PROBES, "hostProbesAndHostLifecycle", PSS_BASELINE, 34, PSS_SEEN_PROBE_HOST, pss_check_host_probes),
	ROW(PRIVILEGED, "privileged", PSS_BASELINE, 0, PSS_SEEN_PRIVILEGED, pss_check_privileged),
	ROW(PROC_MOUNT, "procMount", PSS_BASELINE, 0, PSS_SEEN_PROC_MOUNT, pss_check_proc_mount),
	ROW(PROC_MOUNT, "procMount", PSS_BASELINE, 35, PSS_SEEN_PROC_MOUNT, pss_check_proc_mount_userns),
	ROW(SELINUX, "seLinuxOptions", PSS_BASELINE, 0, PSS_SEEN_SELINUX, pss_check_selinux_1_0),
	ROW(SELINUX, "seLinuxOptions", PSS_BASELINE, 31, PSS_SEEN_SELINUX, pss_check_selinux_1_31),
	ROW(SECCOMP, "seccompProfile_baseline", PSS_BASELINE, 0, PSS_SEEN_ANNOTATION, pss_check_seccomp_annotations),
	ROW(SECCOMP, "seccompProfile_baseline", PSS_BASELINE, 19, PSS_SEEN_SECCOMP, pss_check_seccomp_not_bad),
	ROW(SYSCTLS, "sysctls", PSS_BASELINE, 0, PSS_SEEN_SYSCTLS, pss_check_sysctls_1_0),
	ROW(SYSCTLS, "sysctls", PSS_BASELINE, 27, PSS_SEEN_SYSCTLS, pss_check_sysctls_1_27),
	ROW(SYSCTLS, "sysctls", PSS_BASELINE, 29, PSS_SEEN_SYSCTLS, pss_check_sysctls_1_29),
	ROW(SYSCTLS, "sysctls", PSS_BASELINE, 32, PSS_SEEN_SYSCTLS, pss_check_sysctls_1_32),
	ROW(SYSCTLS, "sysctls", PSS_BASELINE, 37, PSS_SEEN_SYSCTLS, pss_check_sysctls_1_37),
	ROW(WINDOWS_HOST_PROCESS, "windowsHostProcess", PSS_BASELINE, 0, PSS_SEEN_HOST_PROCESS, pss_check_windows_host_process),
	ROW(ESCALATION, "allowPrivilegeEscalation", PSS_RESTRICTED, 8, ALWAYS, pss_check_escalation),
	ROW(ESCALATION, "allowPrivilegeEscalation", PSS_RESTRICTED, 25, ALWAYS, pss_check_escalation_linux),
	HEIR(CAPABILITIES_RESTRICTED, "capabilities_restricted", 22, CAPABILITIES, "capabilities_baseline", ALWAYS, pss_check_capabilities_none),
	HEIR(CAPABILITIES_RESTRICTED, "capabilities_restricted", 25, CAPABILITIES, "capabilities_baseline", ALWAYS, pss_check_capabilities_none_linux),
	HEIR(PROC_MOUNT_RESTRICTED, "procMount_restricted", 35, PROC_MOUNT, "procMount", PSS_SEEN_PROC_MOUNT, pss_check_proc_mount),
	HEIR(RESTRICTED_VOLUMES, "restrictedVolumes", 0, HOST_PATH_VOLUMES, "hostPathVolumes", PSS_SEEN_ODD_VOLUME, pss_check_restricted_volumes),
	ROW(NON_ROOT, "runAsNonRoot", PSS_RESTRICTED, 0, ALWAYS, pss_check_non_root),
	ROW(NON_ROOT, "runAsNonRoot", PSS_RESTRICTED, 35, ALWAYS, pss_check_non_root_userns),
	ROW(USER, "runAsUser", PSS_RESTRICTED, 23, PSS_SEEN_USER, pss_check_user),
	ROW(USER, "runAsUser", PSS_RESTRICTED, 35, PSS_SEEN_USER, pss_check_user_userns),
	HEIR(SECCOMP_RESTRICTED, "seccompProfile_restricted", 19, SECCOMP, "seccompProfile_baseline", ALWAYS, pss_check_seccomp_set),
	HEIR(SECCOMP_RESTRICTED, "seccompProfile_restricted", 25, SECCOMP, "seccompProfile_baseline", ALWAYS, pss_check_seccomp_set_linux),
#undef ROW
#undef HEIR
};

#define LATEST 1000u

const struct pss_form *pss_form_at(size_t index)
{
	return index < COUNT_OF(table) ? &table[index].form : NULL;
}

/* "v1.34" -> 34; all else is the newest. */
static unsigned minor_of(const char *version)
{
	struct slice digits = slice_of(version);
	unsigned minor = 0;

	if (!slice_skip(&digits, SLICE_LIT("v1.")) || digits.len == 0 || digits.len > 3)
		return LATEST;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return LATEST;
		minor = minor * 10 + (unsigned)(digits.ptr[i] - '0');
	}
	return minor;
}

bool pss_version_is_newer(const char *version)
{
	unsigned minor = minor_of(version);

	return minor > PSS_NEWEST_MINOR && minor != LATEST;
}

_Static_assert(COUNT_OF(table) <= 64 && PSS_CHECK_SECCOMP_RESTRICTED < 32, "rows and checks are bits");

/* From the end: later forms before earlier ones, and restricted checks before the baseline checks that they replace. */
uint64_t pss_rows_asked(enum pss_level level, const char *version)
{
	unsigned minor = minor_of(version);
	uint32_t done = 0; /* checks; 1 << NONE belongs to none */
	uint64_t rows = 0;

	for (size_t i = COUNT_OF(table); i-- > 0;) {
		if (table[i].form.level > level || table[i].form.since > minor || done >> table[i].form.check & 1)
			continue;
		rows |= UINT64_C(1) << i;
		done |= UINT32_C(1) << table[i].form.check | UINT32_C(1) << table[i].overrides;
	}
	return rows;
}

bool pss_form_is_asked(size_t index, enum pss_level level, const char *version)
{
	return index < COUNT_OF(table) && pss_rows_asked(level, version) >> index & 1;
}

/* "reason, reason" and "reason (detail), reason": AggregateCheckResult of upstream. */
void pss_summarise(struct arena *a, struct pss_verdict *v)
{
	struct buf reason = buf_in(a), detail = buf_in(a);

	for (size_t i = 0; i < v->count; i++) {
		if (i > 0) {
			buf_adds(&reason, ", ");
			buf_adds(&detail, ", ");
		}
		buf_adds(&reason, v->items[i].reason);
		buf_adds(&detail, v->items[i].reason);
		if (*v->items[i].detail == '\0')
			continue;
		buf_adds(&detail, " (");
		buf_adds(&detail, v->items[i].detail);
		buf_addc(&detail, ')');
	}
	v->reason = buf_slice(&reason).ptr;
	v->detail = buf_slice(&detail).ptr;
}

static void ask(const struct pss_pod *pod, uint64_t rows, bool brief, struct pss_verdict *ret)
{
	struct pss_verdict v = {.reason = "", .detail = ""};
	size_t cap = 0;

	for (; rows; rows &= rows - 1) {
		unsigned i = (unsigned)__builtin_ctzll(rows); /* the first that is left */

		if (table[i].needs != ALWAYS && !(table[i].needs & pod->seen))
			continue;
		struct pss_report r = {.detail = buf_in(pod->arena), .brief = brief};
		table[i].ask(pod, &r);
		if (!r.reason)
			continue;
		*ARENA_PUSH(pod->arena, v.items, &cap, v.count) = (struct pss_violation){
			.id = table[i].form.id,
			.check = table[i].form.check,
			.rule = table[i].form.rule,
			.reason = r.reason,
			.detail = buf_slice(&r.detail).ptr,
			.pointers = r.pointers.items,
			.pointer_count = brief ? 0 : r.pointers.count,
		};
	}
	if (!brief)
		pss_summarise(pod->arena, &v);
	*ret = v;
}

void pss_judge(const struct pss_pod *pod, uint64_t rows, struct pss_verdict *ret)
{
	ask(pod, rows, false, ret);
}

void pss_judge_briefly(const struct pss_pod *pod, uint64_t rows, struct pss_verdict *ret)
{
	ask(pod, rows, true, ret);
}

void pss_evaluate(struct arena *a, enum pss_level level, const char *version, const struct json *metadata,
		  const struct json *spec, const char *prefix, struct pss_verdict *ret)
{
	struct pss_pod pod;

	pss_pod_read(&pod, a, metadata, spec, prefix);
	pss_judge(&pod, pss_rows_asked(level, version), ret);
}

void pss_blame(const struct pss_pod *pod, struct pss_report *r, struct pss_list *names, const struct pss_container *c,
	       const char *field)
{
	if (r->brief) {
		names->count++;
		r->pointers.count++;
		return;
	}
	pss_list_add(names, pod->arena, c->name);
	pss_list_add(&r->pointers, pod->arena, pss_container_pointer(pod, c, field));
}

void pss_blame_pod(const struct pss_pod *pod, struct pss_report *r, const char *field)
{
	if (r->brief)
		r->pointers.count++;
	else
		pss_list_add(&r->pointers, pod->arena, pss_spec_pointer(pod, field));
}
