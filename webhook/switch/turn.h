/*
 * turn.h - carry a switch out, or put it back, step by step; each step is idempotent, so that a later process can go on.
 *
 *	switch_turn_take(&turn, record, err)         // the lock: the record is in the cluster
 *	switch_turn_apply(&turn, err)                // annotate, re-admit, restart, wait
 *	switch_turn_verify(&turn, err)               // as `sparkgate audit` sees it
 *	switch_turn_end(&turn, err)                  // the record goes
 *	switch_turn_undo(&turn, err)                 // at any point in between
 *
 * Whether the webhook has the new annotations is asked of the webhook itself: a ConfigMap is re-admitted, and a pod of a
 * controller's template created with dryRun=All, until what admission returns needs no further change under them.
 *
 * Every write names what it expects (resourceVersion, uid, generation): what somebody else changed meanwhile is an error
 * that says so, never overwritten. What admission will make of ConfigMaps is noted in the record beforehand, so that an undo
 * knows a text of ours from one that was edited since: that one keeps its edit, and is named.
 *
 * The record is renewed from every request, and only its holder sends writes; its end names the resourceVersion of our
 * last write. An API server in trouble is asked again until the deadline (429, 503, and all else once the record is written).
 *
 * Threads: one. *stop is looked at between steps and while waiting.
 */
#ifndef SWITCH_TURN_H
#define SWITCH_TURN_H

#include "kube/client.h"
#include "switch/record.h"

#include <signal.h>

struct switch_turn {
	struct kube_client *client;
	const struct policy *policy;
	struct arena *a;
	const char *namespace;
	struct switch_record *record; /* set by take */
	int64_t timeout;              /* ns, of apply and of undo each */
	volatile sig_atomic_t *stop;
	bool dry_run; /* --dry-run=server: take and apply ask, and nothing is stored */
	void (*say)(void *closure, const char *text);
	void *closure;
	int64_t deadline; /* monotonic: set by the caller for requests before take, then by take and undo */
	size_t kept;      /* by an undo: objects that somebody else has changed since; each was reported */
	bool lost;        /* another one has taken the record over: nothing may be written any more */
	bool held;        /* private: the record is in the cluster, and ours */
	int64_t renewed;  /* private: when (monotonic) */
};

/* The record that is in the cluster, NULL = none. */
MUST_CHECK int switch_turn_find(struct switch_turn *turn, struct switch_record **ret, struct err *err);

/* Write a record that is new (version NULL), or take over one that is there; where its holder is alive that is an error. */
MUST_CHECK int switch_turn_take(struct switch_turn *turn, struct switch_record *record, struct err *err);
MUST_CHECK int switch_turn_apply(struct switch_turn *turn, struct err *err);
MUST_CHECK int switch_turn_verify(struct switch_turn *turn, struct err *err);

/* All of it, the record's end included. 0 with kept set: as before, except for these. */
MUST_CHECK int switch_turn_undo(struct switch_turn *turn, struct err *err);

/* The Namespace does not name its record any more, and the record goes. */
MUST_CHECK int switch_turn_end(struct switch_turn *turn, struct err *err);

/* Delete one that the Namespace does not name, and whose holder is gone. */
MUST_CHECK int switch_turn_forget(struct switch_turn *turn, struct switch_record *record, struct err *err);

/* A record that the Namespace does not name is never carried out nor put back (record.h). */
enum switch_named {
	SWITCH_NAMED,
	SWITCH_UNNAMED, /* and the Namespace is as before: nothing of it was written, or it was put back */
	SWITCH_STRANGE  /* it is over, or a forgery */
};

MUST_CHECK int switch_turn_names(struct switch_turn *turn, const struct switch_record *record, enum switch_named *ret, struct err *err);

/* A GET of the caller's own, as the steps ask. */
MUST_CHECK int switch_turn_get(struct switch_turn *turn, const char *path, const struct json **ret, struct err *err);

void switch_say(struct switch_turn *turn, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
