#include "audit/kinds.h"

#include "admission/subject.h"
#include "base/kubernetes.h"

const struct audit_kind audit_kinds[AUDIT_KIND_COUNT] = {
	[AUDIT_SERVICE] = {"Service", "v1", "/api/v1", "services", AUDIT_BESIDE, true},
	[AUDIT_QUOTA] = {"ResourceQuota", "v1", "/api/v1", "resourcequotas", AUDIT_BESIDE, true},
	[AUDIT_LIMIT_RANGE] = {"LimitRange", "v1", "/api/v1", "limitranges", AUDIT_BESIDE, true},
	[AUDIT_CONFIG_MAP] = {"ConfigMap", "v1", "/api/v1", "configmaps", AUDIT_WORKLOAD, false},
	{"Deployment", "apps/v1", "/apis/apps/v1", "deployments", AUDIT_WORKLOAD, false},
	{"StatefulSet", "apps/v1", "/apis/apps/v1", "statefulsets", AUDIT_WORKLOAD, false},
	{"DaemonSet", "apps/v1", "/apis/apps/v1", "daemonsets", AUDIT_WORKLOAD, false},
	{"ReplicaSet", "apps/v1", "/apis/apps/v1", "replicasets", AUDIT_WORKLOAD, false},
	{"ReplicationController", "v1", "/api/v1", "replicationcontrollers", AUDIT_WORKLOAD, false},
	{"Job", "batch/v1", "/apis/batch/v1", "jobs", AUDIT_WORKLOAD, false},
	{"CronJob", "batch/v1", "/apis/batch/v1", "cronjobs", AUDIT_WORKLOAD, false},
	/* Kubernetes' own roles edit, admin and view lack it, and nothing in Kubernetes makes a pod of one. */
	{"PodTemplate", "v1", "/api/v1", "podtemplates", AUDIT_WORKLOAD, true},
	{"Pod", "v1", "/api/v1", "pods", AUDIT_WORKLOAD, false},
};

/* ---- copies ---- */

/* Everything but managedFields, which are half of many an object. */
static struct json *copy_metadata(struct arena *a, const struct json *metadata)
{
	struct json *copy = json_new(a, JSON_OBJECT);

	JSON_EACH(member, metadata)
		if (strcmp(json_key(member), "managedFields") != 0)
			json_put(a, copy, json_key(member), json_copy(a, member));
	return copy;
}

/* Everything but status, of which a pod's phase is all that is read. */
static struct json *copy_object(struct arena *a, const struct audit_kind *kind, const struct json *item)
{
	struct json *copy = json_new(a, JSON_OBJECT);

	json_put(a, copy, "apiVersion", json_new_string(a, slice_of(kind->api_version)));
	json_put(a, copy, "kind", json_new_string(a, slice_of(kind->kind)));
	json_put(a, copy, "metadata", copy_metadata(a, json_get(item, "metadata")));
	JSON_EACH(member, item) {
		const char *key = json_key(member);
		if (strcmp(key, "apiVersion") != 0 && strcmp(key, "kind") != 0 && strcmp(key, "metadata") != 0 &&
		    strcmp(key, "status") != 0)
			json_put(a, copy, key, json_copy(a, member));
	}
	return copy;
}

/* ---- of what interest? ---- */

static const struct json *controller_of(const struct json *item)
{
	return kubernetes_controller(json_get(item, "metadata"));
}

/* A ReplicaSet of a Deployment, a Job of a CronJob. */
static bool is_told_by_its_owner(const struct audit_kind *kind, const struct json *item)
{
	return strcmp(kind->kind, "Pod") != 0 &&
	       kind_is_controller(json_text(json_get(controller_of(item), "kind"), ""));
}

static bool names_in_env(const struct json *container)
{
	JSON_EACH(source, json_get(container, "envFrom"))
		if (json_get(source, "configMapRef"))
			return true;
	JSON_EACH(variable, json_get(container, "env"))
		if (json_get(json_get(variable, "valueFrom"), "configMapKeyRef"))
			return true;
	return false;
}

static bool names_config_map(const struct json *spec)
{
	JSON_EACH(container, json_get(spec, "containers"))
		if (names_in_env(container))
			return true;
	JSON_EACH(volume, json_get(spec, "volumes")) {
		if (json_get(volume, "configMap"))
			return true;
		JSON_EACH(source, json_get(json_get(volume, "projected"), "sources")) {
			const char *name = json_text(json_get(json_get(source, "configMap"), "name"), "");
			/* Every pod has that one: the API server's certificate. */
			if (*name && strcmp(name, "kube-root-ca.crt") != 0)
				return true;
		}
	}
	return false;
}

/* A workload without a Spark role matters for the ConfigMaps that it shares with one, and once: its pods are covered by
 * their controller. */
static bool workload_matters(const struct policy *policy, struct arena *a, const struct json *item,
			     const struct subject *s)
{
	if (role_of_pod(policy, a, s->metadata, s->spec).role != ROLE_NONE)
		return true;
	return (s->controller || !controller_of(item)) && names_config_map(s->spec);
}

bool audit_wants(const struct audit_kind *kind, const struct policy *policy, struct arena *a, const struct json *item)
{
	struct subject subject;

	if (kind->class == AUDIT_BESIDE)
		return true;
	if (kubernetes_is_leaving(item) || is_told_by_its_owner(kind, item))
		return false;
	if (strcmp(kind->kind, "ConfigMap") == 0)
		return role_of_config_map(policy, a, item).role != ROLE_NONE;
	return !kubernetes_pod_is_over(item) && subject_of(item, kind->kind, &subject) == 0 &&
	       workload_matters(policy, a, item, &subject);
}

const struct json *audit_keep(const struct audit_kind *kind, const struct policy *policy, struct arena *a,
			      const struct json *item)
{
	return audit_wants(kind, policy, a, item) ? copy_object(a, kind, item) : NULL;
}

int audit_compare_namespaces(const char *a, const char *b)
{
	for (; *a && *a == *b; b++)
		a++;
	unsigned char x = *a ? (unsigned char)*a : '/', y = *b ? (unsigned char)*b : '/';

	return *a == *b ? 0 : x < y ? -1 : 1;
}
