/*
 * sizes.h - what the texts of a container say of its executors, beside what its command line certainly holds.
 *
 *	OPTS="--executor-cores 4"; for c in spark.executor.instances=5; do OPTS="$OPTS --conf $c"; done; start.sh $OPTS
 *
 * Whether that reaches the command line nobody can tell, but its author has thought of it: such a size is no longer
 * ours to choose. Texts are command, args and the known values of the environment, looked-up ConfigMaps' included, with
 * $(NAME) as the kubelet expands it; other commands in them count too, comments and prose do not.
 *
 * Ownership: none. Threads: no state.
 */
#ifndef SPARK_SIZES_H
#define SPARK_SIZES_H

#include "spark/environment.h"

/* More executors, or cores of one, are a mistake. */
#define SIZES_MAX 1000000

struct size {
	bool named;
	int64_t value; /* > 0: the number that all texts which name it say; 0: they differ, or only a shell knows it */
};

struct sizes {
	struct size cores;         /* spark.executor.cores, --executor-cores */
	struct size instances;     /* spark.executor.instances, --num-executors */
	struct size max;           /* spark.cores.max, --total-executor-cores */
	struct size max_executors; /* spark.dynamicAllocation.maxExecutors */
	struct size fixed;         /* spark.dynamicAllocation.enabled: value 1 where all say false */
};

/* false: none is named, but perhaps `fixed`. Linear in the texts, so to be asked once for a container. */
bool sizes_read(const struct json *container, const struct environment *env, struct sizes *ret);

#endif
