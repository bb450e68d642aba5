/*
 * report.h - what admission would do to one object, in one of several texts.
 *
 *	struct report report = {.arena = &arena, .policy = policy->hash, .color = color};
 *	struct buf out = buf_in(&arena);
 *	report_json_object(&report, &object, &out);        // or any other of them
 *
 * One shape in, several texts out; none of them decides anything. Every text is a pure function
 * of the object, so that two runs over the same input can be compared. Whole runs, with a beginning, a sum and an end,
 * are report/writer.h's.
 *
 * Ownership: everything in the arena, which need live as long as the text alone. Threads: as the arena.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "admission/simulate.h"
#include "base/yaml.h"

/* What was recorded then of a request in an audit log, or of one AdmissionReview among several. */
struct report_recorded {
	const char *audit_id, *time, *user, *verb;
	int code;
	bool dry_run;
	bool refused;                   /* by sparkgate */
	const char *comparison;         /* report/replay.h */
	const char *message;            /* of a refusal by sparkgate; NULL = none */
	const struct json *warnings;    /* NULL = not recorded */
	const struct json *annotations; /* the event's; those of sparkgate are shown */
	bool plain;                     /* all are sparkgate's: they come from its own answer */
};

/* One object that was looked at. */
struct report_object {
	const char *file;  /* "-" for standard input; NULL for a live object */
	unsigned document; /* number of the document or List item in the file, from 1; 0 for a live object */
	const struct yaml_document *yaml; /* where it is; NULL for a live object */
	const char *pointer;              /* of the object in that document: "", "/items/3", "/request/object" */
	const struct review *review;
	const char *namespace; /* as it is to be shown; NULL = none */
	const struct simulation *simulation;
	const char *group;           /* what it is counted under: a file, a namespace; NULL = its file */
	const char *owner;           /* "Deployment spark-connect": its owner, if it is one of many; NULL = on its own */
	const struct json *original; /* the object as it was written: review->object may have defaults in addition */
	const struct json *result;   /* as it will be; the same pointer as original where nothing changes */
	const struct report_recorded *recorded; /* NULL = it is not a request of the past */
};

/* How a text is made, and where. */
struct report {
	struct arena *arena;
	const char *policy; /* 12 hex digits */
	bool color;
	size_t columns; /* of the table's lines; 0: 80 */
	int64_t now; /* seconds since 1970, for texts that say when */
	bool live;   /* the objects are a cluster's: HTML says how explain finds them there */
};

/* One line, as docs/review.schema.json says. */
void report_json_object(const struct report *report, const struct report_object *object, struct buf *out);

/* For people: one line with verdict, name and place, and what there is to say. */
void report_table_heading(const struct report *report, const struct report_object *object, struct buf *out);
void report_table_body(const struct report *report, const struct report_object *object, struct buf *out);

/* How many lines of that body say "warn". */
size_t report_table_warnings(const struct report *report, const struct report_object *object);

/* Where it changes, a unified diff of its YAML as `-o yaml` prints it. */
void report_diff_object(const struct report *report, const struct report_object *object, struct buf *out);

/* A test case of JUnit XML; a refusal is a failure. */
void report_junit_case(const struct report *report, const struct report_object *object, struct buf *out);

/* One result of SARIF 2.1.0 a violation, with its line. */
struct json_writer;
void report_sarif_results(const struct report *report, const struct report_object *object, struct json_writer *w);

/* A group of rows of the HTML report's tables: the row of the table, and after it the details. With a diff of its YAML,
 * and the line of report_json_object(). */
void report_html_object(const struct report *report, const struct report_object *object, struct buf *out);

/* What a row is counted under; one may be of several. The words are in the page, and its script knows them. */
enum report_html_class { HTML_REFUSED, HTML_REWRITTEN, HTML_DRIFT, HTML_WARNED, HTML_NOTED, HTML_FINE, HTML_CLASSES };
extern const char *const report_html_words[HTML_CLASSES];

/* A bit a class. */
unsigned report_html_classes(const struct report_object *object);

/* ---- for the writers above ---- */

/* Does the mode in force change it? */
bool report_is_changed(const struct report_object *object);

/* Is there anything to say about it: a role, or a verdict on a Namespace? */
bool report_concerns(const struct report_object *object);

enum role report_role(const struct report_object *object);

/* The decision that knows most: validate's. */
const struct decision *report_decision(const struct report_object *object);

/* The findings, one a rule: several of one rule are joined, the strictest action counts. Those that are off are left
 * out. */
struct findings report_violations(const struct report *report, const struct report_object *object);

/* Is it a rule about what runs and is not as its namespace asks any more? */
bool report_rule_is_drift(const char *rule);

/* The line of a place in the file, 0 where there is none. */
unsigned report_line(const struct report *report, const struct report_object *object, const struct place *place);

/* A copy of text with blanks for what is unseen (base/utf8.h): what comes from a manifest must not reach a terminal as an
 * escape sequence. */
struct slice report_tame(struct arena *a, const char *text);

/* text for the table, tame, from column on: broken between words, but for a command in it (": kubectl ..."), which has a line of its own
 * and is not broken, so that it can be copied. */
void report_table_advice(const struct report *report, const char *text, size_t column, struct buf *out);

/* How wide the table's lines are. */
size_t report_columns(const struct report *report);

/* "Deployment team-a/spark-connect", tame */
const char *report_title(const struct report *report, const struct report_object *object);

#endif
