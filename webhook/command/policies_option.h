/*
 * policies_option.h - --policies-configmap of a subcommand of people's: the layer that `serve` has from a ConfigMap.
 *
 *	struct policy_layer layer = {.count = 0};
 *	if (policies_option_read(arena, client, "sparkgate/sparkgate-policies", &layer, err) < 0) ...
 *
 * NAMESPACE/NAME, from anywhere: one that is not there is an error, for whoever typed it meant one. NAME alone is of the
 * namespace of the pod that asks, as serve has it: one that is not there is no layer.
 *
 * Ownership: arena. Threads: those of the client.
 */
#ifndef COMMAND_POLICIES_OPTION_H
#define COMMAND_POLICIES_OPTION_H

#include "kube/client.h"
#include "policy/load.h"

MUST_CHECK int policies_option_read(struct arena *a, struct kube_client *client, const char *text, struct policy_layer *ret,
				    struct err *err);

#endif
