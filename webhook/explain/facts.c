/* What the namespace says, and from where: docs/contract.md 2. */
#include "explain/part.h"

#include "spark/properties.h"

static void add(struct explaining *x, const char *name, const char *value, const char *from)
{
	struct explanation *e = x->e;

	*ARENA_PUSH(x->a, e->facts, &e->fact_cap, e->fact_count) = (struct explain_fact){name, value, from};
}

static const struct json *annotations_of(const struct json *object)
{
	return json_get(json_get(object, "metadata"), "annotations");
}

static const struct json *namespace_object(const struct explaining *x)
{
	return x->kind == SUBJECT_NAMESPACE ? x->in->review->object : x->in->facts->namespace;
}

static const char *own_value(const struct explaining *x, const char *key)
{
	const struct json *metadata = x->has_pod ? x->subject.metadata : json_get(x->in->review->object, "metadata");

	return x->kind == SUBJECT_NAMESPACE ? NULL : json_text(json_get(json_get(metadata, "annotations"), key), NULL);
}

/* Where a key that only the namespace may set comes from. */
static const char *from_namespace(const struct explaining *x, const char *key)
{
	return json_get(annotations_of(namespace_object(x)), key) ? arena_join(x->a, "annotation ", key) : "default";
}

/* The same for a key that an object may choose where its namespace allows it. */
static const char *from_either(const struct explaining *x, const char *key, const char *fallback)
{
	bool own = own_value(x, key) != NULL;
	const char *from = from_namespace(x, key);

	if (own && x->e->decision->ns.allow_override)
		return arena_join(x->a, "the object's own annotation ", key);
	if (strcmp(from, "default") == 0)
		from = fallback;
	if (own)
		return arena_join(x->a, from, "; the object's own is passed over, allowOverride is not true");
	return from;
}

static void add_key(struct explaining *x, const char *name, const char *key, const char *value)
{
	add(x, name, value, from_namespace(x, key));
}

static const char *version_from(struct explaining *x)
{
	struct spark_pod pod;

	if (x->kind == SUBJECT_CONFIG_MAP && x->e->decision->version) {
		struct namespace ns = x->e->decision->ns;
		ns.spark_version = 0;
		if (spark_config_map_version(x->in->policy, x->in->review->object, &ns))
			return "its labels";
	}
	if (x->has_pod && explain_open(x, x->in->review->object, &pod) && pod.version_from)
		return pod.version_from;
	return json_get(annotations_of(namespace_object(x)), KEY_PREFIX "sparkVersion") ? "annotation " KEY_PREFIX "sparkVersion"
											: "the policy's default";
}

static void add_version(struct explaining *x)
{
	spark_version v = x->e->decision->version;

	if (v)
		add(x, "Spark", spark_version_text(x->a, v), version_from(x));
}

static void add_pss(struct explaining *x)
{
	const struct namespace *ns = &x->e->decision->ns;

	add_key(x, "Pod Security", KEY_PREFIX "pssLevel", pss_level_name(ns->pss_level));
	add_key(x, "its version", KEY_PREFIX "pssVersion", ns->pss_version);
	add(x, "its mode", mode_name(ns->pss_mode),
	    json_get(annotations_of(namespace_object(x)), KEY_PREFIX "pssMode") ? "the weaker of mode and annotation " KEY_PREFIX "pssMode"
										: "as mode");
	add_key(x, "hardening", KEY_PREFIX "hardening", hardening_name(ns->hardening));
	if (ns->openshift_uid_range)
		add(x, "OpenShift", ns->openshift_uid_range, "annotation openshift.io/sa.scc.uid-range");
}

static void add_backend(struct explaining *x)
{
	const struct namespace *ns = &x->e->decision->ns;

	add(x, "backend", backend_name(ns->backend), from_either(x, KEY_PREFIX "backendMode", "no annotation " KEY_PREFIX "backendMode"));
	if (ns->backend == BACKEND_STANDALONE)
		add(x, "master", ns->standalone_master,
		    from_either(x, KEY_PREFIX "standaloneMaster",
				ns->standalone_master ? "the policy's defaultStandaloneMaster" : "no annotation " KEY_PREFIX "standaloneMaster"));
	if (ns->backend == BACKEND_K8S)
		add(x, "master", x->in->policy->k8s_master, "the policy's k8sMaster");
	add_key(x, "overrides", KEY_PREFIX "allowOverride", ns->allow_override ? "allowed" : "not allowed");
	add_key(x, "ConfigMaps", KEY_PREFIX "configMaps", config_maps_name(ns->config_maps));
}

/* Lines of such a text are not those of whoever wrote the ConfigMap. */
static bool is_rewritten(const struct explaining *x, const struct json *config_map)
{
	JSON_EACH(text, json_get(config_map, "data"))
	{
		const struct slice now = slice_of(json_text(text, ""));
		if (!slice_eq(properties_undo(x->a, now), now))
			return true;
	}
	return false;
}

static void note_rewritten(struct explaining *x, const struct lookup *lookup)
{
	struct texts *list = &x->e->rewritten;

	if (lookup->state != LOOKUP_FOUND || !is_rewritten(x, lookup->object))
		return;
	*ARENA_PUSH(x->a, list->items, &x->e->rewritten_cap, list->count) = lookup->name;
}

static void add_lookups(struct explaining *x)
{
	static const char *const states[] = {"not read", "not there", "read"};
	const struct lookups *lookups = &x->in->facts->lookups;

	for (size_t i = 0; i < lookups->count; i++) {
		add(x, "reads", arena_printf(x->a, "ConfigMap '%s'", lookups->items[i].name), states[lookups->items[i].state]);
		note_rewritten(x, &lookups->items[i]);
	}
	if (lookups->more)
		add(x, "reads", "more ConfigMaps", "not read: the pod names more ConfigMaps than sparkgate reads");
}

void explain_facts(struct explaining *x)
{
	const struct namespace *ns = &x->e->decision->ns;

	if (x->e->verdict == EXPLAIN_NOT_OURS)
		return;
	if (ns->mode == MODE_NONE) {
		add(x, "mode", NULL, namespace_not_opted_in(ns));
		return;
	}
	add(x, "mode", mode_name(ns->mode), "label " KEY_PREFIX "mode");
	add_backend(x);
	if (x->kind != SUBJECT_CONFIG_MAP)
		add_pss(x);
	add_version(x);
	add_lookups(x);
	x->e->problems = ns->problems;
	x->e->problem_count = ns->problem_count;
}
