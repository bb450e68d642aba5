/*
 * totals.h - an audit in numbers: by namespace and by rule. Exact, whatever is shown of the objects.
 *
 *	struct totals totals = {.arena = &arena};
 *	totals_add(&totals, line, scratch);
 *	totals_print(&totals, color, stdout);
 *
 * Memory: a row a namespace that has something of Spark, a row a rule. Ownership: the arena. Threads: one.
 */
#ifndef AUDIT_TOTALS_H
#define AUDIT_TOTALS_H

#include "audit/audit.h"

#include <stdio.h>

struct totals_counts {
	size_t objects; /* that concern Spark */
	size_t refused; /* enforce would refuse, or does */
	size_t changed; /* enforce would rewrite or harden, or does */
	size_t drift;   /* run, and are not as their namespace asks any more */
	size_t warned;  /* have another finding that warns */
	size_t noted;   /* have one whose action is audit: shown only here, or exempted */
};

struct totals_namespace {
	const char *name;
	enum mode mode;
	enum backend backend;
	struct totals_counts counts;
};

struct totals_rule {
	const char *rule;
	enum action action; /* the strictest that was met */
	bool change;        /* of changes, not of findings */
	size_t objects;
};

struct totals {
	struct arena *arena;
	struct totals_counts all;
	struct totals_namespace *namespaces;
	size_t namespace_count, namespace_cap;
	struct totals_rule *rules;
	size_t rule_count, rule_cap;
};

/* Lines of one namespace come one after another. scratch: for a moment. */
void totals_add(struct totals *totals, const struct audit_line *line, struct arena *scratch);

/* Of Spark, in namespaces that have not opted in: nothing judges them. namespaces: how many those are. */
size_t totals_not_judged(const struct totals *totals, size_t *namespaces);

/* Two tables: namespaces, rules. 80 columns. A '-' where nobody judged, a '.' where none was found. */
void totals_print(const struct totals *totals, bool color, FILE *out);

#endif
