/*
 * openreport_write.h - private to report/: the parts of which a Report is made.
 *
 *	struct openreport_writer w = openreport_writer(arena, report, total);
 *	openreport_head(&w, name, &subject, owners, count);
 *	openreport_result(&w, &result); ...                 // total of them
 *	return openreport_end(&w);
 */
#ifndef REPORT_OPENREPORT_WRITE_H
#define REPORT_OPENREPORT_WRITE_H

#include "base/json_write.h"
#include "report/openreport.h"

/* An object that is referred to. Every member but kind and name may be NULL. */
struct openreport_subject {
	const char *api_version, *kind, *namespace, *name, *uid;
};

enum openreport_outcome { OPENREPORT_PASS, OPENREPORT_FAIL, OPENREPORT_WARN, OPENREPORT_SKIP, OPENREPORT_OUTCOMES };

struct openreport_result {
	const char *rule;
	enum openreport_outcome outcome;
	const char *severity;
	const char *message;
	const char *mode; /* NULL = not opted in; "" = says nothing */
	const char *backend; /* NULL = none */
	const struct place *place;  /* NULL = none */
	const struct change *change; /* NULL = a violation */
};

struct openreport_writer {
	struct arena *arena;
	const struct report *report;
	struct buf out;
	struct json_writer json;
	const char *namespace;
	size_t total; /* how many results there will be */
	size_t written;
	size_t sum[OPENREPORT_OUTCOMES];
};

/* total: results that will be given; needed to know whether the last place says how many more there are. */
struct openreport_writer openreport_writer(struct arena *a, const struct report *report, size_t total);

void openreport_head(struct openreport_writer *w, const char *name, const struct openreport_subject *subject,
		     const struct openreport_subject *owners, size_t owner_count);
void openreport_result(struct openreport_writer *w, const struct openreport_result *result);
struct slice openreport_end(struct openreport_writer *w);

/* A valid name (RFC 1123 subdomain) for what says what it is about. */
const char *openreport_name(struct arena *a, const char *about, const struct openreport_subject *subject);

/* text without control characters, of at most max bytes and a word on what is left out. */
struct slice openreport_bounded(struct arena *a, const char *text, size_t max);

/* "v1", "apps/v1" */
const char *openreport_api_version(struct arena *a, const struct review *review);

enum openreport_outcome openreport_outcome_of(enum action action);
const char *openreport_severity_of(enum action action);

/* The mode in which a rule counts: the Pod Security half has its own. NULL = not opted in. */
const char *openreport_mode(const struct decision *d, const char *rule);

#endif
