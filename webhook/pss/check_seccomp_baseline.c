/*
 * check_seccomp_baseline.c - seccomp. Baseline; fields from v1.19.
 *
 * fields    to v1.18: metadata.annotations["seccomp.security.alpha.kubernetes.io/pod"],
 *             ["container.seccomp.security.alpha.kubernetes.io/CONTAINER"]
 *           spec.securityContext.seccompProfile.type
 *           spec.{initContainers,containers,ephemeralContainers}[*].securityContext.seccompProfile.type
 * allowed   annotations: absent, runtime/default, docker/default, localhost/...
 *           fields: absent, RuntimeDefault, Localhost
 *
 * Source: k8s.io/pod-security-admission policy/check_seccompProfile_baseline.go
 */
#include "pss/check.h"

#include <stdlib.h>

#define POD_ANNOTATION "seccomp.security.alpha.kubernetes.io/pod"
#define CONTAINER_ANNOTATION "container.seccomp.security.alpha.kubernetes.io/"

const char pss_seccomp_field[] = "securityContext/seccompProfile/type";

static bool annotation_is_good(struct slice value)
{
	return slice_is(value, "runtime/default") || slice_is(value, "docker/default") ||
	       slice_starts(value, "localhost/");
}

static int by_text(const void *key, const void *item)
{
	return strcmp(key, *(const char *const *)item);
}

/* Upstream looks each container's name up in a map. Here the names are sorted once, so that many
 * containers with many annotations stay linear but for a logarithm. */
static bool is_container(const struct pss_list *names, const char *name)
{
	return names->count > 0 && bsearch(name, names->items, names->count, sizeof(*names->items), by_text) != NULL;
}

static bool is_seccomp_annotation(const struct pss_list *names, const char *key)
{
	struct slice rest = slice_of(key);

	if (strcmp(key, POD_ANNOTATION) == 0)
		return true;
	return slice_skip(&rest, SLICE_LIT(CONTAINER_ANNOTATION)) && is_container(names, rest.ptr);
}

void pss_check_seccomp_annotations(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0}, found = {0};

	EACH_CONTAINER(c, pod)
		pss_list_add(&names, pod->arena, c->name);
	pss_list_sort(&names);
	JSON_EACH(item, pod->annotations) {
		struct buf text = buf_in(pod->arena);
		const char *value = json_text(item, "");

		if (!is_seccomp_annotation(&names, json_key(item)) || annotation_is_good(slice_of(value)))
			continue;
		buf_printf(&text, "%s=", json_key(item));
		pss_say_go_string(&text, value);
		pss_list_add(&found, pod->arena, buf_slice(&text).ptr);
		pss_list_add(&r->pointers, pod->arena, pss_annotation_pointer(pod, json_key(item)));
	}
	if (found.count == 0 || !pss_fails(r, "seccompProfile"))
		return;
	pss_list_sort(&found);
	buf_adds(&r->detail, found.count == 1 ? "forbidden annotation " : "forbidden annotations ");
	pss_say_plain(&r->detail, &found);
}

bool pss_seccomp_is_good(const char *type)
{
	return strcmp(type, "RuntimeDefault") == 0 || strcmp(type, "Localhost") == 0;
}

static bool is_bad(const char *type)
{
	return type && !pss_seccomp_is_good(type);
}

void pss_check_seccomp_not_bad(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0}, values = {0};
	bool pod_is_bad = is_bad(pod->security.seccomp);

	if (pod_is_bad) {
		pss_blame_pod(pod, r, pss_seccomp_field);
		pss_list_add(&values, pod->arena, pod->security.seccomp);
	}
	EACH_CONTAINER(c, pod)
		if (is_bad(c->security.seccomp)) {
			pss_blame(pod, r, &names, c, pss_seccomp_field);
			pss_list_add(&values, pod->arena, c->security.seccomp);
		}
	if (values.count == 0 || !pss_fails(r, "seccompProfile"))
		return;
	pss_list_sort(&values);
	pss_say_setters(&r->detail, pod_is_bad, &names);
	buf_adds(&r->detail, " must not set securityContext.seccompProfile.type to ");
	pss_say_quoted(&r->detail, &values);
}
