/*
 * ask.h - what a Connect server, as its pod stands, will run on and ask of the cluster: its master, and the executor
 * pods that it will want on Kubernetes.
 *
 *	struct spark_asks asks;
 *	spark_pod_ask(arena, &pod, &asks);              // of a pod that spark_pod_open() has read
 *	for (size_t i = 0; i < asks.count; i++)
 *		... asks.items[i].master, asks.items[i].executors
 *
 * The arithmetic is Spark's own (BasicExecutorFeatureStep.scala, ResourceProfile.scala getResourcesForClusterManager):
 *
 *	requests.cpu      spark.kubernetes.executor.request.cores, else spark.executor.cores, else 1
 *	limits.cpu        spark.kubernetes.executor.limit.cores, else none
 *	memory            both request and limit: spark.executor.memory (1g) + overhead + off-heap, where that is on
 *	overhead          spark.executor.memoryOverhead, else the factor of memory, at least spark.executor.minMemoryOverhead
 *			  (384m, which is no setting before 4.0)
 *	factor            spark.executor.memoryOverheadFactor, else spark.kubernetes.memoryOverheadFactor, else 0.1. The 0.4 of
 *			  Python and R is what spark-submit gives cluster mode (BasicDriverFeatureStep.scala); a Connect server
 *			  runs in client mode, and there it is 0.1
 *	how many          spark.executor.instances (2). With dynamic allocation spark.dynamicAllocation.maxExecutors; where
 *			  that is not bounded, the number that it starts with
 *
 * Numbers are computed of settings in looked-up files too; values themselves are not shown but for who has a setting.
 *
 * Bounds: as many asks as the pod has invocations (INVOCATIONS_MAX). Numbers that cannot be read, or are known at run
 * time only, are -1. Ownership: arena. Threads: no state.
 */
#ifndef SPARK_ASK_H
#define SPARK_ASK_H

#include "spark/server.h"

/* Executor pods; -1 = not known. */
struct executor_ask {
	int64_t count;
	bool unbounded;    /* dynamic allocation without maxExecutors: count is the number it starts with */
	int64_t cpu_milli; /* requested */
	bool has_cpu_limit;
	int64_t cpu_limit_milli;
	int64_t memory; /* bytes: requested, and the limit */
};

/* Of one invocation. */
struct spark_ask {
	const struct server *server;
	struct view view;             /* as it is */
	const struct setting *master; /* NULL: set nowhere that was read */
	bool on_k8s;                  /* the master is a k8s:// one: executors are pods */
	struct executor_ask executors;
};

struct spark_asks {
	struct spark_ask *items;
	size_t count;
};

/* pod: opened. Nothing of it is changed. */
void spark_pod_ask(struct arena *a, const struct spark_pod *pod, struct spark_asks *ret);

/* "1g", "512m", "1024" (of unit bytes) as bytes, by JavaUtils.byteStringAs: no fractions, any case. -1 where Spark would
 * not take it; INT64_MAX where it is more. */
MUST_CHECK int spark_bytes_parse(struct slice text, int64_t unit, int64_t *ret);

#endif
