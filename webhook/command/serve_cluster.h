/*
 * serve_cluster.h - what `serve` follows and tells in the cluster beside its facts, on the thread of facts/live: the
 * policy layer of a ConfigMap, the webhook configurations, Events about ourselves and about workloads. Private to command/.
 *
 *	serve_cluster_open(&cluster, options, live, service, arena, err);   // before facts_live_start()
 *	...
 *	facts_live_stop(live);
 *	serve_cluster_close(&cluster);                                      // nobody posts Events any more
 *	facts_live_close(live);
 */
#ifndef COMMAND_SERVE_CLUSTER_H
#define COMMAND_SERVE_CLUSTER_H

#include "command/serve_conditions.h"
#include "command/serve_events.h"
#include "command/serve_options.h"
#include "command/serve_policies.h"

struct serve_cluster {
	struct kube_identity me;
	struct kube_recorder *recorder; /* NULL: our own identity is not known, so no Events */
	struct serve_events events;
	struct serve_conditions conditions;
	struct serve_policies policies;
};

/* Nothing where live is NULL. -1: a flag needs what is not known. */
MUST_CHECK int serve_cluster_open(struct serve_cluster *c, const struct serve_options *o, struct facts_live *live,
				  struct service *service, struct arena *a, struct err *err);
void serve_cluster_close(struct serve_cluster *c);

/* For /metrics, where live was not NULL. */
void serve_cluster_metrics(struct serve_cluster *c, struct buf *out);

#endif
