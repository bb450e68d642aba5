/*
 * registry.c - the one table of checks, and asking them in upstream's order.
 *
 * Source: k8s.io/pod-security-admission v0.37 policy/registry.go and the Versions of each check_*.go.
 * A row counts from its version until the next row of the same id. A restricted check may replace a
 * baseline check, which is then not asked at level restricted.
 */
#include "pss/registry.h"

static const struct {
	struct pss_form form;
	pss_check_fn ask;
} table[] = {
#define ROW(id, level, since, overrides, ask) {{(id), "pss." id, (level), (since), (overrides)}, (ask)}
	ROW("malformed", PSS_BASELINE, 0, NULL, pss_check_malformed), /* ours, see check_malformed.c */
	ROW("appArmorProfile", PSS_BASELINE, 0, NULL, pss_check_app_armor),
	ROW("capabilities_baseline", PSS_BASELINE, 0, NULL, pss_check_capabilities_default),
	ROW("hostNamespaces", PSS_BASELINE, 0, NULL, pss_check_host_namespaces),
	ROW("hostPathVolumes", PSS_BASELINE, 0, NULL, pss_check_host_path_volumes),
	ROW("hostPorts", PSS_BASELINE, 0, NULL, pss_check_host_ports),
	ROW("hostProbesAndHostLifecycle", PSS_BASELINE, 34, NULL, pss_check_host_probes),
	ROW("privileged", PSS_BASELINE, 0, NULL, pss_check_privileged),
	ROW("procMount", PSS_BASELINE, 0, NULL, pss_check_proc_mount),
	ROW("procMount", PSS_BASELINE, 35, NULL, pss_check_proc_mount_userns),
	ROW("seLinuxOptions", PSS_BASELINE, 0, NULL, pss_check_selinux_1_0),
	ROW("seLinuxOptions", PSS_BASELINE, 31, NULL, pss_check_selinux_1_31),
	ROW("seccompProfile_baseline", PSS_BASELINE, 0, NULL, pss_check_seccomp_annotations),
	ROW("seccompProfile_baseline", PSS_BASELINE, 19, NULL, pss_check_seccomp_not_bad),
	ROW("sysctls", PSS_BASELINE, 0, NULL, pss_check_sysctls_1_0),
	ROW("sysctls", PSS_BASELINE, 27, NULL, pss_check_sysctls_1_27),
	ROW("sysctls", PSS_BASELINE, 29, NULL, pss_check_sysctls_1_29),
	ROW("sysctls", PSS_BASELINE, 32, NULL, pss_check_sysctls_1_32),
	ROW("sysctls", PSS_BASELINE, 37, NULL, pss_check_sysctls_1_37),
	ROW("windowsHostProcess", PSS_BASELINE, 0, NULL, pss_check_windows_host_process),
	ROW("allowPrivilegeEscalation", PSS_RESTRICTED, 8, NULL, pss_check_escalation),
	ROW("allowPrivilegeEscalation", PSS_RESTRICTED, 25, NULL, pss_check_escalation_linux),
	ROW("capabilities_restricted", PSS_RESTRICTED, 22, "capabilities_baseline", pss_check_capabilities_none),
	ROW("capabilities_restricted", PSS_RESTRICTED, 25, "capabilities_baseline", pss_check_capabilities_none_linux),
	ROW("procMount_restricted", PSS_RESTRICTED, 35, "procMount", pss_check_proc_mount),
	ROW("restrictedVolumes", PSS_RESTRICTED, 0, "hostPathVolumes", pss_check_restricted_volumes),
	ROW("runAsNonRoot", PSS_RESTRICTED, 0, NULL, pss_check_non_root),
	ROW("runAsNonRoot", PSS_RESTRICTED, 35, NULL, pss_check_non_root_userns),
	ROW("runAsUser", PSS_RESTRICTED, 23, NULL, pss_check_user),
	ROW("runAsUser", PSS_RESTRICTED, 35, NULL, pss_check_user_userns),
	ROW("seccompProfile_restricted", PSS_RESTRICTED, 19, "seccompProfile_baseline", pss_check_seccomp_set),
	ROW("seccompProfile_restricted", PSS_RESTRICTED, 25, "seccompProfile_baseline", pss_check_seccomp_set_linux),
#undef ROW
};

