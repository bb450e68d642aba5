/* The ConfigMaps of the namespace under way, as facts. */
#include "audit/cluster_state.h"

/* ConfigMaps of one namespace that are kept as facts: four of the largest, or a thousand of usual ones. Beyond, they
 * are asked for again. */
#define FACT_BYTES (8u << 20)

void cluster_drop_facts(struct cluster *c)
{
	facts_index_unref(c->index);
	facts_index_unref(c->missing);
	c->index = c->missing = NULL;
	arena_reset(&c->facts);
	c->fact_bytes = 0;
}

void cluster_begin_facts(struct cluster *c, struct audit_namespace *ns)
{
	ns->facts = c->index = facts_index_new();
	facts_index_add(ns->facts, ns->object, ns->name);
	c->missing = facts_index_new();
}

/* Called before a decision uses the facts, never while one does. */
void cluster_bound_facts(struct cluster *c)
{
	if (c->fact_bytes <= FACT_BYTES)
		return;
	cluster_drop_facts(c);
	cluster_begin_facts(c, c->under_way);
}

/* A ConfigMap with a role: servers of its namespace probably name it. */
void cluster_note_config_map(struct cluster *c, const struct json *object)
{
	struct audit_namespace *ns = c->under_way;
	struct texts *names = &ns->connect_configs;
	const char *name = json_text(json_get(json_get(object, "metadata"), "name"), "");

	*ARENA_PUSH(&c->space, names->items, &c->connect_config_cap, names->count) = arena_dup(&c->space, slice_of(name));
	if (c->fact_bytes > FACT_BYTES)
		return;
	c->fact_bytes += json_print(&c->scratch, object).len;
	facts_index_add(ns->facts, json_copy(&c->facts, object), ns->name);
}

/* ---- those without a role that a server names ---- */

/* What a name that is looked up costs at least: its place in an index. */
#define NAME_BYTES 512

/* Besides what is there, what is not is worth remembering: a hundred servers may name the same optional file. */
static void note_missing(struct cluster *c, const char *name)
{
	struct json *object = json_new(&c->facts, JSON_OBJECT), *metadata = json_new(&c->facts, JSON_OBJECT);

	json_put(&c->facts, metadata, "name", json_new_string(&c->facts, slice_of(name)));
	json_put(&c->facts, object, "apiVersion", json_new_string(&c->facts, SLICE_LIT("v1")));
	json_put(&c->facts, object, "kind", json_new_string(&c->facts, SLICE_LIT("ConfigMap")));
	json_put(&c->facts, object, "metadata", metadata);
	facts_index_add(c->missing, object, c->namespace);
	c->fact_bytes += NAME_BYTES;
}

static int fetch_config_map(struct cluster *c, struct audit_namespace *ns, const char *name, struct err *err)
{
	const struct json *object;
	struct err failure = {""};
	struct slice text;
	int status;

	if (facts_index_config_map(ns->facts, ns->name, name) || facts_index_config_map(c->missing, ns->name, name) ||
	    !kube_name_ok(name))
		return 0;
	if (cluster_ask_before(c, err) < 0)
		return -1;
	const char *path = arena_printf(&c->scratch, "/api/v1/namespaces/%s/configmaps/%s", ns->name, name);
	c->figures.calls++;
	if (kube_get(c->client, &c->scratch, path, &status, &text, &failure) < 0) {
		if (status != 404)
			return err_set(err, "GET %s: %s", path, failure.text);
		note_missing(c, name);
		return 0;
	}
	if (json_parse(&c->scratch, text, &object, err) < 0)
		return err_wrap(err, "GET %s", path);
	c->fact_bytes += NAME_BYTES + text.len;
	facts_index_add(ns->facts, json_copy(&c->facts, object), ns->name);
	return 0;
}

int cluster_fetch(struct cluster *c, struct audit_namespace *ns, const struct needs *needs, struct err *err)
{
	for (size_t i = 0; i < needs->lookups.count; i++)
		if (fetch_config_map(c, ns, needs->lookups.items[i].name, err) < 0)
			return -1;
	return 0;
}
