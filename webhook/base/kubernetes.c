#include "base/kubernetes.h"

const struct json *kubernetes_controller(const struct json *metadata)
{
	JSON_EACH(owner, json_get(metadata, "ownerReferences"))
		if (json_bool(json_get(owner, "controller"), false))
			return owner;
	return NULL;
}

/* A Deployment's ReplicaSet has its name, "-" and the hash of the template, which stands in the labels of its pods
 * (k8s.io/kubernetes pkg/controller/deployment/sync.go). NULL: none that a Deployment made. */
static const char *deployment_of(struct arena *a, const struct json *metadata, const char *replica_set)
{
	const char *hash = json_text(json_get(json_get(metadata, "labels"), "pod-template-hash"), "");
	struct slice name = slice_of(replica_set);
	size_t tail = strlen(hash) + strlen("-");

	if (!*hash || name.len <= tail || !slice_ends(name, hash) || name.ptr[name.len - tail] != '-')
		return NULL;
	return arena_dup(a, (struct slice){name.ptr, name.len - tail});
}

const char *kubernetes_owner(struct arena *a, const struct json *metadata)
{
	const struct json *owner = kubernetes_controller(metadata);
	const char *kind = json_text(json_get(owner, "kind"), ""), *name = json_text(json_get(owner, "name"), "");

	if (!owner)
		return NULL;
	const char *deployment = strcmp(kind, "ReplicaSet") == 0 ? deployment_of(a, metadata, name) : NULL;
	return deployment ? arena_join(a, "Deployment ", deployment) : arena_join(a, kind, " ", name);
}

bool kubernetes_is_leaving(const struct json *object)
{
	return json_get(json_get(object, "metadata"), "deletionTimestamp") != NULL;
}

bool kubernetes_pod_is_over(const struct json *pod)
{
	const char *phase = json_text(json_get(json_get(pod, "status"), "phase"), "");

	return kubernetes_is_leaving(pod) || strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0;
}

bool kubernetes_pod_is_ready(const struct json *pod)
{
	JSON_EACH(condition, json_get(json_get(pod, "status"), "conditions"))
		if (strcmp(json_text(json_get(condition, "type"), ""), "Ready") == 0)
			return strcmp(json_text(json_get(condition, "status"), ""), "True") == 0;
	return false;
}
