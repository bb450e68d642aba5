/*
 * resources.h - what pods ask for, as quotas and limit ranges count it: CPU and memory, requests and limits.
 *
 *	struct amounts defaults = amounts_of_limit_ranges(arena, ns->limit_ranges, ns->limit_range_count);
 *	struct amounts pod = amounts_of_pod(arena, spec, &defaults);
 *	if (pod.of[REQUEST_MEMORY] > hard)
 *		...
 *
 * Sources: pkg/apis/core/v1/defaults.go (a request that is not set is the limit; what a LimitRange leaves out),
 * plugin/pkg/admission/limitranger (a LimitRange's defaults), component-helpers/resource/helpers.go PodRequests
 * (containers and sidecars together, or the largest init container; overhead; the pod's own resources win).
 *
 * Everything may be hostile: what is not a quantity, or is negative, counts as not set; sums stop at INT64_MAX.
 *
 * Ownership: plain data. Threads: no state.
 */
#ifndef AUDIT_RESOURCES_H
#define AUDIT_RESOURCES_H

#include "base/quantity.h"

enum amount { REQUEST_CPU, REQUEST_MEMORY, LIMIT_CPU, LIMIT_MEMORY, AMOUNTS };

/* CPU in thousandths, memory in bytes; NOT_SET where it is not said. */
#define NOT_SET (-1)

struct amounts {
	int64_t of[AMOUNTS];
};

#define AMOUNTS_NONE ((struct amounts){{NOT_SET, NOT_SET, NOT_SET, NOT_SET}})

const char *amount_show(struct arena *a, enum amount which, int64_t value); /* "1500m", "4Gi" */

/* member of v (a ResourceQuota's hard, a LimitRange's max) as which counts; NOT_SET where it is not a quantity. */
int64_t amount_read(struct arena *a, const struct json *v, const char *member, enum amount which);

/* What LimitRanges give containers that ask for nothing. */
struct amounts amounts_of_limit_ranges(struct arena *a, const struct json *const *ranges, size_t count);

/* Set what is not set. */
void amounts_default(struct amounts *x, const struct amounts *defaults);

/* Of one container, of a whole pod. */
struct amounts amounts_of_container(struct arena *a, const struct json *container, const struct amounts *defaults);
struct amounts amounts_of_pod(struct arena *a, const struct json *spec, const struct amounts *defaults);

#endif
