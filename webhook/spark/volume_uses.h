/*
 * volume_uses.h - private to spark/: which volumes of a pod are mounted, and by how many of its containers.
 *
 *	struct volume_uses uses;
 *	volume_uses_find(arena, spec, &uses);          // once a pod: a hostile one has 60,000 mounts
 *	if (volume_uses_shared(&uses, "conf")) ...
 *
 * Containers of all kinds count. Ownership: arena; names are the spec's. Threads: no state.
 */
#ifndef SPARK_VOLUME_USES_H
#define SPARK_VOLUME_USES_H

#include "base/json.h"

struct volume_use;

struct volume_uses {
	struct volume_use *items; /* sorted */
	size_t count;
};

void volume_uses_find(struct arena *a, const struct json *spec, struct volume_uses *ret);

bool volume_uses_mounted(const struct volume_uses *uses, const char *volume); /* by any container */
bool volume_uses_shared(const struct volume_uses *uses, const char *volume);  /* by two */

#endif
