/*
 * writer.h - a report on any number of objects, written as they come.
 *
 *	struct report_writer *writer = report_writer_open(&(struct report_style){
 *		.format = REPORT_JSON, .command = "review", .policy = policy->hash, .out = stdout});
 *	report_writer_object(writer, &object, &scratch);    // as often as there are objects
 *	arena_reset(&scratch);
 *	report_writer_close(writer);
 *
 * Memory: what is needed for the end is a few numbers and the ids of the rules met. JUnit alone holds back the cases of
 * one group (a file, a namespace), since their number comes before them: a megabyte, then the group goes on in another
 * suite of its name.
 *
 * Objects of one group come one after another. The order is the caller's. Nothing here fails: whether the bytes
 * arrived is checked by whoever flushes the stream.
 *
 * Ownership: the writer copies what it keeps. Threads: one.
 */
#ifndef REPORT_WRITER_H
#define REPORT_WRITER_H

#include "report/report.h"

#include <stdio.h>

enum report_format { REPORT_TABLE, REPORT_DIFF, REPORT_JSON, REPORT_JUNIT, REPORT_SARIF, REPORT_OPENREPORTS, REPORT_HTML };

struct report_style {
	enum report_format format;
	const char *command; /* "review", "audit": whose report it is */
	const char *policy;  /* 12 hex digits */
	bool color;
	size_t columns; /* of the table; 0: 80 */
	int64_t now; /* seconds since 1970: OpenReports and HTML say when */
	/* Of HTML: "context prod", "files"; what was asked for. NULL = not shown. live: the objects are a cluster's. */
	const char *source, *scope;
	bool live;
	/* Of the table: an object that follows an equal one of its owner is counted, not shown; one that is as it should be is neither. */
	bool brief;
	bool own_end; /* the caller writes the sum itself, after report_writer_close() */
	FILE *out;
};

/* What was seen, in numbers. */
struct report_sum {
	size_t objects, concerned; /* all, and those of Spark */
	size_t refused, changed;
	size_t would_refuse, would_change; /* enforce, or it does */
	size_t warnings;                   /* lines of the table that say so */
	size_t not_judged; /* that were not handed in, since what they need is not known: table, JUnit, SARIF and HTML say how many */
};

struct report_writer;

struct report_writer *report_writer_open(const struct report_style *style);

/* scratch is for the text; it may be reset as soon as this returns. */
void report_writer_object(struct report_writer *writer, const struct report_object *object, struct arena *scratch);

/* One more object (or a file, whose objects nobody knows) could not be judged; the reason was reported elsewhere. */
void report_writer_not_judged(struct report_writer *writer);

/* Write the end, with the sum, and free. */
void report_writer_close(struct report_writer *writer);

/* Free without an end: what was written so far is not a whole report. NULL is fine. */
void report_writer_abandon(struct report_writer *writer);

#endif
