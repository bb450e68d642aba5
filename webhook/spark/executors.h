/*
 * executors.h - the arithmetic between the two ways to say "how much": executors
 * on Kubernetes, cores on a standalone master.
 *
 * Without dynamic allocation, standalone ignores spark.executor.instances and gives the first
 * application all cores unless spark.cores.max limits it (StandaloneSchedulerBackend,
 * spark.deploy.defaultCores); so each is computed from the other.
 *
 * sizes: what texts of the container name beside the command line, where that may reach Spark. What the view holds is one more
 * of these. NULL: nothing.
 *
 * Ownership: arena. Threads: no state.
 */
#ifndef SPARK_EXECUTORS_H
#define SPARK_EXECUTORS_H

#include "spark/effective.h"
#include "spark/sizes.h"

/* Cores of one executor: spark.executor.cores, else an integer spark.kubernetes.executor.request.cores, else "1"; ptr NULL
 * where spark.executor.cores is known at run time only. */
struct slice executors_cores(const struct view *view, const struct sizes *sizes, struct arena *a);

/* spark.cores.max: what sizes say of it, else (maxExecutors unless dynamic allocation is off, else instances, else
 * fallback, but no less than minExecutors and initialExecutors) x cores; ptr NULL where one of these is known at run
 * time only, or it is no Int of Spark's. */
struct slice executors_cores_max(const struct view *view, const struct sizes *sizes, unsigned fallback, struct arena *a);

/* spark.executor.instances: spark.cores.max / cores, at least 1; ptr NULL where there is no spark.cores.max to derive
 * it from, the cores are known at run time only, or dynamic allocation decides. */
struct slice executors_instances(const struct view *view, struct arena *a);

#endif
