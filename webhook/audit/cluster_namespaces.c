/* Which namespaces a cluster has. */
#include "audit/cluster_state.h"
#include "facts/namespaces.h"

#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
	return audit_compare_namespaces(((const struct known *)a)->name, ((const struct known *)b)->name);
}

bool cluster_knows(const struct cluster *c, const char *name)
{
	const struct known key = {.name = name};

	return bsearch(&key, c->known, c->known_count, sizeof(key), by_name) != NULL;
}

/* Those that are read, in the bounds of facts/namespaces.h: anything else, such as other tools' copies of the whole
 * object, would be kept for nothing. */
static struct json *copy_annotations(struct arena *a, const struct json *annotations)
{
	static const char *const read[] = {KEY_PREFIX, "openshift.io/sa.scc."};
	struct json *copy = json_new(a, JSON_OBJECT);

	JSON_EACH(member, annotations) {
		struct slice value = json_slice(member);
		bool wanted = slice_starts(json_key_slice(member), read[0]) || slice_starts(json_key_slice(member), read[1]);
		if (!wanted || json_count(copy) == NAMESPACE_KEYS_MAX)
			continue;
		if (value.ptr && value.len > NAMESPACE_VALUE_MAX)
			json_put(a, copy, json_key(member), json_new_string(a, SLICE_LIT("(longer than 4096 bytes)")));
		else
			json_put(a, copy, json_key(member), json_copy(a, member));
	}
	return copy;
}

static void add_namespace(struct cluster *c, const struct json *item)
{
	struct json *copy = json_new(&c->arena, JSON_OBJECT), *metadata = json_new(&c->arena, JSON_OBJECT);
	const char *name = json_text(json_get(json_get(item, "metadata"), "name"), "");

	if (!kube_name_ok(name))
		return;
	JSON_EACH(member, json_get(item, "metadata")) {
		if (strcmp(json_key(member), "annotations") == 0)
			json_put(&c->arena, metadata, "annotations", copy_annotations(&c->arena, member));
		else if (strcmp(json_key(member), "managedFields") != 0)
			json_put(&c->arena, metadata, json_key(member), json_copy(&c->arena, member));
	}
	json_put(&c->arena, copy, "apiVersion", json_new_string(&c->arena, SLICE_LIT("v1")));
	json_put(&c->arena, copy, "kind", json_new_string(&c->arena, SLICE_LIT("Namespace")));
	json_put(&c->arena, copy, "metadata", metadata);
	*ARENA_PUSH(&c->arena, c->known, &c->known_cap, c->known_count) = (struct known){arena_dup(&c->arena, slice_of(name)), copy};
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
		return err_set(err, "GET %s: the answer is a different object", path);
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
			return err_set(err, "'%s' is not a valid namespace name", name);
		if (get_namespace(c, name, err) < 0)
			return -1;
		arena_reset(&c->scratch);
	}
	return 0;
}

int cluster_find_namespaces(struct cluster *c, struct err *err)
{
	if ((c->options->namespace_count > 0 ? get_namespaces(c, err) : list_namespaces(c, err)) < 0)
		return -1;
	if (c->known_count > 0)
		qsort(c->known, c->known_count, sizeof(*c->known), by_name);
	return 0;
}
