/*
 * audit.h - private to `sparkgate audit`: audit.c has the options, audit_run.c what is done with each line,
 * audit_files.c a world made of files (audit/cluster.h has the live one).
 */
#ifndef COMMAND_AUDIT_H
#define COMMAND_AUDIT_H

#include "audit/audit.h"
#include "audit/publish.h"
#include "command/options.h"
#include "command/review.h"
#include "report/writer.h"

enum audit_fail_on { FAIL_ON_DENY, FAIL_ON_WARN, FAIL_ON_AUDIT, FAIL_ON_NEVER };

/* What an audit is asked for. */
struct audit_request {
	struct arena *arena;
	struct audit_source *source;
	struct publisher *publisher; /* NULL: nothing is published */
	const struct policy *policy;
	int64_t now;
	bool as_enforce;
	enum report_format format;
	enum audit_fail_on fail_on;
	const char *since; /* file of --since-last; NULL = none */
	const char *scope; /* what is audited, and how: audits of another scope have another file */
	const char *source_name; /* "context prod", for people */
	bool live;         /* a cluster */
	bool color;
};

/* Run it, print it to standard output, and return the exit code: 0, 1 findings, 2 with err. */
int audit_command_run(const struct audit_request *request, struct err *err);

/* The input of `-f` as a world: all its namespaces, and those of the facts that it names. input must outlive it. NULL where there
 * is no object in it: in a pipe nobody sees that the command before it failed. */
struct audit_source *audit_files_open(struct review_input *input, const struct policy *policy, const struct option_list *only);

/* One line on standard error, over any progress line there. */
void audit_say(void *closure, const char *text);

#endif
