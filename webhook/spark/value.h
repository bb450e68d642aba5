/*
 * value.h - what a Spark key is in the end, for who asks about one key: the tests of a policy.
 *
 * A pod is asked for each of its Connect command lines, a ConfigMap for each of its properties texts; they may differ.
 * The value is what Spark sees, or the source text where it is known at run time only.
 *
 * Ownership: arena. Threads: no state.
 */
#ifndef SPARK_VALUE_H
#define SPARK_VALUE_H

#include "spark/spark.h"

struct spark_value {
	const char *where;   /* the container, the ConfigMap's data key */
	bool set;
	struct slice value;  /* where it is set */
};

/* As many as a pod has servers that are read (spark/server.h); texts of a ConfigMap beyond them are left out. */
#define SPARK_VALUES_MAX 32

struct spark_values {
	struct spark_value items[SPARK_VALUES_MAX];
	size_t count; /* 0: nothing there reads Spark's settings */
};

/* pod: opened (spark_pod_open), as it is. */
void spark_pod_values(struct arena *a, const struct spark_pod *pod, struct slice key, struct spark_values *ret);

void spark_config_map_values(const struct policy *p, struct arena *a, const struct json *config_map, struct slice key,
			     struct spark_values *ret);

#endif