#define ROWS (sizeof(table) / sizeof(*table))
#define LATEST 1000u

const struct pss_form *pss_form_at(size_t index)
{
	return index < ROWS ? &table[index].form : NULL;
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

/* The next row is a later form of the same check only if its version is higher: most rows need no strcmp(). */
static bool counts(size_t row, unsigned minor)
{
	const struct pss_form *form = &table[row].form, *next = pss_form_at(row + 1);

	if (form->since > minor)
		return false;
	return !next || next->since > minor || next->since <= form->since || *next->id != *form->id ||
	       strcmp(next->id, form->id) != 0;
}

/* What is asked at a level and version: found once, so that no row has to look for what overrides it. */
struct asking {
	enum pss_level level;
	unsigned minor;
	const char *overridden[ROWS]; /* ids of baseline checks */
	size_t overridden_count;
};

static void asking_at(struct asking *ret, enum pss_level level, const char *version)
{
	ret->level = level;
	ret->minor = minor_of(version);
	ret->overridden_count = 0;
	for (size_t i = 0; level == PSS_RESTRICTED && i < ROWS; i++)
		if (table[i].form.overrides && counts(i, ret->minor))
			ret->overridden[ret->overridden_count++] = table[i].form.overrides;
}

static bool is_overridden(const struct asking *asking, const char *id)
{
	for (size_t i = 0; i < asking->overridden_count; i++)
		if (*asking->overridden[i] == *id && strcmp(asking->overridden[i], id) == 0)
			return true;
	return false;
}

static bool is_asked(const struct asking *asking, size_t row)
{
	if (asking->level < table[row].form.level || !counts(row, asking->minor))
		return false;
	return table[row].form.level == PSS_RESTRICTED || !is_overridden(asking, table[row].form.id);
}

bool pss_form_is_asked(size_t index, enum pss_level level, const char *version)
{
	struct asking asking;

	asking_at(&asking, level, version);
	return index < ROWS && is_asked(&asking, index);
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

static void ask(const struct pss_pod *pod, enum pss_level level, const char *version, bool brief, struct pss_verdict *ret)
{
	struct pss_verdict v = {.reason = "", .detail = ""};
	struct asking asking;
	size_t cap = 0;

	asking_at(&asking, level, version);
	for (size_t i = 0; level != PSS_PRIVILEGED && i < ROWS; i++) {
		if (!is_asked(&asking, i))
			continue;
		struct pss_report r = {.detail = buf_in(pod->arena), .brief = brief};
		table[i].ask(pod, &r);
		if (!r.reason)
			continue;
		v.items = arena_grow(pod->arena, v.items, &cap, v.count + 1, sizeof(*v.items));
		v.items[v.count++] = (struct pss_violation){
			.id = table[i].form.id,
			.rule = table[i].form.rule,
			.reason = r.reason,
			.detail = buf_slice(&r.detail).ptr,
			.pointers = r.pointers.items,
			.pointer_count = r.pointers.count,
		};
	}
	if (!brief)
		pss_summarise(pod->arena, &v);
	*ret = v;
}

void pss_judge(const struct pss_pod *pod, enum pss_level level, const char *version, struct pss_verdict *ret)
{
	ask(pod, level, version, false, ret);
}

void pss_judge_briefly(const struct pss_pod *pod, enum pss_level level, const char *version, struct pss_verdict *ret)
{
	ask(pod, level, version, true, ret);
}

void pss_evaluate(struct arena *a, enum pss_level level, const char *version, const struct json *metadata,
		  const struct json *spec, const char *prefix, struct pss_verdict *ret)
{
	struct pss_pod pod;

	pss_pod_read(&pod, a, metadata, spec, prefix);
	pss_judge(&pod, level, version, ret);
}

void pss_blame(const struct pss_pod *pod, struct pss_report *r, struct pss_list *names, const struct pss_container *c,
	       const char *field)
{
	pss_list_add(names, pod->arena, c->name);
	pss_list_add(&r->pointers, pod->arena, r->brief ? field : pss_container_pointer(pod, c, field));
}

void pss_blame_pod(const struct pss_pod *pod, struct pss_report *r, const char *field)
{
	pss_list_add(&r->pointers, pod->arena, r->brief ? field : pss_spec_pointer(pod, field));
}
