/*
 * health.h - /livez and /readyz, in the API server's own style:
 *
 *	[+]policy ok (0a1b2c3d4e5f)
 *	[+]certificate ok (expires 2026-01-31T00:00:00Z)
 *	[-]shutdown failed: draining
 *	readyz check failed
 *
 * Live means: the process answers. Ready means: every check has passed once and
 * we are not draining. A check that has passed stays passed: later trouble is
 * shown beside it ("ok, but now: ..."), and is a metric, a log line and an Event, not
 * unreadiness: the old policy, certificate and facts go on serving, and
 * an outage of all replicas at once helps nobody.
 *
 * Threads: checks run on worker threads, several at a time.
 */
#ifndef HTTP_HEALTH_H
#define HTTP_HEALTH_H

#include "base/buf.h"

#include <stdatomic.h>

#define HEALTH_NOTE 160
#define HEALTH_CHECKS 16

struct health_check {
	const char *name;
	/* Is it ok? note: what to show in brackets or, if it is not ok, why and what to do; "" = nothing. */
	bool (*ok)(void *context, char note[HEALTH_NOTE]);
	void *context;
};

struct health {
	_Atomic bool draining; /* set on the first SIGTERM: not ready, and answers end their connections */
	struct health_check checks[HEALTH_CHECKS];
	_Atomic bool passed[HEALTH_CHECKS];
	size_t count;
};

void health_add(struct health *h, struct health_check check);

/* Run all checks and write the listing. true = ready. */
bool health_ready(struct health *h, struct buf *listing);

#endif
