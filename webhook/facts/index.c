#include "facts/index.h"
#include "facts/key.h"

#include "base/buf.h"
#include "base/yaml.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Without memory there is no decision worth making (base/arena.h). */
#define uthash_fatal(msg) out_of_memory()
#include <uthash.h>

struct fact {
	const char *key; /* see fact_key() */
	const struct json *object;
	UT_hash_handle hh;
};

struct facts_index {
	_Atomic unsigned refs;
	struct arena arena;
	struct fact *facts;
	size_t namespaces, config_maps;
};

struct facts_index *facts_index_new(void)
{
	struct facts_index *index = calloc(1, sizeof(*index));

	if (!index)
		out_of_memory();
	index->refs = 1;
	return index;
}

struct facts_index *facts_index_ref(struct facts_index *index)
{
	atomic_fetch_add(&index->refs, 1);
	return index;
}

void facts_index_unref(struct facts_index *index)
{
	if (!index || atomic_fetch_sub(&index->refs, 1) > 1)
		return;
	HASH_CLEAR(hh, index->facts);
	arena_release(&index->arena);
	free(index);
}

static struct fact *find(const struct facts_index *index, const char *key)
{
	struct fact *fact;

	HASH_FIND_STR(index->facts, key, fact);
	return fact;
}

/* true if the object is new. */
static bool put(struct facts_index *index, const char *namespace, const char *name, const struct json *object)
{
	char key[FACT_KEY_SIZE];

	if (!fact_key(key, namespace, name))
		return false;
	struct fact *fact = find(index, key);
	if (fact) {
		fact->object = object;
		return false;
	}
	fact = ARENA_NEW(&index->arena, struct fact);
	fact->key = arena_dup(&index->arena, slice_of(key));
	fact->object = object;
	HASH_ADD_KEYPTR(hh, index->facts, fact->key, strlen(fact->key), fact);
	return true;
}

static void add_object(struct facts_index *index, const struct json *object, const char *kind,
		       const char *default_namespace)
{
	const struct json *metadata = json_get(object, "metadata");
	const char *name = json_text(json_get(metadata, "name"), NULL);

	if (!name)
		return;
	if (strcmp(kind, "Namespace") == 0)
		index->namespaces += put(index, NULL, name, object);
	else if (strcmp(kind, "ConfigMap") == 0)
		index->config_maps +=
			put(index, json_text(json_get(metadata, "namespace"), default_namespace), name, object);
}

/* The kind of a typed list's items, which do not say it themselves: "ConfigMapList" holds ConfigMaps. */
static const char *item_kind(struct arena *a, const char *list_kind)
{
	return arena_dup(a, (struct slice){list_kind, strlen(list_kind) - strlen("List")});
}

void facts_index_add(struct facts_index *index, const struct json *object, const char *default_namespace)
{
	const char *kind = json_text(json_get(object, "kind"), "");

	if (strcmp(json_text(json_get(object, "apiVersion"), ""), "v1") != 0)
		return;
	if (!slice_ends(slice_of(kind), "List")) {
		add_object(index, object, kind, default_namespace);
		return;
	}
	const char *fallback = item_kind(&index->arena, kind);
	JSON_EACH(item, json_get(object, "items"))
		add_object(index, item, json_text(json_get(item, "kind"), fallback), default_namespace);
}

int facts_index_add_text(struct facts_index *index, struct slice text, enum yaml_flavour flavour, struct err *err)
{
	struct yaml_stream stream;

	if (yaml_parse(&index->arena, text, flavour, &stream, err) < 0)
		return -1;
	for (size_t i = 0; i < stream.count; i++) {
		const struct json *root = stream.items[i].root;
		if (json_type(root) != JSON_OBJECT && json_type(root) != JSON_NULL)
			return err_set(err, "line %u: expected a Kubernetes object, got %s", stream.items[i].line,
				       json_type_name(json_type(root)));
		facts_index_add(index, root, "default");
	}
	return 0;
}

static const struct json *look_up(const struct facts_index *index, const char *namespace, const char *name)
{
	char key[FACT_KEY_SIZE];
	const struct fact *fact = fact_key(key, namespace, name) ? find(index, key) : NULL;

	return fact ? fact->object : NULL;
}

const struct json *facts_index_namespace(const struct facts_index *index, const char *name)
{
	return look_up(index, NULL, name);
}

const struct json *facts_index_config_map(const struct facts_index *index, const char *namespace, const char *name)
{
	return look_up(index, namespace, name);
}

const char *facts_index_namespace_names(const struct facts_index *index, struct arena *a, size_t max)
{
	struct buf names = buf_in(a);
	size_t count = 0;

	for (const struct fact *f = index->facts; f && count <= max; f = f->hh.next) {
		if (strncmp(f->key, "-/", 2) != 0) /* fact_key(): the object of a namespace */
			continue;
		buf_printf(&names, "%s%s", count ? ", " : "", count < max ? f->key + 2 : "...");
		count++;
	}
	return count ? buf_slice(&names).ptr : NULL;
}

size_t facts_index_namespace_count(const struct facts_index *index)
{
	return index->namespaces;
}

size_t facts_index_config_map_count(const struct facts_index *index)
{
	return index->config_maps;
}

void facts_index_fill(const struct facts_index *index, const struct needs *needs, enum lookup_state absent,
		      struct facts *ret)
{
	const char *ns = needs->namespace ? needs->namespace : "";

	ret->namespace = needs->namespace ? facts_index_namespace(index, ns) : NULL;
	ret->namespace_state = ret->namespace ? NAMESPACE_KNOWN : NAMESPACE_UNKNOWN;
	ret->lookups = needs->lookups;
	for (size_t i = 0; i < ret->lookups.count; i++) {
		struct lookup *lookup = &ret->lookups.items[i];
		lookup->object = facts_index_config_map(index, ns, lookup->name);
		lookup->state = lookup->object ? LOOKUP_FOUND : absent;
	}
}
