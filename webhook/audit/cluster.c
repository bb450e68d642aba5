#include "audit/cluster_state.h"

#include "base/kubernetes.h"

#include <stdlib.h>

/* ---- a namespace ---- */

static const struct json **add_object(struct arena *a, const struct json **list, size_t *count, size_t *cap,
				      const struct json *object)
{
	*ARENA_PUSH(a, list, cap, *count) = json_copy(a, object);
	return list;
}

static void add_name(struct arena *a, struct texts *names, size_t *cap, const struct json *object)
{
	const char *name = json_text(json_get(json_get(object, "metadata"), "name"), "");

	*ARENA_PUSH(a, names->items, cap, names->count) = arena_dup(a, slice_of(name));
}

/* kind: of audit_kinds. cap: of its list. */
static void take(struct arena *a, struct audit_namespace *ns, size_t kind, size_t *cap, const struct json *object)
{
	switch (kind) {
	case AUDIT_SERVICE:
		add_name(a, &ns->services, cap, object);
		break;
	case AUDIT_QUOTA:
		ns->quotas = add_object(a, ns->quotas, &ns->quota_count, cap, object);
		break;
	case AUDIT_LIMIT_RANGE:
		ns->limit_ranges = add_object(a, ns->limit_ranges, &ns->limit_range_count, cap, object);
		break;
	}
}

/* Services, quotas and LimitRanges are few and small; what they say lives as long as the namespace. */
static int read_beside(struct cluster *c, struct audit_namespace *ns, struct err *err)
{
	const struct json *object;
	int rc;

	for (size_t kind = 0; kind < AUDIT_FIRST_WORKLOAD; kind++) {
		struct cursor *cursor = &c->cursors[kind];
		size_t cap = 0;
		cluster_open_cursor(c, cursor);
		while ((rc = cluster_next_of(c, cursor, &object, err)) > 0)
			take(&c->space, ns, kind, &cap, object);
		if (rc < 0)
			return -1;
	}
	ns->services_known = !c->cursors[AUDIT_SERVICE].refused;
	return 0;
}

static int next_namespace(struct audit_source *source, struct audit_namespace *ret, struct err *err)
{
	struct cluster *c = (struct cluster *)source;

	cluster_drop_facts(c);
	arena_reset(&c->space);
	if (c->next == c->known_count)
		return 0;
	const struct known *known = &c->known[c->next++];
	*ret = (struct audit_namespace){.name = known->name, .object = known->object};
	cluster_begin_facts(c, ret);
	c->under_way = ret;
	c->namespace = known->name;
	c->kind = AUDIT_FIRST_WORKLOAD;
	c->connect_config_cap = 0;
	if (read_beside(c, ret, err) < 0)
		return -1;
	for (size_t k = AUDIT_FIRST_WORKLOAD; k < AUDIT_KIND_COUNT; k++)
		cluster_open_cursor(c, &c->cursors[k]);
	return 1;
}

static int next_object(struct audit_source *source, struct audit_object *ret, struct err *err)
{
	struct cluster *c = (struct cluster *)source;
	const struct json *object;
	int rc = 0;

	for (; c->kind < AUDIT_KIND_COUNT; c->kind++) {
		rc = cluster_next_of(c, &c->cursors[c->kind], &object, err);
		if (rc != 0)
			break;
	}
	if (rc <= 0)
		return rc;
	arena_reset(&c->scratch);
	if (c->kind == AUDIT_CONFIG_MAP)
		cluster_note_config_map(c, object);
	else
		cluster_bound_facts(c);
	*ret = (struct audit_object){.object = object,
				     .kind = c->cursors[c->kind].kind->kind,
				     .live = true,
				     .owner = kubernetes_owner(&c->scratch, json_get(object, "metadata"))};
	return 1;
}

/* ---- the source ---- */

static size_t namespace_count(const struct audit_source *source)
{
	return ((const struct cluster *)source)->known_count;
}

static int fetch(struct audit_source *source, struct audit_namespace *ns, const struct needs *needs, struct err *err)
{
	return cluster_fetch((struct cluster *)source, ns, needs, err);
}

static const struct audit_source_class class = {next_namespace, next_object, fetch, namespace_count};

int cluster_ask_before(const struct cluster *c, struct err *err)
{
	return c->options->before ? c->options->before(c->options->closure, err) : 0;
}

int audit_cluster_open(struct kube_client *client, const struct audit_cluster_options *options,
		       struct audit_source **ret, struct err *err)
{
	struct cluster *c = calloc(1, sizeof(*c));

	if (!c)
		out_of_memory();
	*c = (struct cluster){
		.source = {.class = &class, .absent = LOOKUP_MISSING}, .client = client, .options = options};
	for (size_t k = 0; k < AUDIT_KIND_COUNT; k++)
		c->cursors[k].kind = &audit_kinds[k];
	if (cluster_find_namespaces(c, err) < 0) {
		audit_cluster_close(&c->source);
		return -1;
	}
	*ret = &c->source;
	return 0;
}

void audit_cluster_close(struct audit_source *source)
{
	struct cluster *c = (struct cluster *)source;

	if (!c)
		return;
	cluster_drop_facts(c);
	for (size_t k = 0; k < AUDIT_KIND_COUNT; k++) {
		kube_list_free(c->cursors[k].list);
		arena_release(&c->cursors[k].arena);
	}
	arena_release(&c->arena);
	arena_release(&c->scratch);
	arena_release(&c->space);
	arena_release(&c->facts);
	free(c);
}

struct audit_cluster_figures audit_cluster_figures(const struct audit_source *source)
{
	return ((const struct cluster *)source)->figures;
}
