/*
 * policies_option.h - the policy of a subcommand that asks a cluster: that of --policies and --policies-configmap, or, where
 * neither is given, the one that sparkgate's replicas there have in force.
 *
 *	const struct policies_option option = {.paths = paths, .path_count = n, .configmap = args.policies_configmap,
 *					       .gate = "sparkgate", .command = "audit"};
 *	if (policies_option_of_cluster(arena, client, &option, &policy, err) < 0) ...
 *
 * --policies-configmap NAMESPACE/NAME, from anywhere: one that is not there is an error, since whoever typed it meant one.
 * NAME alone is in the namespace of the pod that asks, as serve has it: one that is not there means no layer.
 *
 * Replicas say in their metrics which policy they have, by its hash. Another one than ours is loaded from the ConfigMap that
 * their arguments name, and used if its hash is theirs; else one line on standard error says that we judge by another. Where
 * they may not be asked, nothing can be compared, which only `verbose` tells.
 *
 * Ownership: *ret is the caller's reference; the rest is the arena's. Threads: those of the client.
 */
#ifndef COMMAND_POLICIES_OPTION_H
#define COMMAND_POLICIES_OPTION_H

#include "kube/client.h"
#include "policy/load.h"

struct status_gate; /* status/status.h */

struct policies_option {
	const char *const *paths;
	size_t path_count;
	const char *configmap; /* NULL: of the files alone */
	const char *gate;      /* the namespace of sparkgate */
	const struct status_gate *found; /* what its replicas say, where that was asked already; NULL: they are asked */
	const char *command;   /* who says it: "audit" */
	bool verbose;
};

/* Selectors wider than the webhook's rules are what serve has looked at, so a ConfigMap's layer may have them. client NULL: no
 * cluster is asked, and option->configmap is NULL. */
MUST_CHECK int policies_option_of_cluster(struct arena *a, struct kube_client *client, const struct policies_option *option,
					  struct policy **ret, struct err *err);

/* The same with a client of its own, for a cluster that may be NULL. */
MUST_CHECK int policies_option_of_config(struct arena *a, const struct kube_config *kube, const struct policies_option *option,
					 struct policy **ret, struct err *err);

#endif
