/*
 * files.h - facts from one file (`--namespaces FILE`): Namespaces and ConfigMaps, as YAML documents,
 * a List or JSON. No cluster needed.
 *
 *	struct facts_files *files;
 *	if (facts_files_open(path, &files, err) < 0) ...
 *	struct facts_source *source = facts_files_source(files);
 *	...
 *	switch (facts_files_reload(files, err)) { ... }     // from one thread, every second or so
 *
 * The file is the whole world: a ConfigMap that is not in it does not exist. A reload is taken as a
 * whole or not at all; requests in progress keep the facts they started with.
 *
 * Threads: any number may use the source; reload and close belong to one. Close when no lease is out.
 */
#ifndef FACTS_FILES_H
#define FACTS_FILES_H

#include "facts/source.h"

struct facts_files;

/* Read path. -1 with err if it cannot be read or parsed. */
MUST_CHECK int facts_files_open(const char *path, struct facts_files **ret, struct err *err);
void facts_files_close(struct facts_files *files); /* NULL is fine */

struct facts_source *facts_files_source(struct facts_files *files);

/* Check whether the file changed (or could not be read before), and if so take it: 1 taken, 0 nothing new,
 * -1 it is bad (err says why, once per change or reason; the old facts stay). */
MUST_CHECK int facts_files_reload(struct facts_files *files, struct err *err);

/* How much is in it, for a log line. */
void facts_files_count(struct facts_files *files, size_t *namespaces, size_t *config_maps);

/* The error of the last reload; false if the file in force is the file on disk. */
bool facts_files_stale(struct facts_files *files, struct err *ret);

#endif
