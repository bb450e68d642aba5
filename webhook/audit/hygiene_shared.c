/*
 * A workload that is not a Connect server and reads a ConfigMap that is rewritten for one: it finds another spark.master
 * there than its author wrote.
 */
#include "audit/hygiene_rules.h"

struct reader {
	const struct hygiene_case *c;
	const char *pointer; /* of what is being looked at */
};

/* Is it rewritten, or would be under enforce? */
static bool is_rewritten(const struct hygiene_case *c, const char *name)
{
	const struct json *config_map = facts_index_config_map(c->h->ns->facts, c->h->ns->name, name);
	const struct texts *names = &c->h->ns->connect_configs;

	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], name) == 0)
			return !config_map || spark_config_map_is_writable(c->h->policy, config_map, c->h->parsed);
	return false;
}

static void look(const struct reader *r, const struct json *name)
{
	const struct hygiene_case *c = r->c;
	const char *text = json_text(name, NULL);

	if (text && is_rewritten(c, text))
		hygiene_say(c, "config.shared", r->pointer,
			    arena_printf(c->a, "is not a Connect server and reads ConfigMap %s, which is rewritten for one: give it a copy, or label "
					       "the ConfigMap sparkgate.io/role=none", text));
}

/* A volume's own, and those of a projected one. */
static void look_at_volumes(const struct reader *r)
{
	JSON_EACH(volume, json_get(r->c->created.spec, "volumes")) {
		look(r, json_get(json_get(volume, "configMap"), "name"));
		JSON_EACH(source, json_get(json_get(volume, "projected"), "sources"))
			look(r, json_get(json_get(source, "configMap"), "name"));
	}
}

static void look_at_container(const struct reader *r, const struct json *container)
{
	JSON_EACH(source, json_get(container, "envFrom"))
		look(r, json_get(json_get(source, "configMapRef"), "name"));
	JSON_EACH(item, json_get(container, "env"))
		look(r, json_get(json_get(json_get(item, "valueFrom"), "configMapKeyRef"), "name"));
}

void hygiene_shared(const struct hygiene_case *c)
{
	static const char *const lists[] = {"containers", "initContainers"};
	const struct namespace *ns = c->h->parsed;
	const bool other = c->match.role == ROLE_NONE || hygiene_is_daemon(c);

	if (!c->has_pod || !other || ns->mode == MODE_NONE || ns->backend == BACKEND_NONE || ns->config_maps != CONFIG_MAPS_REWRITE ||
	    c->h->ns->connect_configs.count == 0 || !hygiene_is_on(c, "config.shared"))
		return;
	struct reader r = {c, arena_join(c->a, c->created.prefix, "/spec/volumes")};
	look_at_volumes(&r);
	for (size_t l = 0; l < 2; l++) {
		r.pointer = arena_join(c->a, c->created.prefix, "/spec/", lists[l]);
		JSON_EACH(container, json_get(c->created.spec, lists[l]))
			look_at_container(&r, container);
	}
}
