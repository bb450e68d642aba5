/*
 * since.h - what is new since the last audit: a file with the fingerprints of its findings.
 *
 *	struct since *since;
 *	if (since_open("audit.since", "namespaces=all", &since, err) < 0) ...
 *	if (since_is_new(since, &finding)) ...              // for every finding
 *	if (since_save(since, now, err) < 0) ...            // only after a whole audit
 *	since_close(since);
 *
 * A fingerprint is of namespace, kind, name, rule and action: what a message says in numbers may change, and is the
 * same finding. A pod goes by its owner's name, so that a restarted one is nothing new.
 *
 * The file: one line "sparkgate.io/audit-since/v1 TIME SCOPE", then 16 hex digits a line, sorted. It is replaced as a whole.
 * One that is not there is a first audit: everything is new.
 *
 * Memory: 9 bytes a fingerprint of the last audit, 8 to 16 one of this; and the file, while it is read and while it is written. Threads: one.
 */
#ifndef AUDIT_SINCE_H
#define AUDIT_SINCE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct since;

/* More findings than a file of LIMIT_FILE_BYTES has lines. */
#define SINCE_MAX 900000

/* scope: what is audited and how, any text. A file of another scope is an error, as is one that could not be written. */
MUST_CHECK int since_open(const char *path, const char *scope, struct since **ret, struct err *err);
void since_close(struct since *since); /* NULL is fine */

/* When the last audit was, as the file says it; NULL = there was none. */
const char *since_when(const struct since *since);

/* What an object is called in a fingerprint: as its owner (NULL = none), which stays when a pod is restarted. An
 * executor's owner is a pod itself, and a CronJob's pods belong to a Job that has the time in its name: what is
 * generated of such names is left out. */
const char *since_name(struct arena *a, const char *name, const char *owner);

struct since_finding {
	const char *namespace, *kind, *name, *rule, *action;
};

/* Was it not there the last time? Notes it for the next. */
bool since_is_new(struct since *since, const struct since_finding *finding);

struct since_news {
	size_t added, known, gone;
};

/* Fingerprints now against those of the last audit. */
struct since_news since_news(struct since *since);

/* Replace the file by what was noted. now: seconds since 1970. */
MUST_CHECK int since_save(struct since *since, int64_t now, struct err *err);

#endif
