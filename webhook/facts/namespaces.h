/*
 * namespaces.h - the Namespaces of a cluster by name, each with what a decision reads and no more: its mode label, the
 * sparkgate.io/ annotations and OpenShift's range of user ids (docs/contract.md 2).
 *
 *	namespaces_begin(table);                        // a list begins
 *	namespaces_put(table, object);  ...
 *	namespaces_sweep(table);                        // it is complete: what it did not name is gone
 *	if (namespaces_find(table, "team-a", &text, &opted_in)) ...
 *
 * Memory: a few hundred bytes each: 10,000 within 8 MiB. A value longer than NAMESPACE_VALUE_MAX is kept as a text that
 * is malformed for every key; of more than NAMESPACE_KEYS_MAX keys the rest is not kept.
 *
 * Threads: one at a time; the caller locks.
 */
#ifndef FACTS_NAMESPACES_H
#define FACTS_NAMESPACES_H

#include "base/json.h"

#define NAMESPACE_VALUE_MAX 4096
#define NAMESPACE_KEYS_MAX 32

struct namespaces;

struct namespaces *namespaces_new(void);
void namespaces_free(struct namespaces *table); /* NULL is fine */

void namespaces_begin(struct namespaces *table);
void namespaces_sweep(struct namespaces *table);

/* Add or replace; skipped if object has no name. */
void namespaces_put(struct namespaces *table, const struct json *object);
void namespaces_remove(struct namespaces *table, const char *name);

/* What is known of name, as the JSON of a Namespace; valid until the next change. opted_in: it has the mode
 * label. false: it is not known. */
bool namespaces_find(const struct namespaces *table, const char *name, struct slice *ret, bool *opted_in);

size_t namespaces_count(const struct namespaces *table);

/* What a decision reads of a Namespace object, as JSON. */
struct slice namespace_trim(struct arena *a, const struct json *object, bool *opted_in);

#endif
