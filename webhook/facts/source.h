/*
 * source.h - where the facts of a decision come from: files or a cluster, behind the same two calls.
 *
 *	struct needs needs;
 *	engine_needs(&request, policy, arena, &needs);
 *
 *	struct facts_lease lease;
 *	struct facts_wait wait = {wake, me, deadline, NULL};
 *	if (facts_get(source, &needs, &wait, &facts, &lease) == FACTS_PENDING)
 *		return suspend(connection);      // wait.wake() will be called; then ask again
 *	engine_decide(&request, &facts, policy, arena, &decision);
 *	facts_put(source, &lease);               // nothing of facts may be used from here on
 *
 * wake() comes once, before the deadline whatever happens; a caller that asks again with the same wait gets what
 * is there, and is never told to wait a second time: a Namespace that was not fetched is NAMESPACE_UNKNOWN, a
 * ConfigMap LOOKUP_UNSEEN. The same goes for a caller without a wait. A caller that was woken and does not ask
 * again calls facts_abandon().
 *
 * Ownership: the objects in struct facts belong to the source and live as long as the lease.
 * Threads: any number may get and put at once; wake() is called from the source's own thread
 * and must only resume, not decide.
 */
#ifndef FACTS_SOURCE_H
#define FACTS_SOURCE_H

#include "admission/engine.h"
#include "base/buf.h"

enum facts_outcome {
	FACTS_READY,
	FACTS_PENDING /* being fetched: wake() is called once, *ret and *lease are untouched */
};

struct facts_wait {
	void (*wake)(void *closure);
	void *closure;
	int64_t deadline; /* monotonic: of the request */
	void *ticket;     /* the source's, NULL at first */
};

/* What keeps the facts alive: one per FACTS_READY, given back by facts_put(). */
struct facts_lease {
	void *snapshot;
};

struct facts_source;

/* One implementation of a source; its struct begins with a struct facts_source. */
struct facts_source_class {
	enum facts_outcome (*get)(struct facts_source *source, const struct needs *needs,
				  struct facts_wait *wait, struct facts *ret, struct facts_lease *lease);
	void (*put)(struct facts_source *source, struct facts_lease *lease);
	bool (*ready)(struct facts_source *source, char *why, size_t size);
	void (*abandon)(struct facts_source *source, struct facts_wait *wait); /* NULL = nothing to do */
	void (*metrics)(struct facts_source *source, struct buf *out);         /* NULL = none */
};

struct facts_source {
	const struct facts_source_class *class;
};

/* The facts that needs names, with the time of day. */
static inline enum facts_outcome facts_get(struct facts_source *source, const struct needs *needs,
					   struct facts_wait *wait, struct facts *ret,
					   struct facts_lease *lease)
{
	return source->class->get(source, needs, wait, ret, lease);
}

static inline void facts_put(struct facts_source *source, struct facts_lease *lease)
{
	source->class->put(source, lease);
}

/* A request ended without asking again: forget what was fetched for it. wait may never have waited. */
static inline void facts_abandon(struct facts_source *source, struct facts_wait *wait)
{
	if (source->class->abandon && wait->ticket)
		source->class->abandon(source, wait);
}

/* The source's own metrics in Prometheus' text format. */
static inline void facts_metrics(struct facts_source *source, struct buf *out)
{
	if (source->class->metrics)
		source->class->metrics(source, out);
}

/* Has the source ever seen its facts? For the first readiness; if not, why says what is missing. */
static inline bool facts_ready(struct facts_source *source, char *why, size_t size)
{
	return source->class->ready(source, why, size);
}

#endif
