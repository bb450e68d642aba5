/*
 * replay_totals.h - what replay.h keeps, for replay.c that counts and replay_table.c that prints. Private to the two.
 */
#ifndef REPORT_REPLAY_TOTALS_H
#define REPORT_REPLAY_TOTALS_H

#include "report/replay.h"

#include <stdlib.h>

/* Without memory there is no report worth making (base/arena.h). */
#ifndef uthash_fatal
#define uthash_fatal(msg) out_of_memory()
#endif
#include <uthash.h>

#define REPLAY_EXAMPLES 3
#define REPLAY_GROUPS 200 /* any after these share one */
#define REPLAY_TIME_SIZE 40

struct replay_example {
	const char *title; /* "Pod team-a/spark-connect" */
	const char *time, *audit_id, *file, *message;
	const char *object, *namespace; /* of an AdmissionReview, for explain: "Pod/connect"; object is NULL else */
	unsigned document;
};

/* Examples of one kind, the first ones. */
struct replay_examples {
	size_t count; /* all of them, not only those kept */
	struct replay_example items[REPLAY_EXAMPLES];
};

/* A row for a namespace, or for a rule. */
struct replay_row {
	UT_hash_handle hh;
	const char *name;
	size_t judged, refused, changed, warned;
};

/* Requests that are refused now, were not then, and by the same rules. */
struct replay_group {
	UT_hash_handle hh;
	const char *rules; /* "pss.hostNamespaces, pss.runAsNonRoot" */
	struct replay_examples newly;
};

struct replay_totals {
	struct arena kept;
	struct replay_row *namespaces, *rules;
	struct replay_group *groups;
	size_t judged, refused, changed, warned, unasked, rewritten_otherwise;
	size_t newly, newly_unasked;
	struct replay_examples no_longer;
	char first[REPLAY_TIME_SIZE], last[REPLAY_TIME_SIZE]; /* "" = none */
};

#endif
