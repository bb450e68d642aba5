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
 *	memory            both request and limit: spark.executor.memory (1g) + overhead + off-heap, where that is on,
 *			  + spark.executor.pyspark.memory, where spark.kubernetes.resource.type is python
 *	overhead          spark.executor.memoryOverhead, else factor x memory, at least spark.executor.minMemoryOverhead
 *			  (384m, which cannot be changed before 4.0)
 *	factor            spark.executor.memoryOverheadFactor, else spark.kubernetes.memoryOverheadFactor, else 0.1. The 0.4 for
 *			  Python and R is what spark-submit uses in cluster mode (BasicDriverFeatureStep.scala); a Connect server
 *			  runs in client mode, where it is 0.1
 *	how many          spark.executor.instances (2). With dynamic allocation spark.dynamicAllocation.maxExecutors; where
 *			  that is not set, the number that it starts with
 *
 * The numbers take settings in looked-up files into account; the values of those are never shown, only where they are set.
 *
 * Bounds: one ask per invocation of the pod (INVOCATIONS_MAX), and one per server that its image
 * starts (SERVERS_MAX). Numbers that cannot be read, or are known at run time only, are -1. Ownership: arena. Threads: no state.
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
	int64_t memory; /* bytes: both the request and the limit */
};

/* Of one invocation. */
struct spark_ask {
	const struct server *server;
	struct view view;             /* the settings as they are now */
	const struct setting *master; /* NULL: not set anywhere that was read */
	bool on_k8s;                  /* the master is a k8s:// URL: executors are pods */
	struct executor_ask executors;
};

struct spark_asks {
	struct spark_ask *items;
	size_t count;
};

/* pod: opened; it is not changed. */
void spark_pod_ask(struct arena *a, const struct spark_pod *pod, struct spark_asks *ret);

/* "1g", "512m", "1024" (in units of `unit` bytes) as bytes, as JavaUtils.byteStringAs reads them: no fractions, any
 * case. -1 where Spark would reject it; INT64_MAX where it is more than that. */
MUST_CHECK int spark_bytes_parse(struct slice text, int64_t unit, int64_t *ret);

#endif
