#include "audit/cluster.h"

#include "audit/kinds.h"
#include "kube/list.h"

#include <stdio.h>
#include <stdlib.h>

/* ConfigMaps of one namespace that are kept as facts: four of the largest, or a thousand of usual ones. Beyond, they
 * are asked for again. */
#define FACT_BYTES (8u << 20)

/* Objects of one page: about 2 MB of text (kube/list.h), and as much again kept where all are of Spark. */
#define PAGE 200

/* A Namespace of the list. */
struct known {
	const char *name;
	const struct json *object;
};

/* One kind, read page by page; at most one page is kept. */
struct cursor {
	const struct audit_kind *kind;
	struct kube_list *list; /* NULL = not open */
	struct arena arena;     /* the page that is kept */
	const struct json **items;
	size_t count, at;
	char last[KUBE_NAME_MAX + 2]; /* namespace of the object before: lists are in order */
	bool refused;                 /* may not be listed */
};

struct cluster {
	struct audit_source source; /* first */
	struct kube_client *client;
	const struct audit_cluster_options *options;
	struct arena arena;   /* the namespaces */
	struct arena scratch; /* the page as it came */
	struct arena space;   /* the namespace under way: what stands beside */
	struct arena facts;   /* its ConfigMaps */
	size_t fact_bytes;    /* that were put into facts, about */
	struct facts_index *missing; /* names of its ConfigMaps that were asked for and are not there */
	struct known *known;
	size_t known_count, known_cap;
	size_t next; /* namespace */
	size_t connect_config_cap;
	size_t kind; /* of the objects under way */
	const char *namespace;
	struct audit_namespace *under_way;
	struct cursor cursors[AUDIT_KIND_COUNT];
	struct audit_cluster_figures figures;
};

/* As etcd orders the keys of what is in namespaces, "/registry/pods/NAMESPACE/NAME": a "/" stands behind the name. */
static int compare_names(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	unsigned char x = *a ? (unsigned char)*a : '/', y = *b ? (unsigned char)*b : '/';

	return *a == *b ? 0 : x < y ? -1 : 1;
}

static int by_name(const void *a, const void *b)
{
	return compare_names(((const struct known *)a)->name, ((const struct known *)b)->name);
}

static bool is_known(const struct cluster *c, const char *name)
{
	const struct known key = {.name = name};

	return bsearch(&key, c->known, c->known_count, sizeof(key), by_name) != NULL;
}

/* ---- namespaces ---- */

static void add_namespace(struct cluster *c, const struct json *item)
{
	struct json *copy = json_new(&c->arena, JSON_OBJECT), *metadata = json_new(&c->arena, JSON_OBJECT);
	const char *name = json_text(json_get(json_get(item, "metadata"), "name"), "");

	if (!kube_name_ok(name))
		return;
	JSON_EACH(member, json_get(item, "metadata"))
	if (strcmp(json_key(member), "managedFields") != 0)
		json_put(&c->arena, metadata, json_key(member), json_copy(&c->arena, member));
	json_put(&c->arena, copy, "apiVersion", json_new_string(&c->arena, SLICE_LIT("v1")));
	json_put(&c->arena, copy, "kind", json_new_string(&c->arena, SLICE_LIT("Namespace")));
	json_put(&c->arena, copy, "metadata", metadata);
	c->known = arena_grow(&c->arena, c->known, &c->known_cap, c->known_count + 1, sizeof(*c->known));
	c->known[c->known_count++] = (struct known){arena_dup(&c->arena, slice_of(name)), copy};
}

static int list_namespaces(struct cluster *c, struct err *err)
{
	struct kube_list *list = kube_list_new(c->client, "/api/v1/namespaces", PAGE);
	const struct json *page;
	int rc;

	while ((rc = kube_list_next(list, &c->scratch, &page, err)) > 0) {
		JSON_EACH(item, json_get(page, "items"))
		add_namespace(c, item);
		arena_reset(&c->scratch);
	}
	c->figures.calls += kube_list_calls(list);
	if (rc < 0 && kube_list_status(list) == 403)
		err_wrap(err, "an audit of all namespaces needs the verb `list` on namespaces; -n NAME audits one");
	kube_list_free(list);
	return rc;
}

static bool is_named_before(const struct audit_cluster_options *options, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(options->namespaces[i], options->namespaces[at]) == 0)
			return true;
	return false;
}

