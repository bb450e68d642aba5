/*
 * check_app_armor_profile.c - AppArmor. Baseline.
 *
 * fields    metadata.annotations["container.apparmor.security.beta.kubernetes.io/CONTAINER"]
 *           spec.securityContext.appArmorProfile.type
 *           spec.{initContainers,containers,ephemeralContainers}[*].securityContext.appArmorProfile.type
 * allowed   annotations: absent, "", runtime/default, localhost/...; fields: absent, RuntimeDefault, Localhost
 *
 * Source: k8s.io/pod-security-admission policy/check_appArmorProfile.go
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
		const char *value = json_text(item, "");

		if (!slice_starts(json_key_slice(item), APP_ARMOR_ANNOTATION) || annotation_is_good(slice_of(value)))
			continue;
		struct buf text = buf_in(pod->arena);
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
	if (r->pointers.count == 0 || !pss_fails(r, "forbidden AppArmor profile"))
		return;
	pss_say_setters(&r->detail, pod_is_bad, &names);
	if (annotations.count > 0)
		buf_printf(&r->detail, "%sannotation%s", pod_is_bad || names.count > 0 ? " and " : "",
			   annotations.count == 1 ? "" : "s");
	for (size_t i = 0; i < annotations.count; i++)
		pss_list_add(&values, pod->arena, annotations.items[i]);
	if (values.count > 1)
		r->reason = "forbidden AppArmor profiles";
	buf_adds(&r->detail, " must not set AppArmor profile type to ");
	pss_say_quoted(&r->detail, &values);
}
