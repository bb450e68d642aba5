/*
 * source.h - where the facts of a decision come from: files today, the cluster
 * behind the same two calls.
 *
 *	struct needs needs;
 *	engine_needs(&request, policy, arena, &needs);
 *
 *	struct facts_lease lease;
 *	if (facts_get(source, &needs, &wait, &facts, &lease) == FACTS_PENDING)
 *		return suspend(connection);      // wait.wake() will be called; then ask again
 *	engine_decide(&request, &facts, policy, arena, &decision);
 *	facts_put(source, &lease);               // nothing of facts may be used from here on
 *
 * A request that has run out of time asks with wait NULL and gets what is there: a Namespace that
 * was not fetched is NAMESPACE_UNKNOWN, a ConfigMap LOOKUP_UNSEEN.
 *
 * Ownership: the objects in struct facts belong to the source and live as long as the lease.
 * Threads: any number may get and put at once; wake() is called from the source's own thread
 * and must only resume, not decide.
 */
#ifndef FACTS_SOURCE_H
#define FACTS_SOURCE_H

#include "admission/engine.h"

enum facts_outcome {
	FACTS_READY,
	FACTS_PENDING /* being fetched: wake() is called once, *ret and *lease are untouched */
};

struct facts_wait {
	void (*wake)(void *closure);
	void *closure;
};

/* What keeps the facts alive: one per FACTS_READY, given back by facts_put(). */
struct facts_lease {
	void *snapshot;
};

struct facts_source;

/* One implementation of a source; its struct begins with a struct facts_source. */
struct facts_source_class {
	enum facts_outcome (*get)(struct facts_source *source, const struct needs *needs,
				  const struct facts_wait *wait, struct facts *ret, struct facts_lease *lease);
	void (*put)(struct facts_source *source, struct facts_lease *lease);
	bool (*ready)(struct facts_source *source, char *why, size_t size);
};

struct facts_source {
	const struct facts_source_class *class;
};

/* The facts that needs names, with the time of day. */
static inline enum facts_outcome facts_get(struct facts_source *source, const struct needs *needs,
					   const struct facts_wait *wait, struct facts *ret,
					   struct facts_lease *lease)
{
	return source->class->get(source, needs, wait, ret, lease);
}

static inline void facts_put(struct facts_source *source, struct facts_lease *lease)
{
	source->class->put(source, lease);
}

/* Has the source ever seen its facts? For the first readiness; where not, why says what is missing. */
static inline bool facts_ready(struct facts_source *source, char *why, size_t size)
{
	return source->class->ready(source, why, size);
}

#endif
