/* The ConfigMaps that a pod names: what engine_needs() asks facts/ for. */
#include "spark/lookups.h"

bool lookup_is_root_ca(const char *name)
{
	return strcmp(name, "kube-root-ca.crt") == 0;
}

const struct lookup *lookup_of(const struct lookups *lookups, const char *name)
{
	for (size_t i = 0; lookups && name && i < lookups->count; i++)
		if (strcmp(lookups->items[i].name, name) == 0)
			return &lookups->items[i];
	return NULL;
}

const struct lookup *lookup_found(const struct lookups *lookups, const char *name)
{
	const struct lookup *lookup = lookup_of(lookups, name);

	return lookup && lookup->state == LOOKUP_FOUND ? lookup : NULL;
}

const char *lookup_why(const struct lookup *lookup)
{
	return lookup && lookup->state == LOOKUP_MISSING ? "not found" : "not read";
}

/* ---- what a pod names ---- */

static void add(struct arena *a, struct lookups *list, const char *name)
{
	if (!name || lookup_is_root_ca(name) || lookup_of(list, name))
		return;
	if (list->count == LIMIT_LOOKUPS) {
		list->more = true;
		return;
	}
	list->items[list->count++] = (struct lookup){arena_dup(a, slice_of(name)), LOOKUP_UNSEEN, NULL};
}

static const char *name_in(const struct json *holder, const char *member)
{
	return json_text(json_get(json_get(holder, member), "name"), NULL);
}

static void add_volumes(struct arena *a, const struct json *spec, struct lookups *list)
{
	JSON_EACH(v, json_get(spec, "volumes")) {
		add(a, list, name_in(v, "configMap"));
		JSON_EACH(source, json_get(json_get(v, "projected"), "sources"))
			add(a, list, name_in(source, "configMap"));
	}
}

static void add_environment(struct arena *a, const struct json *container, struct lookups *list)
{
	JSON_EACH(from, json_get(container, "envFrom"))
		add(a, list, name_in(from, "configMapRef"));
	JSON_EACH(e, json_get(container, "env"))
		add(a, list, name_in(json_get(e, "valueFrom"), "configMapKeyRef"));
}

void spark_pod_lookups(struct arena *a, const struct json *spec, struct lookups *ret)
{
	*ret = (struct lookups){.count = 0};
	add_volumes(a, spec, ret);
	JSON_EACH(c, json_get(spec, "containers"))
		add_environment(a, c, ret);
	JSON_EACH(c, json_get(spec, "initContainers"))
		add_environment(a, c, ret);
}
