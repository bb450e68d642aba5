/*
 * unknown.h - what to do where nothing is known of an object's namespace, in words.
 *
 *	const struct facts_unknown unknown = {.namespace = "reports", .named = true, .file = "namespaces.yaml", .index = index};
 *	err_set(err, "%s '%s': %s", kind, name, facts_unknown_text(a, &unknown));
 *
 * Ownership: the arena. Threads: as the arena.
 */
#ifndef FACTS_UNKNOWN_H
#define FACTS_UNKNOWN_H

#include "facts/index.h"

#define FACTS_FILES "--namespaces" /* several of them */

struct facts_unknown {
	const char *namespace;           /* that counts for the object */
	bool named;                      /* the object itself names it, or -n does */
	const char *file;                /* of --namespaces: its name, "-" or FACTS_FILES; NULL = none was given */
	const struct facts_index *index; /* what is known */
};

/* Does the manifest name its namespace? */
bool facts_names_namespace(const struct json *object);

/* By case: no namespace was named, the file lacks it, no file was given. A command is in it only where names are such that a shell
 * takes them as they are. */
const char *facts_unknown_text(struct arena *a, const struct facts_unknown *unknown);

#endif
