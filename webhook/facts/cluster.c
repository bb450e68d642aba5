#include "facts/cluster.h"

#include "kube/client.h"

#include <stdlib.h>

#define uthash_fatal(msg) out_of_memory()
#include <uthash.h>

/* A path that was asked for. */
struct asked {
	const char *path;
	const char *failed; /* why there was no answer; NULL: there was one */
	UT_hash_handle hh;
};

struct facts_cluster {
	struct arena *arena;
	struct kube_client *client;
	struct asked *asked;
};

struct facts_cluster *facts_cluster_open(struct arena *a, const struct kube_config *config, const char *user_agent)
{
	struct facts_cluster *cluster = ARENA_NEW(a, struct facts_cluster);

	cluster->arena = a;
	cluster->client = kube_client_new(config, user_agent);
	return cluster;
}

void facts_cluster_close(struct facts_cluster *cluster)
{
	if (!cluster)
		return;
	HASH_CLEAR(hh, cluster->asked);
	kube_client_free(cluster->client);
}

static struct asked *add_asked(struct facts_cluster *cluster, const char *path)
{
	struct asked *asked = ARENA_NEW(cluster->arena, struct asked);

	asked->path = path;
	HASH_ADD_KEYPTR(hh, cluster->asked, asked->path, strlen(asked->path), asked);
	return asked;
}

/* The object at path into the index; one that does not exist is not an error. */
static int ask(struct facts_cluster *cluster, struct facts_index *index, const char *path, struct err *err)
{
	const struct json *object;
	struct slice text;
	int status;

	if (kube_get(cluster->client, cluster->arena, path, &status, &text, err) < 0)
		return status == 404 ? 0 : err_wrap(err, "GET %s", path);
	if (json_parse(cluster->arena, text, &object, err) < 0)
		return err_wrap(err, "GET %s", path);
	facts_index_add(index, object, "default");
	return 0;
}

/* Once: what nobody could say of one object, nobody can of the next. */
static int fetch(struct facts_cluster *cluster, struct facts_index *index, const char *path, struct err *err)
{
	struct asked *asked;

	HASH_FIND_STR(cluster->asked, path, asked);
	if (asked)
		return asked->failed ? err_set(err, "%s", asked->failed) : 0;
	asked = add_asked(cluster, path);
	if (ask(cluster, index, path, err) == 0)
		return 0;
	asked->failed = arena_dup(cluster->arena, slice_of(err->text));
	return -1;
}

int facts_cluster_fetch(struct facts_cluster *cluster, struct facts_index *index, const struct needs *needs,
			struct err *err)
{
	const char *ns = needs->namespace;

	if (!ns || !kube_name_ok(ns))
		return 0;
	if (!facts_index_namespace(index, ns) &&
	    fetch(cluster, index, arena_printf(cluster->arena, "/api/v1/namespaces/%s", ns), err) < 0)
		return -1;
	for (size_t i = 0; i < needs->lookups.count; i++) {
		const char *name = needs->lookups.items[i].name;
		if (facts_index_config_map(index, ns, name) || !kube_name_ok(name))
			continue;
		if (fetch(cluster, index,
			  arena_printf(cluster->arena, "/api/v1/namespaces/%s/configmaps/%s", ns, name), err) < 0)
			return -1;
	}
	return 0;
}
