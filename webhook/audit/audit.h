/*
 * audit.h - what admission would do to everything that exists, and what is not as it should be.
 *
 *	struct audit audit = {.source = source, .policy = policy, .now = now, .emit = emit, .closure = me};
 *	if (audit_run(&audit, err) < 0) ...
 *
 * Each object is judged as if it were created now, by the engine that serves (admission/simulate.h); hygiene.h adds
 * what admission cannot see. emit() is called for every object looked at that concerns Spark, or about which there is
 * something to say, in the order of audit/world.h; in each namespace the Namespace itself comes last, when all that it
 * holds was seen.
 *
 * Memory: one object and what the source holds. Threads: one.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "audit/world.h"
#include "report/report.h"

/* What was found about one object. */
struct audit_line {
	struct report_object report;       /* its simulation's findings include those of hygiene */
	const struct audit_object *object; /* NULL for a Namespace */
	const struct audit_namespace *ns;
	const struct namespace *parsed;
};

struct audit {
	struct audit_source *source;
	const struct policy *policy;
	int64_t now;     /* seconds since 1970 */
	bool as_enforce; /* judge every namespace as if it were in enforce */

	/* What line points to, and what is allocated in a, lives until emit() returns. -1 with err ends the audit. */
	int (*emit)(void *closure, const struct audit_line *line, struct arena *a, struct err *err);
	/* One object could not be judged: err says which and why. The audit goes on. */
	void (*failed)(void *closure, const struct err *err);
	/* After each object and each namespace: how many of both so far. NULL = not wanted. */
	void (*progress)(void *closure, size_t namespaces, size_t objects);
	void *closure;
};

/* -1 with err where the walk could not be ended: what was emitted is then not a whole audit. */
MUST_CHECK int audit_run(const struct audit *audit, struct err *err);

#endif
