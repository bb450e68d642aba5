/*
 * replay.h - what a policy would have done to the requests of an audit log, in numbers, beside what was done.
 *
 *	struct replay_totals *totals = replay_totals_new();
 *	replay_totals_add(totals, &object, &past);      // as often as a request was judged
 *	replay_totals_print(totals, &reading, color, scratch, stdout);
 *	replay_totals_free(totals);
 *
 * Memory: a row a rule and a namespace (of at most REPLAY_NAMESPACES; the others share one), three examples a rule.
 *
 * Ownership: what is kept is copied. Threads: one.
 */
#ifndef REPORT_REPLAY_H
#define REPORT_REPLAY_H

#include "report/report.h"

#include <stdio.h>

#define REPLAY_NAMESPACES 10000

/* What was decided then. */
enum replay_then {
	THEN_UNASKED, /* sparkgate left no trace: it was not asked, or not there yet */
	THEN_ALLOWED,
	THEN_REFUSED
};

struct replay_past {
	enum replay_then then;
	bool rewritten_otherwise; /* the changes recorded differ from those of now */
	const char *audit_id, *time;
	bool review; /* it is an AdmissionReview, which explain finds by its object instead of an id */
};

/* How "then" and now compare: "newlyRefused", "noLongerRefused", "same". */
const char *replay_comparison(enum replay_then then, bool allowed);

/* What became of all that was read. */
struct replay_reading {
	bool reviews; /* what was read are AdmissionReviews, no events */
	size_t events;
	size_t stages;         /* not the end of a request */
	size_t other;          /* no webhook is called for it */
	size_t failed;         /* for reasons that are not sparkgate's */
	size_t outside;        /* of --since and --until */
	size_t idle;           /* updates that change nothing that is judged */
	size_t unknown_before; /* updates of pods: what they changed is not known */
	size_t dry_runs;       /* of those judged */
	size_t not_opted_in;   /* of Spark, in namespaces without the label */

	/* What should have been judged and could not be. */
	size_t no_object, no_result; /* the log holds none: metadata alone, or the patch alone */
	size_t unknown_namespace;
	const char *a_namespace; /* one of them */
	size_t bad_lines;        /* no JSON, no event, too long, cut short */
	size_t broken;           /* the engine itself failed */
	size_t forgotten;        /* ConfigMaps and Namespaces that did not fit into memory */
};

/* Is there anything that should have been judged and was not? */
bool replay_reading_incomplete(const struct replay_reading *reading);

/* One sentence a kind of thing that was not judged; returns how many. */
#define REPLAY_NOTES_MAX 8
size_t replay_notes(struct arena *a, const struct replay_reading *reading, const char *notes[REPLAY_NOTES_MAX]);

struct replay_totals;

struct replay_totals *replay_totals_new(void);
void replay_totals_free(struct replay_totals *totals); /* NULL is fine */

/* object is one that concerns sparkgate. */
void replay_totals_add(struct replay_totals *totals, const struct report_object *object, const struct replay_past *past);

/* For people: 80 columns. */
void replay_totals_print(const struct replay_totals *totals, const struct replay_reading *reading, bool color,
			 struct arena *scratch, FILE *out);

#endif