static int get_namespace(struct cluster *c, const char *name, struct err *err)
{
	const char *path = arena_printf(&c->scratch, "/api/v1/namespaces/%s", name);
	const struct json *object;
	struct slice text;
	int status;

	c->figures.calls++;
	if (kube_get(c->client, &c->scratch, path, &status, &text, err) < 0 ||
	    json_parse(&c->scratch, text, &object, err) < 0)
		return err_wrap(err, "GET %s", path);
	if (strcmp(json_text(json_get(json_get(object, "metadata"), "name"), ""), name) != 0)
		return err_set(err, "GET %s: the answer is another object", path);
	add_namespace(c, object);
	return 0;
}

static int get_namespaces(struct cluster *c, struct err *err)
{
	for (size_t i = 0; i < c->options->namespace_count; i++) {
		const char *name = c->options->namespaces[i];
		if (is_named_before(c->options, i))
			continue;
		if (!kube_name_ok(name))
			return err_set(err, "'%s' is no name of a namespace", name);
		if (get_namespace(c, name, err) < 0)
			return -1;
		arena_reset(&c->scratch);
	}
	return 0;
}

/* ---- cursors ---- */

static const char *path_of(struct cluster *c, const struct cursor *cursor)
{
	const struct audit_kind *k = cursor->kind;

	if (c->options->by_namespace || c->options->namespace_count > 0)
		return arena_printf(&c->scratch, "%s/namespaces/%s/%s", k->group_path, c->namespace, k->resource);
	return arena_printf(&c->scratch, "%s/%s", k->group_path, k->resource);
}

static bool is_per_namespace(const struct cluster *c)
{
	return c->options->by_namespace || c->options->namespace_count > 0;
}

static void open_cursor(struct cluster *c, struct cursor *cursor)
{
	if (cursor->refused || (cursor->list && !is_per_namespace(c)))
		return;
	kube_list_free(cursor->list);
	cursor->list = kube_list_new(c->client, path_of(c, cursor), PAGE);
	cursor->count = cursor->at = 0;
	cursor->last[0] = '\0';
	arena_reset(&cursor->arena);
}

static const char *namespace_of(const struct json *object)
{
	return json_text(json_get(json_get(object, "metadata"), "namespace"), "");
}

/* Namespaces that the audit has left behind must not come again. */
static int check_order(struct cursor *cursor, const char *namespace, struct err *err)
{
	if (cursor->last[0] && compare_names(namespace, cursor->last) < 0)
		return err_set(err,
			       "the API server's list of %s is not in the order of namespaces ('%s' behind '%s'): "
			       "give --by-namespace",
			       cursor->kind->resource, namespace, cursor->last);
	if (strlen(namespace) >= sizeof(cursor->last))
		return err_set(err, "%s of a namespace whose name has more than %d bytes", cursor->kind->resource,
			       KUBE_NAME_MAX);
	snprintf(cursor->last, sizeof(cursor->last), "%s", namespace);
	return 0;
}

static int keep_item(struct cluster *c, struct cursor *cursor, const struct json *item, size_t *cap, struct err *err)
{
	const char *namespace = namespace_of(item);

	c->figures.objects++;
	if (!*namespace)
		return err_set(err, "the API server's list of %s has an item without a namespace",
			       cursor->kind->resource);
	if (check_order(cursor, namespace, err) < 0)
		return -1;
	if (!is_known(c, namespace)) {
		c->figures.strays++;
		return 0;
	}
	const struct json *kept = audit_keep(cursor->kind, c->options->policy, &cursor->arena, item);
	if (!kept)
		return 0;
	cursor->items = arena_grow(&cursor->arena, cursor->items, cap, cursor->count + 1, sizeof(*cursor->items));
	cursor->items[cursor->count++] = kept;
	return 0;
}

/* What RBAC must say, in its own words, where its own message says what it does not. */
static int name_the_right(const struct cluster *c, const struct cursor *cursor, struct err *err)
{
	const struct audit_kind *k = cursor->kind;
	struct slice group = slice_of(k->api_version);

	group.len = strchr(k->api_version, '/') ? (size_t)(strchr(k->api_version, '/') - k->api_version) : 0;
	return err_wrap(err, "an audit needs the verb `list` on %s of API group \"%.*s\" in %s", k->resource,
			SLICE_ARG(group), is_per_namespace(c) ? "each of its namespaces" : "all namespaces (or -n NAME)");
}

/* 403 and 404 of what stands beside: its findings are left out, and that is said. */
static int forgive(struct cluster *c, struct cursor *cursor, struct err *err)
{
	int status = kube_list_status(cursor->list);

	if (cursor->kind->class != AUDIT_BESIDE)
		return status == 403 ? name_the_right(c, cursor, err) : -1;
	if (status != 403 && status != 404)
		return -1;
	cursor->refused = true;
	c->options->say(c->options->closure,
			arena_printf(&c->scratch, "%s: findings that need them are left out", err->text));
	return 0;
}

