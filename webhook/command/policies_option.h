/*
 * policies_option.h - the policy of a subcommand that asks a cluster: --policies, and with --policies-configmap the layer
 * that `serve` has from a ConfigMap.
 *
 *	if (policies_option_load(arena, client, paths, count, "sparkgate/sparkgate-policies", &policy, err) < 0) ...
 *
 * NAMESPACE/NAME, from anywhere: one that is not there is an error, since whoever typed it meant one. NAME alone is in the
 * namespace of the pod that asks, as serve has it: one that is not there means no layer.
 *
 * Ownership: *ret is the caller's reference; the rest is the arena's. Threads: those of the client.
 */
#ifndef COMMAND_POLICIES_OPTION_H
#define COMMAND_POLICIES_OPTION_H

#include "kube/client.h"
#include "policy/load.h"

/* configmap NULL: of the files alone. Selectors wider than the webhook's rules are what serve has looked at, so a layer of its may
 * have them. */
MUST_CHECK int policies_option_load(struct arena *a, struct kube_client *client, const char *const *paths, size_t path_count,
				    const char *configmap, struct policy **ret, struct err *err);

#endif
