/*
 * simulate.h - a whole admission without an API server: mutate, apply the patch,
 * validate. What review, audit and explain show.
 *
 * Ownership: arena. Threads: any number, one arena each. Pure, as the engine is.
 */
#ifndef ADMISSION_SIMULATE_H
#define ADMISSION_SIMULATE_H

#include "admission/engine.h"

struct simulation {
	struct decision mutate;   /* of a Pod or ConfigMap; of a controller: empty */
	struct decision validate; /* of the object as /mutate left it; its ns is read of what is let by unjudged, too */

	/* What enforce does and says. */
	struct changes changes;
	struct findings findings;
	bool verdict;
	struct exemption_uses exemptions; /* used in either decision */

	/* In the mode in force. */
	bool allowed;        /* for a controller: to its pods */
	const char *message; /* the refusal; NULL if allowed */
	const char *const *warnings;
	size_t warning_count;
	const struct json_patch *patch;           /* for a controller: of its template, as its pods will be admitted */
	const struct json_patch *admission_patch; /* what /mutate returns for this very object */
	const struct json *result;                /* the object after patch */
};

/* Which facts a simulation of review needs (the same as an admission). */
void simulate_needs(const struct review *review, const struct policy *policy, struct arena *a, struct needs *ret);

/* The request that `kubectl create` of object would be. An object without a namespace is created in default_namespace. */
void simulate_create(struct arena *a, const struct json *object, const char *default_namespace, struct review *ret);

/* object, a manifest, with those defaults of the API server that matter to a decision: a volume without a source is an
 * emptyDir, and in the host's network a pod's containerPort is a hostPort. */
const struct json *simulate_defaulted(struct arena *a, const struct json *object, const char *kind);

/* The Namespace as if it were in enforce, both halves. */
const struct json *simulate_as_enforce(struct arena *a, const struct json *namespace);

/* -1 with err only if our own patch does not apply: a bug that must not go unnoticed. */
MUST_CHECK int simulate(const struct review *review, const struct facts *facts, const struct policy *policy,
			struct arena *a, struct simulation *ret, struct err *err);

/* What becomes of object, the manifest that simulate_defaulted() was made of: the patch is of what has defaults, what is
 * shown is the object without them. -1 as above. */
MUST_CHECK int simulate_manifest(struct arena *a, const struct simulation *s, const struct json *object,
				 const struct json **ret, struct err *err);

/* Why a request about an object that has a role, in a namespace that has opted in, is not judged. */
const char *simulate_unjudged_why(const struct review *review);

/* The first half: what the API server stores of a Pod or ConfigMap, as /mutate leaves it. -1 as above. */
MUST_CHECK int simulate_stored(const struct review *review, const struct facts *facts, const struct policy *policy,
			       struct arena *a, const struct json **ret, struct err *err);

#endif
