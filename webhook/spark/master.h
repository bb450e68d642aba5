/*
 * master.h - is a master that of a namespace? One rule for all who ask: admission of pods (pod_check.c) and of ConfigMaps
 * (config_map_check.c), and `status` of what runs. Where a standalone namespace names no master, admission does not ask: any is let
 * through there, and scope.noMaster says so; `status` still tells one of another kind.
 *
 * Threads: no state.
 */
#ifndef SPARK_MASTER_H
#define SPARK_MASTER_H

#include "policy/namespace.h"

/* k8s: policy's k8sMaster or one of its aliases; one of variables is k8s_master.h's to judge. standalone: the namespace's
 * own, where it names none any of that kind. A comma at the end is Spark's own leniency ("spark://a:7077,"), so it makes
 * no other master (SparkContext.createTaskScheduler: split(",") drops empty ends). Without a backend: any. */
bool master_fits(const struct policy *p, const struct namespace *ns, struct slice value);

#endif
