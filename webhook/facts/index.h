/*
 * index.h - Namespaces and ConfigMaps by name, read once, then only looked up.
 *
 *	struct facts_index *index = facts_index_new();
 *	if (facts_index_add_text(index, text, YAML_MANIFEST, err) < 0) ...      // YAML documents, Lists, JSON
 *	ns = facts_index_namespace(index, "team-a");
 *	facts_index_unref(index);
 *
 * Of two objects of the same name the one added later counts, as it would for `kubectl apply`. Other kinds
 * are skipped. A ConfigMap without metadata.namespace is in the default namespace given.
 *
 * Ownership: the index owns its objects, except those added by facts_index_add() (they must live as long as
 * it). Threads: add by one; afterwards read-only, any number; references are atomic.
 */
#ifndef FACTS_INDEX_H
#define FACTS_INDEX_H

#include "admission/engine.h"
#include "base/yaml.h"

struct facts_index;

struct facts_index *facts_index_new(void);
struct facts_index *facts_index_ref(struct facts_index *index);
void facts_index_unref(struct facts_index *index); /* frees with the last reference; NULL is fine */

/* Add object if it is a Namespace or a ConfigMap, or the items if it is a List of any kind. */
void facts_index_add(struct facts_index *index, const struct json *object, const char *default_namespace);

/* Add all documents of text. On failure throw the index away. Errors begin with "line N: ". */
MUST_CHECK int facts_index_add_text(struct facts_index *index, struct slice text, enum yaml_flavour flavour,
				    struct err *err);

/* NULL if it is not there. */
const struct json *facts_index_namespace(const struct facts_index *index, const char *name);
const struct json *facts_index_config_map(const struct facts_index *index, const char *namespace,
					  const char *name);

/* "a, b, c", as they were added, and ", ..." behind the first max; NULL where there is none. */
const char *facts_index_namespace_names(const struct facts_index *index, struct arena *a, size_t max);

/* How many of each, for a log line. */
size_t facts_index_namespace_count(const struct facts_index *index);
size_t facts_index_config_map_count(const struct facts_index *index);

/* Fill facts as needs asks; a ConfigMap that is not there gets the state absent. Does not set now. */
void facts_index_fill(const struct facts_index *index, const struct needs *needs, enum lookup_state absent,
		      struct facts *ret);

#endif
