/*
 * check_confinement.c - AppArmor, SELinux and the masks over /proc.
 *
 * Sources: k8s.io/pod-security-admission policy/check_appArmorProfile.go, check_seLinuxOptions.go,
 * check_procMount_baseline.go, check_procMount_restricted.go.
 */
#include "pss/check.h"

#define APP_ARMOR_ANNOTATION "container.apparmor.security.beta.kubernetes.io/"

/* Note the type of a profile that is there and not allowed. */
static bool app_armor_is_bad(const struct pss_pod *pod, const char *type, struct pss_list *types)
{
	if (!type || strcmp(type, "RuntimeDefault") == 0 || strcmp(type, "Localhost") == 0)
		return false;
	pss_list_add(types, pod->arena, type);
	return true;
}

static bool annotation_is_good(struct slice value)
{
	return value.len == 0 || slice_is(value, "runtime/default") || slice_starts(value, "localhost/");
}

/* key="value" of each forbidden annotation, sorted. */
static struct pss_list app_armor_annotations(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list found = {0};

	JSON_EACH(item, pod->annotations) {
		struct buf text = buf_in(pod->arena);
		const char *value = json_text(item, "");

		if (!slice_starts(slice_of(json_key(item)), APP_ARMOR_ANNOTATION) || annotation_is_good(slice_of(value)))
			continue;
		buf_printf(&text, "%s=", json_key(item));
		pss_say_go_string(&text, value);
		pss_list_add(&found, pod->arena, buf_slice(&text).ptr);
		pss_list_add(&r->pointers, pod->arena, pss_annotation_pointer(pod, json_key(item)));
	}
	pss_list_sort(&found);
	return found;
}

void pss_check_app_armor(const struct pss_pod *pod, struct pss_report *r)
{
	static const char field[] = "securityContext/appArmorProfile/type";
	struct pss_list names = {0}, values = {0};
	bool pod_is_bad = app_armor_is_bad(pod, pod->security.app_armor, &values);

	if (pod_is_bad)
		pss_blame_pod(pod, r, field);
	EACH_CONTAINER(c, pod)
		if (app_armor_is_bad(pod, c->security.app_armor, &values))
			pss_blame(pod, r, &names, c, field);
	pss_list_sort(&values);

	struct pss_list annotations = app_armor_annotations(pod, r);
	if (r->pointers.count == 0)
		return;
	pss_say_setters(&r->detail, pod_is_bad, &names);
	if (annotations.count > 0)
		buf_printf(&r->detail, "%sannotation%s", pod_is_bad || names.count > 0 ? " and " : "",
			   annotations.count == 1 ? "" : "s");
	for (size_t i = 0; i < annotations.count; i++)
		pss_list_add(&values, pod->arena, annotations.items[i]);
	r->reason = values.count == 1 ? "forbidden AppArmor profile" : "forbidden AppArmor profiles";
	buf_adds(&r->detail, " must not set AppArmor profile type to ");
	pss_say_quoted(&r->detail, &values);
}

/* What is wrong with the SELinux options seen so far. */
struct selinux_faults {
	bool engine_allowed; /* container_engine_t, from v1.31 */
	struct pss_list types;
	bool user, role;
};

static bool selinux_type_is_good(const char *type, bool engine_allowed)
{
	static const char *const good[] = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"};
	size_t count = sizeof(good) / sizeof(*good) - (engine_allowed ? 0 : 1);

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
	if (r->pointers.count == 0)
		return;
	r->reason = "seLinuxOptions";
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

void pss_check_proc_mount(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0}, types = {0};

	EACH_CONTAINER(c, pod)
		if (c->security.proc_mount && strcmp(c->security.proc_mount, "Default") != 0) {
			pss_blame(pod, r, &names, c, "securityContext/procMount");
			pss_list_add(&types, pod->arena, c->security.proc_mount);
		}
	if (names.count == 0)
		return;
	pss_list_sort(&types);
	r->reason = "procMount";
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, " must not set securityContext.procMount to ");
	pss_say_quoted(&r->detail, &types);
}

/* The relaxations of v1.35 for pods in a user namespace: KEP-127. */
void pss_check_proc_mount_userns(const struct pss_pod *pod, struct pss_report *r)
{
	if (!pod->user_namespace)
		pss_check_proc_mount(pod, r);
}
