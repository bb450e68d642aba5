/*
 * hygiene.h - what an audit sees and admission does not: what runs already, what exists beside it, and whether the
 * namespace is set up as its owner thinks.
 *
 *	struct hygiene hygiene;
 *	hygiene_begin(&hygiene, policy, &ns, parsed, opted_in, &namespace_arena);
 *	hygiene_object(&hygiene, &arena, &seen, &findings);     // for each object, after the engine's own findings
 *	hygiene_namespace(&hygiene, &arena, &findings);         // for the Namespace, when all its objects were seen
 *
 * Rules (each a check of policies/checks.yaml, so that a policy layer may set its action; none ever denies):
 *
 *	backend.drift       a running pod, or a ConfigMap, is not on its namespace's backend any more
 *	scope.drift         a running pod fails Pod Security checks that it would pass if it were created anew
 *	scope.notOptedIn    a Connect server in a namespace that has not opted in
 *	scope.notInForce    a sparkgate.io key on an object of a namespace that has not opted in: it does nothing
 *	scope.noLabel       a Connect server recognised by its command line alone, by no label
 *	scope.noBackend     opted in, and no backendMode: nothing is rewritten
 *	scope.podSecurity   the native pod-security.kubernetes.io labels will refuse what sparkgate lets through
 *	scope.quota         a ResourceQuota is too small for what a Connect server asks for
 *	scope.limitRange    a LimitRange (min, max or ratio) refuses what a container or executor asks for
 *	scope.noService     spark:// names a Service of a known namespace that does not exist
 *	config.shared       a workload that is not a Connect server reads a ConfigMap that is rewritten
 *
 * Nothing is reported twice: what pods will meet is reported for their controller, and not for them (their
 * owner is set); the engine's own findings are not repeated. A rule whose action is off reports nothing.
 *
 * Messages are one line, with names and numbers, and end with what to do. A value that was read from a ConfigMap is not
 * shown but as a number that was computed of it, as a report may be read by more people than its ConfigMaps.
 *
 * Bounds: an object takes time linear in its size, plus the namespace's quotas; a reference to a ConfigMap is compared
 * with the names of connect-configs. Of what a namespace asks for, HYGIENE_PARTS_MAX parts are named and the rest is counted.
 * Hostile quantities: audit/resources.h.
 *
 * Sources: k8s.io/kubernetes pkg/quota/v1/evaluator/core/pods.go (what a quota counts, and what it demands),
 * plugin/pkg/admission/limitranger, k8s.io/pod-security-admission api/helpers.go (labels); Spark's: spark/ask.h.
 *
 * Pure: no I/O, no clock. Ownership: findings live in the arena given; struct hygiene holds numbers, and names in
 * the arena of the namespace. Threads: one.
 */
#ifndef AUDIT_HYGIENE_H
#define AUDIT_HYGIENE_H

#include "admission/simulate.h"
#include "audit/resources.h"
#include "audit/world.h"

/* The most parts of a namespace's ask that are named; the sum has all. */
#define HYGIENE_PARTS_MAX 8

/* "Deployment spark-connect", so many pods of so much each. */
struct hygiene_part {
	const char *who;
	int64_t pods;
	struct amounts each;
};

/* What a namespace's Spark pods ask for together: servers, the executors that they will want, standalone daemons. */
struct hygiene_ask {
	struct amounts sum; /* NOT_SET: no pod sets it */
	int64_t pods;
	unsigned servers; /* Connect servers: objects that were counted, not pods */
	bool at_least;    /* a part is known at run time only, or has no bound */
	struct hygiene_part parts[HYGIENE_PARTS_MAX];
	size_t part_count, parts_left;
};

/* The strictest of what a namespace's LimitRanges say of CPU and memory, and which of them says it. */
struct hygiene_bound {
	int64_t value; /* NOT_SET = none */
	const char *range;
};

enum hygiene_bounded { BOUNDED_CONTAINER, BOUNDED_POD, BOUNDED_COUNT };
struct hygiene_bounds {
	struct hygiene_bound max[2], min[2], ratio[2]; /* of CPU, of memory; ratios in thousandths */
};

struct hygiene {
	const struct policy *policy;
	const struct audit_namespace *ns;
	const struct namespace *parsed; /* as it is judged: with --as enforce in enforce; mode MODE_NONE: not at all */
	bool opted_in;                  /* really */
	struct arena *arena;            /* of the namespace */
	struct amounts defaults;        /* what LimitRanges give containers that ask for nothing */
	struct hygiene_bounds bounds[BOUNDED_COUNT];
	struct hygiene_ask ask;
};

/* An object that was judged. */
struct hygiene_seen {
	const struct audit_object *object;
	const struct review *review;
	const struct simulation *simulation;
	const struct decision *as_it_is; /* of a live pod: /validate of it as it runs; else NULL */
	const struct facts *facts;
};

void hygiene_begin(struct hygiene *h, const struct policy *policy, const struct audit_namespace *ns,
		   const struct namespace *parsed, bool opted_in, struct arena *a);
void hygiene_object(struct hygiene *h, struct arena *a, const struct hygiene_seen *seen, struct findings *ret);
void hygiene_namespace(struct hygiene *h, struct arena *a, struct findings *ret);

#endif
