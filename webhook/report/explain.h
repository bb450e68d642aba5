/*
 * explain.h - an explanation of one decision, for people and for machines.
 *
 *	struct report report = {.arena = &arena, .policy = policy->hash, .color = color, ...};   // object: its file, its line
 *	report_explain_table(&report, &object, &explanation, &out);
 *
 * report holds the one object that is explained; where nothing but a past decision is known, none, and explanation is then
 * one whose past alone is set. Both texts are a pure function of the two. Ownership: the arena. Threads: as the arena.
 */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include "explain/explain.h"
#include "report/report.h"

/* 80 columns; words longer than a line stay whole, so that they can be copied. */
void report_explain_table(const struct report *report, const struct report_object *object, const struct explanation *e,
			  struct buf *out);

/* One object, as docs/explain.schema.json says. */
void report_explain_json(const struct report *report, const struct report_object *object, const struct explanation *e,
			 struct buf *out);

#endif
