/*
 * config_map_layer.h - a policy layer from a ConfigMap: each key of data that ends in .yaml, .yml or .json is a file
 * of it, in the order of their names.
 *
 *	struct policy_layer layer;
 *	if (config_map_layer(arena, "sparkgate-policies", object, &layer, err) < 0)
 *		return -1;              // "ConfigMap sparkgate-policies: ..."
 *	policy_store_layer(store, &layer, err);
 *
 * Other keys are not policy (a README is fine). A binaryData key with such an ending, a value that is not a text, or
 * more than a limit allows is refused: a layer never lacks a part.
 *
 * Ownership: the layer points into object, and lives in the arena. Threads: no state.
 */
#ifndef POLICY_CONFIG_MAP_LAYER_H
#define POLICY_CONFIG_MAP_LAYER_H

#include "base/json.h"
#include "policy/load.h"

/* The API server takes no more than 1 MiB of data (ValidateConfigMap in k8s.io/kubernetes). */
#define CONFIG_MAP_LAYER_BYTES (1u << 20)

/* name appears in messages: "ConfigMap NAME, KEY:LINE: ...". */
MUST_CHECK int config_map_layer(struct arena *a, const char *name, const struct json *object, struct policy_layer *ret,
				struct err *err);

#endif
