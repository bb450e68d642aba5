/*
 * report.h - what admission would do to a set of objects, for people and for machines.
 *
 *	struct report report = {.arena = &arena, .policy = policy->hash, .color = color};
 *	report_add(&report, object);
 *	...
 *	struct buf out = buf_in(&arena);
 *	report_json(&report, &out);        // or any other of them
 *
 * One shape in, several texts out; none of them decides anything. Every text is a pure function
 * of the report, so that two runs over the same input can be compared.
 *
 * Ownership: everything in the arena. Threads: as the arena.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "admission/simulate.h"
#include "base/yaml.h"

/* One object that was looked at. */
struct report_object {
	const char *file;      /* "-" for standard input; NULL for a live object */
	unsigned document;     /* number of the document or List item in the file, from 1; 0 for a live object */
	const struct yaml_document *yaml; /* where it stands; NULL for a live object */
	const char *pointer;   /* of the object in that document: "", "/items/3", "/request/object" */
	const struct review *review;
	const char *namespace; /* as it is to be shown; NULL = none */
	const struct simulation *simulation;
	const struct json *original; /* the object as it was written: review->object may have defaults in addition */
	const struct json *result;   /* as it will be; the same pointer as original where nothing changes */
};

struct report {
	struct arena *arena;
	const char *policy; /* 12 hex digits */
	bool color;
	struct report_object *items;
	size_t count, cap;
	size_t not_judged; /* objects that are not among the items, since what they need is not known */
};

void report_add(struct report *report, struct report_object object);

/* One object a line, as docs/review.schema.json says. */
void report_json(const struct report *report, struct buf *out);

/* For people: 80 columns, objects that concern Spark only, a sum at the end. */
void report_table(const struct report *report, struct buf *out);

/* A unified diff for each object that changes, of its YAML as `-o yaml` prints it. */
void report_diff(const struct report *report, struct buf *out);

/* JUnit XML: a test suite a file, a test case an object with a role; refusals are failures. */
void report_junit(const struct report *report, struct buf *out);

/* SARIF 2.1.0: one result a violation, with its line. */
void report_sarif(const struct report *report, struct buf *out);

/* ---- for the writers above ---- */

/* Is there anything to say about it: a role, or a verdict on a Namespace? */
bool report_concerns(const struct report_object *object);

enum role report_role(const struct report_object *object);

/* The decision that knows most: validate's. */
const struct decision *report_decision(const struct report_object *object);

/* The findings, one a rule: several of one rule are joined, the strictest action counts. Those that are off are left out. */
struct findings report_violations(const struct report *report, const struct report_object *object);

/* The line in the file of a place, 0 where there is none. */
unsigned report_line(const struct report *report, const struct report_object *object, const struct place *place);

/* text without control characters: what comes from a manifest must not reach a terminal as an escape sequence. */
struct slice report_tame(struct arena *a, const char *text);

/* "Deployment team-a/spark-connect", tame */
const char *report_title(const struct report *report, const struct report_object *object);

#endif