/* The next page of the cursor's list: 1, 0 at its end. */
static int next_page(struct cluster *c, struct cursor *cursor, struct err *err)
{
	const struct json *page;
	size_t cap = 0;
	int rc;

	arena_reset(&cursor->arena);
	arena_reset(&c->scratch);
	cursor->items = NULL;
	cursor->count = cursor->at = 0;
	unsigned before = kube_list_calls(cursor->list);
	rc = kube_list_next(cursor->list, &c->scratch, &page, err);
	c->figures.calls += kube_list_calls(cursor->list) - before;
	if (rc <= 0)
		return rc < 0 ? forgive(c, cursor, err) : 0;
	JSON_EACH(item, json_get(page, "items"))
	if (keep_item(c, cursor, item, &cap, err) < 0)
		return -1;
	arena_reset(&c->scratch);
	return 1;
}

/* The cursor's next object of the namespace under way: 1, 0 where there is none (any more). */
static int next_of(struct cluster *c, struct cursor *cursor, const struct json **ret, struct err *err)
{
	int rc = 1;

	while (!cursor->refused && cursor->at == cursor->count && (rc = next_page(c, cursor, err)) > 0)
		;
	if (rc < 0)
		return -1;
	if (cursor->at == cursor->count || strcmp(namespace_of(cursor->items[cursor->at]), c->namespace) != 0)
		return 0;
	*ret = cursor->items[cursor->at++];
	return 1;
}

/* ---- a namespace ---- */

static const struct json **add_object(struct arena *a, const struct json **list, size_t *count, size_t *cap,
				      const struct json *object)
{
	list = arena_grow(a, list, cap, *count + 1, sizeof(*list));
	list[(*count)++] = json_copy(a, object);
	return list;
}

/* Services, quotas and LimitRanges are few and small; what they say lives as long as the namespace. */
static int read_beside(struct cluster *c, struct audit_namespace *ns, struct err *err)
{
	size_t caps[AUDIT_FIRST_WORKLOAD] = {0};
	const struct json *object;
	int rc = 0;

	for (size_t k = 0; k < AUDIT_FIRST_WORKLOAD; k++) {
		struct cursor *cursor = &c->cursors[k];
		open_cursor(c, cursor);
		while ((rc = next_of(c, cursor, &object, err)) > 0) {
			if (k == 0) {
				ns->services.items = arena_grow(&c->space, ns->services.items, &caps[k],
								ns->services.count + 1, sizeof(*ns->services.items));
				ns->services.items[ns->services.count++] = arena_dup(
					&c->space,
					slice_of(json_text(json_get(json_get(object, "metadata"), "name"), "")));
			} else if (k == 1) {
				ns->quotas = add_object(&c->space, ns->quotas, &ns->quota_count, &caps[k], object);
			} else {
				ns->limit_ranges = add_object(&c->space, ns->limit_ranges, &ns->limit_range_count,
							      &caps[k], object);
			}
		}
		if (rc < 0)
			return -1;
	}
	ns->services_known = !c->cursors[0].refused;
	ns->limits_known = !c->cursors[1].refused && !c->cursors[2].refused;
	return 0;
}

static void drop_facts(struct cluster *c)
{
	if (c->under_way)
		facts_index_unref(c->under_way->facts);
	facts_index_unref(c->missing);
	c->missing = NULL;
	arena_reset(&c->facts);
	c->fact_bytes = 0;
}

static void begin_facts(struct cluster *c, struct audit_namespace *ns)
{
	ns->facts = facts_index_new();
	facts_index_add(ns->facts, ns->object, ns->name);
	c->missing = facts_index_new();
}

/* Before a decision is made of them, never while one is. */
static void bound_facts(struct cluster *c)
{
	if (c->fact_bytes <= FACT_BYTES)
		return;
	drop_facts(c);
	begin_facts(c, c->under_way);
}

static int next_namespace(struct audit_source *source, struct audit_namespace *ret, struct err *err)
{
	struct cluster *c = (struct cluster *)source;

	drop_facts(c);
	c->under_way = NULL;
	arena_reset(&c->space);
	if (c->next == c->known_count)
		return 0;
	const struct known *known = &c->known[c->next++];
	*ret = (struct audit_namespace){.name = known->name, .object = known->object};
	begin_facts(c, ret);
	c->under_way = ret;
	c->namespace = known->name;
	c->kind = AUDIT_FIRST_WORKLOAD;
	c->connect_config_cap = 0;
	if (read_beside(c, ret, err) < 0)
		return -1;
	for (size_t k = AUDIT_FIRST_WORKLOAD; k < AUDIT_KIND_COUNT; k++)
		open_cursor(c, &c->cursors[k]);
	return 1;
}

