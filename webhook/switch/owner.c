/*
 * Which tool manages an object. Sources: argo-cd docs/user-guide/resource_tracking.md; Flux's kustomize-controller and
 * helm-controller, which label all that they apply. app.kubernetes.io/instance is Argo's default too, but many tools set it: it
 * does not count.
 */
#include "switch/plan.h"

static const char *flux(struct arena *a, const struct json *labels, const char *group, const char *kind)
{
	const char *name = json_text(json_get_slice(labels, slice_of(arena_join(a, group, "/name"))), NULL);
	const char *namespace = json_text(json_get_slice(labels, slice_of(arena_join(a, group, "/namespace"))), "");

	return name ? arena_printf(a, "Flux %s %s/%s", kind, namespace, name) : NULL;
}

/* "app:group/Kind:ns/name" begins with the application. */
static const char *argo(struct arena *a, const struct json *metadata)
{
	struct slice id = json_slice(json_get(json_get(metadata, "annotations"), "argocd.argoproj.io/tracking-id"));
	struct slice label = json_slice(json_get(json_get(metadata, "labels"), "argocd.argoproj.io/instance"));
	struct slice name = id.len > 0 ? slice_cut(&id, ':') : label;

	return name.len > 0 ? arena_printf(a, "Argo CD application %.*s", SLICE_ARG(name)) : NULL;
}

static const char *by_manager(const struct json *metadata)
{
	static const char *const managers[][2] = {{"argocd-controller", "Argo CD"},
						  {"kustomize-controller", "Flux (kustomize-controller)"},
						  {"helm-controller", "Flux (helm-controller)"}};

	JSON_EACH(entry, json_get(metadata, "managedFields"))
		for (size_t i = 0; i < COUNT_OF(managers); i++)
			if (strcmp(json_text(json_get(entry, "manager"), ""), managers[i][0]) == 0)
				return managers[i][1];
	return NULL;
}

const char *switch_owner(struct arena *a, const struct json *metadata)
{
	const struct json *labels = json_get(metadata, "labels");
	const char *owner = argo(a, metadata);

	if (!owner)
		owner = flux(a, labels, "kustomize.toolkit.fluxcd.io", "Kustomization");
	if (!owner)
		owner = flux(a, labels, "helm.toolkit.fluxcd.io", "HelmRelease");
	return owner ? owner : by_manager(metadata);
}
