/*
 * cluster.h - the facts about a few objects from a cluster, asked for one by one: for `review --kubeconfig`.
 *
 *	struct facts_cluster *cluster = facts_cluster_open(arena, &config, "sparkgate/1.0");
 *	if (facts_cluster_fetch(cluster, index, &needs, err) < 0) ...
 *	facts_index_fill(index, &needs, LOOKUP_MISSING, &facts);
 *
 * Each object is asked for once. What the index has already (the files given) wins. Anything that may not or
 * cannot be read is an error: a report must not depend on the weather.
 *
 * Ownership: objects live in the arena, which the index must not outlive. Threads: one.
 */
#ifndef FACTS_CLUSTER_H
#define FACTS_CLUSTER_H

#include "facts/index.h"
#include "kube/config.h"

struct facts_cluster;

/* config must outlive it. */
struct facts_cluster *facts_cluster_open(struct arena *a, const struct kube_config *config, const char *user_agent);
void facts_cluster_close(struct facts_cluster *cluster); /* NULL is fine */

/* Put what needs names, and the cluster has, into index. */
MUST_CHECK int facts_cluster_fetch(struct facts_cluster *cluster, struct facts_index *index, const struct needs *needs,
				   struct err *err);

#endif
