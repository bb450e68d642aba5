/*
 * explain_kind.h - KIND/NAME as kubectl takes it: "pod/x", "deploy/x", "deployments.apps/x", "Deployment/x".
 *
 * The table holds the kinds that sparkgate judges; of others nothing could be explained.
 * Ownership: slices point into word. Threads: no state.
 */
#ifndef COMMAND_EXPLAIN_KIND_H
#define COMMAND_EXPLAIN_KIND_H

#include "base/arena.h"

struct explain_kind {
	const char *kind, *resource; /* "Deployment", "deployments" */
	const char *group;           /* "apps"; "" = core */
	const char *prefix;          /* of its path: "/apis/apps/v1" */
	const char *shorts[2];       /* kubectl's short names */
	bool cluster_scoped;
};

/* word is "KIND/NAME". -1 with err, which names the nearest kind. */
MUST_CHECK int explain_kind_read(const char *word, const struct explain_kind **kind, const char **name, struct err *err);

/* The path of an object of that kind. */
const char *explain_kind_path(struct arena *a, const struct explain_kind *kind, const char *namespace, const char *name);

#endif