/* A ConfigMap with a role: servers of its namespace probably name it. */
static void note_config_map(struct cluster *c, const struct json *object)
{
	struct audit_namespace *ns = c->under_way;
	struct texts *names = &ns->connect_configs;
	const char *name = json_text(json_get(json_get(object, "metadata"), "name"), "");

	names->items =
		arena_grow(&c->space, names->items, &c->connect_config_cap, names->count + 1, sizeof(*names->items));
	names->items[names->count++] = arena_dup(&c->space, slice_of(name));
	if (c->fact_bytes > FACT_BYTES)
		return;
	c->fact_bytes += json_print(&c->scratch, object).len;
	facts_index_add(ns->facts, json_copy(&c->facts, object), ns->name);
}

static int next_object(struct audit_source *source, struct audit_object *ret, struct err *err)
{
	struct cluster *c = (struct cluster *)source;
	const struct json *object;
	int rc = 0;

	for (; c->kind < AUDIT_KIND_COUNT; c->kind++) {
		rc = next_of(c, &c->cursors[c->kind], &object, err);
		if (rc != 0)
			break;
	}
	if (rc <= 0)
		return rc;
	arena_reset(&c->scratch);
	if (strcmp(c->cursors[c->kind].kind->kind, "ConfigMap") == 0)
		note_config_map(c, object);
	else
		bound_facts(c);
	*ret = (struct audit_object){.object = object,
				     .kind = c->cursors[c->kind].kind->kind,
				     .live = true,
				     .owner = audit_owner(&c->scratch, object)};
	return 1;
}

/* ---- ConfigMaps without a role that a server names ---- */

/* What a name that is looked up costs at least: its place in an index. */
#define NAME_BYTES 512

/* Beside what is there, what is not is worth remembering: a hundred servers may name the same optional file. */
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
	struct slice text;
	int status;

	if (facts_index_config_map(ns->facts, ns->name, name) || facts_index_config_map(c->missing, ns->name, name) ||
	    !kube_name_ok(name))
		return 0;
	const char *path = arena_printf(&c->scratch, "/api/v1/namespaces/%s/configmaps/%s", ns->name, name);
	c->figures.calls++;
	if (kube_get(c->client, &c->scratch, path, &status, &text, err) < 0) {
		if (status != 404)
			return err_wrap(err, "GET %s", path);
		note_missing(c, name);
		return 0;
	}
	if (json_parse(&c->scratch, text, &object, err) < 0)
		return err_wrap(err, "GET %s", path);
	c->fact_bytes += NAME_BYTES + text.len;
	facts_index_add(ns->facts, json_copy(&c->facts, object), ns->name);
	return 0;
}

static int fetch(struct audit_source *source, struct audit_namespace *ns, const struct needs *needs, struct err *err)
{
	struct cluster *c = (struct cluster *)source;

	for (size_t i = 0; i < needs->lookups.count; i++)
		if (fetch_config_map(c, ns, needs->lookups.items[i].name, err) < 0)
			return -1;
	return 0;
}

/* ---- the source ---- */

static size_t namespace_count(const struct audit_source *source)
{
	return ((const struct cluster *)source)->known_count;
}

static const struct audit_source_class class = {next_namespace, next_object, fetch, namespace_count};

int audit_cluster_open(struct kube_client *client, const struct audit_cluster_options *options,
		       struct audit_source **ret, struct err *err)
{
	struct cluster *c = calloc(1, sizeof(*c));

	if (!c)
		abort(); /* as base/arena.h */
	*c = (struct cluster){
		.source = {.class = &class, .absent = LOOKUP_MISSING}, .client = client, .options = options};
	for (size_t k = 0; k < AUDIT_KIND_COUNT; k++)
		c->cursors[k].kind = &audit_kinds[k];
	if ((options->namespace_count > 0 ? get_namespaces(c, err) : list_namespaces(c, err)) < 0) {
		audit_cluster_close(&c->source);
		return -1;
	}
	qsort(c->known, c->known_count, sizeof(*c->known), by_name);
	*ret = &c->source;
	return 0;
}

void audit_cluster_close(struct audit_source *source)
{
	struct cluster *c = (struct cluster *)source;

	if (!c)
		return;
	drop_facts(c);
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
