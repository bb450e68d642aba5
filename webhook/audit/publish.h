/*
 * publish.h - what an audit found, kept in the cluster as Reports of OpenReports (report/openreport.h).
 *
 *	struct publisher *p = publisher_new(client, NULL, 0, now);
 *	if (publisher_check(p, err) < 0) ...                          // before a long walk: is there the kind, may we?
 *	while (...)
 *		if (publisher_object(p, &report, &object, err) < 0) ...   // in the order of namespaces
 *	if (publisher_finish(p, complete, &counts, err) < 0) ...
 *	publisher_free(p);
 *
 * A Report is created, or replaced where anything but a timestamp differs, else left as it is: an audit of an unchanged
 * cluster writes nothing, and a Report's timestamps say when its results were first so. In the end, and only where the audit
 * saw everything, our Reports that it did not make are deleted. Those of others are never touched: ours have the label
 * app.kubernetes.io/managed-by=sparkgate, the source sparkgate and a name that begins with it.
 *
 * Nothing is remembered between runs, and no step needs another one to have happened: an audit that is killed leaves Reports
 * that are each right as far as they go, and the next one ends the work. Two at once agree, since a write that lost against
 * another (409) reads again.
 *
 * Errors: -1 is what makes all further work pointless: no such kind, no rights, the API server away. What concerns one
 * Report alone (a quota, a name that is taken, another's webhook) is counted, and reported by finish; a namespace that goes
 * meanwhile is no error at all.
 *
 * Memory: 16 bytes a Report made, one Report of each side, one page of metadata, and the pods of one namespace's owners.
 * Ownership: client and namespaces must outlive it. Threads: that of the client.
 * Rights: get, list, create, update, delete of reports.openreports.io.
 */
#ifndef AUDIT_PUBLISH_H
#define AUDIT_PUBLISH_H

#include "kube/client.h"
#include "report/report.h"

struct publisher;

struct publish_counts {
	size_t created, updated, unchanged, pruned;
	size_t gone;   /* not written: their namespace is being deleted, or is */
	size_t failed; /* not written, for a reason of their own */
};

/* namespaces: those that the audit is about; count 0 = all. now: seconds since 1970. */
struct publisher *publisher_new(struct kube_client *client, const char *const *namespaces, size_t count, int64_t now);
void publisher_free(struct publisher *p); /* NULL is fine */

/* Does the cluster know Reports, and may we list them? */
MUST_CHECK int publisher_check(struct publisher *p, struct err *err);

/* Keep the Report on object up to date, if there is something to say. report->now is not looked at. */
MUST_CHECK int publisher_object(struct publisher *p, const struct report *report, const struct report_object *object,
				struct err *err);

/* Write what was held back, and delete what is out of date where complete: everything in those namespaces was seen and
 * judged. -1 also where a Report could not be written; *ret is set in any case. */
MUST_CHECK int publisher_finish(struct publisher *p, bool complete, struct publish_counts *ret, struct err *err);

/* Do two Reports say the same, timestamps apart? Exposed for tests. */
bool publish_same(const struct json *made, const struct json *found);

#endif
