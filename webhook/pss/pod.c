#include "pss/pod.h"
#include "base/json_patch.h"
#include "base/json_walk.h"
#include "base/number.h"

static enum pss_flag flag(const struct json *v)
{
	if (json_type(v) != JSON_BOOL)
		return PSS_UNSET;
	return json_bool(v, false) ? PSS_TRUE : PSS_FALSE;
}

/* The type of a seccomp or AppArmor profile; "" for a profile without one, NULL for no profile. */
static const char *profile_type(const struct json *profile)
{
	if (json_type(profile) != JSON_OBJECT)
		return NULL;
	return json_text(json_get(profile, "type"), "");
}

static bool holds(const struct json *array, const char *text)
{
	JSON_EACH(item, array)
		if (strcmp(json_text(item, ""), text) == 0)
			return true;
	return false;
}

static void read_capabilities(struct pss_security *ret, const struct json *v)
{
	if (json_type(v) != JSON_OBJECT)
		return;
	ret->capabilities = v;
	ret->capabilities_added = json_get(v, "add");
	ret->drops_all = holds(json_get(v, "drop"), "ALL");
}

/* The fields that are read from a securityContext; those from CONTAINER_ONLY on are a container's only. */
enum field {
	NON_ROOT,
	USER,
	SECCOMP,
	APP_ARMOR,
	SELINUX,
	WINDOWS,
	CONTAINER_ONLY,
	ESCALATION = CONTAINER_ONLY,
	CAPABILITIES,
	PRIVILEGED,
	PROC_MOUNT,
	FIELDS
};

static const struct {
	const char *key;
	uint32_t mark;
} names[FIELDS] = {
#define NAME(key) {(key), JSON_WALK_MARK(key)}
	[NON_ROOT] = NAME("runAsNonRoot"),
	[USER] = NAME("runAsUser"),
	[SECCOMP] = NAME("seccompProfile"),
	[APP_ARMOR] = NAME("appArmorProfile"),
	[SELINUX] = NAME("seLinuxOptions"),
	[WINDOWS] = NAME("windowsOptions"),
	[ESCALATION] = NAME("allowPrivilegeEscalation"),
	[CAPABILITIES] = NAME("capabilities"),
	[PRIVILEGED] = NAME("privileged"),
	[PROC_MOUNT] = NAME("procMount"),
#undef NAME
};

static void read_field(struct pss_security *ret, enum field field, const struct json *v)
{
	switch (field) {
	case NON_ROOT:
		ret->run_as_non_root = flag(v);
		break;
	case USER:
		ret->has_user = json_int(v, &ret->run_as_user) == 0;
		break;
	case SECCOMP:
		ret->seccomp = profile_type(v);
		break;
	case APP_ARMOR:
		ret->app_armor = profile_type(v);
		break;
	case SELINUX:
		ret->selinux = v;
		break;
	case WINDOWS:
		ret->host_process = json_bool(json_get(v, "hostProcess"), false);
		break;
	case ESCALATION:
		ret->escalation = flag(v);
		break;
	case CAPABILITIES:
		read_capabilities(ret, v);
		break;
	case PRIVILEGED:
		ret->privileged = flag(v);
		break;
	case PROC_MOUNT:
		ret->proc_mount = json_text(v, NULL);
		break;
	case FIELDS: /* not a field */
		break;
	}
}

/* One look at each member, most of which are fields, instead of one look at all members for each field. */
static void read_security(struct pss_security *ret, const struct json *v, enum field end)
{
	if (json_type(v) != JSON_OBJECT)
		return;
	ret->json = v;
	for (const struct json *m = json_walk_first(v); m; m = json_walk_next(m)) {
		enum field field = 0;

		while (field < end && !json_walk_is(m, names[field].key, names[field].mark))
			field++;
		if (field < end && json_walk_type(m) != JSON_NULL)
			read_field(ret, field, m);
	}
}

static void read_container(struct pss_container *ret, const struct json *v)
{
	ret->json = json_type(v) == JSON_OBJECT ? v : NULL;
	ret->name = json_text(json_get(v, "name"), "");
	read_security(&ret->security, json_get(v, "securityContext"), FIELDS);
}

static const char *const lists[] = {"initContainers", "containers", "ephemeralContainers"};

static void read_containers(struct pss_pod *pod)
{
	const struct json *arrays[COUNT_OF(lists)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		arrays[i] = json_get(pod->spec, lists[i]);
		if (json_type(arrays[i]) != JSON_ARRAY)
			arrays[i] = NULL;
		count += json_count(arrays[i]);
	}
	pod->containers = ARENA_ARRAY(pod->arena, count, struct pss_container);
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		size_t index = 0;

		JSON_EACH(item, arrays[i]) {
			struct pss_container *c = &pod->containers[pod->container_count++];

			c->list = lists[i];
			c->index = index++;
			read_container(c, item);
		}
	}
}

void pss_pod_read(struct pss_pod *ret, struct arena *a, const struct json *metadata, const struct json *spec,
		  const char *prefix)
{
	struct pss_pod pod = {.arena = a, .prefix = prefix, .spec = spec};

	pod.annotations = json_get(metadata, "annotations");
	if (json_type(pod.annotations) != JSON_OBJECT)
		pod.annotations = NULL;
	pod.windows = strcmp(json_text(json_get(json_get(spec, "os"), "name"), ""), "windows") == 0;
	pod.user_namespace = flag(json_get(spec, "hostUsers")) == PSS_FALSE;
	read_security(&pod.security, json_get(spec, "securityContext"), CONTAINER_ONLY);
	read_containers(&pod);
	pss_schema_check(&pod, metadata);
	*ret = pod;
}

/* Pointers are most of what a judgement writes, so nothing here is formatted by printf(). */

const char *pss_spec_pointer(const struct pss_pod *pod, const char *field)
{
	return arena_join(pod->arena, pod->prefix, "/spec/", field);
}

const char *pss_container_pointer(const struct pss_pod *pod, const struct pss_container *c, const char *field)
{
	char room[NUMBER_CHARS];

	return arena_join(pod->arena, pod->prefix, "/spec/", c->list, "/", number_print_unsigned(c->index, room), "/", field);
}

const char *pss_annotation_pointer(const struct pss_pod *pod, const char *key)
{
	return arena_join(pod->arena, pod->prefix, "/metadata/annotations/", json_pointer_token(pod->arena, slice_of(key)));
}
