/*
 * history.h - Namespaces and ConfigMaps that come, change and go while a log is read, on top of those that were given.
 *
 *	struct facts_history *history = facts_history_new(index);
 *	facts_history_put(history, arena, "ConfigMap", "team-a", "conf", object);
 *	facts_history_remove(history, "ConfigMap", "team-a", "conf");
 *	facts_history_fill(history, arena, &needs, LOOKUP_UNSEEN, &facts);
 *
 * Memory: the text of each object, without metadata.managedFields and status; a newer one replaces it and frees the old
 * one. All together take about FACTS_HISTORY_BYTES at most; what would not fit is forgotten (a ConfigMap then counts as
 * not seen) and counted, so that a log of any length stays within them. What was removed costs its name.
 *
 * A Namespace that was deleted stays known: its pods may end later than it, and a new one of the same name brings its
 * own keys.
 *
 * Ownership: index must outlive it; what fill gives lives in the arena. Threads: one.
 */
#ifndef FACTS_HISTORY_H
#define FACTS_HISTORY_H

#include "facts/index.h"

#define FACTS_HISTORY_BYTES (64u * 1024 * 1024)

struct facts_history;

struct facts_history *facts_history_new(const struct facts_index *index);
void facts_history_free(struct facts_history *history); /* NULL is fine */

/* namespace is ignored for a Namespace. scratch may be reset afterwards. */
void facts_history_put(struct facts_history *history, struct arena *scratch, const char *kind, const char *namespace,
		       const char *name, const struct json *object);
void facts_history_remove(struct facts_history *history, const char *kind, const char *namespace, const char *name);

/* The Namespace as it is known now; NULL if it is not. */
const struct json *facts_history_namespace(const struct facts_history *history, struct arena *a, const char *name);

/* Like facts_index_fill(). */
void facts_history_fill(const struct facts_history *history, struct arena *a, const struct needs *needs,
			enum lookup_state absent, struct facts *ret);

/* Objects that did not fit. */
size_t facts_history_forgotten(const struct facts_history *history);

#endif
