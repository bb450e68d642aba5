/*
 * writer_formats.h - private to report/: what a format is to the writer.
 */
#ifndef REPORT_WRITER_FORMATS_H
#define REPORT_WRITER_FORMATS_H

#include "report/writer.h"

struct writer_class {
	void (*begin)(struct report_writer *w); /* NULL = nothing before the objects */
	/* Append object's text to out, which is then written; out lives in report->arena. */
	void (*object)(struct report_writer *w, const struct report *report, const struct report_object *object,
		       struct buf *out);
	void (*end)(struct report_writer *w); /* NULL = nothing after them */
};

extern const struct writer_class writer_table, writer_diff, writer_json, writer_junit, writer_sarif, writer_openreports,
	writer_html;

struct report_writer {
	struct report_style style;
	const struct writer_class *class;
	struct report_sum sum;
	struct arena kept;        /* until the end */
	struct arena group_arena; /* until the group's end */

	/* JUnit, HTML: the group under way. */
	const char *group; /* NULL = none yet */
	struct buf cases;
	size_t case_count, failure_count;

	/* The table, folded: what was shown last, and how many like it were not. */
	struct slice last_body;
	const char *last_owner;
	size_t like_it;

	/* SARIF: the rules met, each once. */
	const char **rules;
	size_t rule_count, rule_cap;

	/* HTML: how many objects are of each class, of all and of the group. */
	size_t classes[HTML_CLASSES], group_classes[HTML_CLASSES];
	size_t group_objects;
	size_t not_opted_in; /* objects of namespaces that have not: nobody judged them */

	struct openreport_pods *pods; /* OpenReports: those of the namespace under way */
	bool more;                    /* SARIF, OpenReports: a result was written before */
};

/* Write text to the stream. */
void writer_put(struct report_writer *w, struct slice text);

#endif
