/* One kind of a cluster, page by page, and of each page what an audit keeps. */
#include "audit/cluster_state.h"

#include <stdio.h>

/* Each namespace is listed by itself. */
static bool is_per_namespace(const struct cluster *c)
{
	return c->options->by_namespace || c->options->namespace_count > 0;
}

static const char *path_of(struct cluster *c, const struct cursor *cursor)
{
	const struct audit_kind *k = cursor->kind;

	if (is_per_namespace(c))
		return arena_printf(&c->scratch, "%s/namespaces/%s/%s", k->group_path, c->namespace, k->resource);
	return arena_printf(&c->scratch, "%s/%s", k->group_path, k->resource);
}

void cluster_open_cursor(struct cluster *c, struct cursor *cursor)
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

/* Namespaces that the audit has passed must not come again. */
static int check_order(struct cursor *cursor, const char *namespace, struct err *err)
{
	if (cursor->last[0] && audit_compare_namespaces(namespace, cursor->last) < 0)
		return err_set(err,
			       "the API server's list of %s is not in the order of namespaces ('%s' after '%s'): "
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
	if (!cluster_knows(c, namespace)) {
		c->figures.strays++;
		return 0;
	}
	const struct json *kept = audit_keep(cursor->kind, c->options->policy, &cursor->arena, item);
	if (!kept)
		return 0;
	*ARENA_PUSH(&cursor->arena, cursor->items, cap, cursor->count) = kept;
	return 0;
}

/* Which right RBAC must grant, in RBAC's terms: its own message says only what it denies. */
static int name_the_right(const struct cluster *c, const struct cursor *cursor, struct err *err)
{
	const struct audit_kind *k = cursor->kind;
	struct slice group = slice_of(k->api_version);

	group.len = strchr(k->api_version, '/') ? (size_t)(strchr(k->api_version, '/') - k->api_version) : 0;
	return err_wrap(err, "an audit needs the verb `list` on %s of API group \"%.*s\" in %s", k->resource,
			SLICE_ARG(group), is_per_namespace(c) ? "each of its namespaces" : "all namespaces (or -n NAME)");
}

/* 403 and 404 of what may be lacking: its findings are left out, and that is reported. */
static int forgive(struct cluster *c, struct cursor *cursor, struct err *err)
{
	int status = kube_list_status(cursor->list);

	if (!cursor->kind->may_be_lacking)
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
	struct err failure = {""};
	const struct json *page;
	size_t cap = 0;
	int rc;

	if (cluster_ask_before(c, err) < 0)
		return -1;
	arena_reset(&cursor->arena);
	arena_reset(&c->scratch);
	cursor->items = NULL;
	cursor->count = cursor->at = 0;
	unsigned before = kube_list_calls(cursor->list);
	rc = kube_list_next(cursor->list, &c->scratch, &page, &failure);
	c->figures.calls += kube_list_calls(cursor->list) - before;
	if (rc < 0 && forgive(c, cursor, &failure) < 0)
		return err_set(err, "%s", failure.text);
	if (rc <= 0)
		return 0;
	JSON_EACH(item, json_get(page, "items"))
		if (keep_item(c, cursor, item, &cap, err) < 0)
			return -1;
	arena_reset(&c->scratch);
	return 1;
}

/* The cursor's next object of the namespace under way: 1, 0 where there is none (any more). */
int cluster_next_of(struct cluster *c, struct cursor *cursor, const struct json **ret, struct err *err)
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
