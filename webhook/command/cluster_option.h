/*
 * cluster_option.h - which cluster an interactive subcommand asks, by --kubeconfig and --context: one rule for all of them.
 *
 *	struct kube_config kube;
 *	if (cluster_option_read(arena, args.kubeconfig, args.context, &kube, err) < 0) ...
 *
 * As kubectl does it: the file of --kubeconfig, else those of $KUBECONFIG together, else ~/.kube/config where it exists,
 * else the cluster whose pod this is. A KUBECONFIG without any name counts as not set.
 *
 * `serve` has another rule (--kubeconfig or in-cluster), since a service must not depend on somebody's home directory.
 *
 * Ownership: the arena. Threads: no state; reads the environment.
 */
#ifndef COMMAND_CLUSTER_OPTION_H
#define COMMAND_CLUSTER_OPTION_H

#include "kube/config.h"

/* kubeconfig and context NULL: not given. -1 with err, which names what was looked for. */
MUST_CHECK int cluster_option_read(struct arena *a, const char *kubeconfig, const char *context, struct kube_config *ret,
				   struct err *err);

/* As kubectl does it: the one that is named, else the context's (in a pod, the pod's own), else "default". named and kube may be NULL. */
const char *cluster_option_namespace(const char *named, const struct kube_config *kube);

#endif
