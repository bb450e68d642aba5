#include "pss/pod.h"
#include "base/json_patch.h"

static enum pss_flag flag(const struct json *v)
{
	if (json_type(v) != JSON_BOOL)
		return PSS_UNSET;
	return json_bool(v, false) ? PSS_TRUE : PSS_FALSE;
}

/* The type of a seccomp or AppArmor profile; "" for a profile without. */
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

static void read_security(struct pss_security *ret, const struct json *v)
{
	if (json_type(v) != JSON_OBJECT)
		return;
	ret->json = v;
	ret->run_as_non_root = flag(json_get(v, "runAsNonRoot"));
	ret->has_user = json_int(json_get(v, "runAsUser"), &ret->run_as_user) == 0;
	ret->seccomp = profile_type(json_get(v, "seccompProfile"));
	ret->app_armor = profile_type(json_get(v, "appArmorProfile"));
	ret->selinux = json_get(v, "seLinuxOptions");
	ret->host_process = json_bool(json_get(json_get(v, "windowsOptions"), "hostProcess"), false);
}

static void read_container(struct pss_container *ret, const struct json *v)
{
	const struct json *security = json_get(v, "securityContext");

	ret->json = json_type(v) == JSON_OBJECT ? v : NULL;
	ret->name = json_text(json_get(v, "name"), "");
	read_security(&ret->security, security);
	ret->security.privileged = flag(json_get(security, "privileged"));
	ret->security.escalation = flag(json_get(security, "allowPrivilegeEscalation"));
	ret->security.proc_mount = json_text(json_get(security, "procMount"), NULL);
	read_capabilities(&ret->security, json_get(security, "capabilities"));
}

static const char *const lists[] = {"initContainers", "containers", "ephemeralContainers"};
#define LISTS (sizeof(lists) / sizeof(*lists))

static void read_containers(struct pss_pod *pod)
{
	const struct json *arrays[LISTS];
	size_t count = 0;

	for (size_t i = 0; i < LISTS; i++) {
		arrays[i] = json_get(pod->spec, lists[i]);
		if (json_type(arrays[i]) != JSON_ARRAY)
			arrays[i] = NULL;
		count += json_count(arrays[i]);
	}
	pod->containers = ARENA_ARRAY(pod->arena, count, struct pss_container);
	for (size_t i = 0; i < LISTS; i++) {
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
	read_security(&pod.security, json_get(spec, "securityContext"));
	read_containers(&pod);
	pss_schema_check(&pod, metadata);
	*ret = pod;
}

/*
 * Pointers are most of what a judgement writes, so they are put together by hand: a tenth of the
 * instructions of a printf().
 */
static const char *join(struct arena *a, const char *const parts[])
{
	size_t len = 0;

	for (size_t i = 0; parts[i]; i++)
		len += strlen(parts[i]);

	char *text = arena_alloc(a, len + 1), *at = text;
	for (size_t i = 0; parts[i]; i++) {
		size_t n = strlen(parts[i]);

		memcpy(at, parts[i], n);
		at += n;
	}
	return text;
}

#define JOIN(a, ...) join((a), (const char *const[]){__VA_ARGS__, NULL})

const char *pss_spec_pointer(const struct pss_pod *pod, const char *field)
{
	return JOIN(pod->arena, pod->prefix, "/spec/", field);
}

const char *pss_container_pointer(const struct pss_pod *pod, const struct pss_container *c, const char *field)
{
	char digits[24], *at = digits + sizeof(digits) - 1;
	size_t index = c->index;

	*at = '\0';
	do
		*--at = (char)('0' + index % 10);
	while (index /= 10);
	return JOIN(pod->arena, pod->prefix, "/spec/", c->list, "/", at, "/", field);
}

const char *pss_annotation_pointer(const struct pss_pod *pod, const char *key)
{
	return JOIN(pod->arena, pod->prefix, "/metadata/annotations/", json_pointer_token(pod->arena, slice_of(key)));
}
