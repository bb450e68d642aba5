/*
 * field_path.h - JSON Pointers (RFC 6901) in the spelling that Kubernetes shows its users:
 * "/spec/containers/0/args/2" as "spec.containers[0].args[2]", "/data/spark-defaults.conf" as
 * "data[spark-defaults.conf]" (k8s.io/apimachinery/pkg/util/validation/field).
 */
#ifndef BASE_FIELD_PATH_H
#define BASE_FIELD_PATH_H

#include "base/arena.h"

/* "" for the root. Ownership: arena. */
const char *field_path(struct arena *a, const char *pointer);

#endif
