/*
 * past.h - a decision as it was recorded: by an event of the API server's audit log (audit.k8s.io/v1, Event), or by an
 * AdmissionReview that holds its response.
 *
 *	struct past past;
 *	if (past_is_event(root) && past_read_event(root, arena, &past, err) == 0) ...
 *
 * An API server writes our audit annotations as "ENTRY/NAME" (k8s.io/apiserver admission/plugin/webhook), for example
 * pods.mutate.sparkgate.io/changes; docs/contract.md 3 says what is in them. Which of our entries could not be reached it
 * notes as failed-open.validating.webhook.admission.k8s.io/... (likewise mutating).
 *
 * Input is somebody's file: what has another type counts as absent. Bounds: PAST_NOTES_MAX annotations, `more` says that there
 * were others; texts are unchanged (whoever prints them must escape control characters).
 * Ownership: the arena and the event. Threads: no state.
 */
#ifndef EXPLAIN_PAST_H
#define EXPLAIN_PAST_H

#include "admission/engine.h"

#define PAST_NOTES_MAX 64

/* One annotation of ours. */
struct past_note {
	const char *entry; /* "pods.mutate.sparkgate.io"; "" where an AdmissionReview does not tell */
	const char *name;  /* "changes" */
	const char *value;
};

struct past {
	const char *id;      /* auditID, or the review's uid */
	const char *time;    /* of the request; NULL = not recorded */
	const char *verb;    /* "create" */
	const char *user;    /* NULL = not recorded */
	const char *kind;    /* "Pod" or, where only that is known, the resource "pods" */
	const char *namespace, *name; /* "" = none */
	int64_t code;        /* HTTP; 0 = not recorded */
	bool refused;        /* by anybody */
	bool by_us;          /* the refusal is sparkgate's */
	const char *message; /* of a refusal; NULL = none */
	struct past_note notes[PAST_NOTES_MAX];
	size_t note_count;
	bool more;
	const char *failed_open[ENTRY_COUNT]; /* our entries that the API server could not reach */
	size_t failed_count;
	bool has_review;      /* review holds the request, as far as the log has the object */
	struct review review;
};

/* Is it an audit Event? */
bool past_is_event(const struct json *root);

/* -1: the event lacks its auditID. */
MUST_CHECK int past_read_event(const struct json *event, struct arena *a, struct past *ret, struct err *err);

/* Of an AdmissionReview with a response; review: its request. false: it has none. */
bool past_read_response(const struct json *root, const struct review *review, struct past *ret);

/* The value of an annotation of ours, of whichever entry has it; NULL = none. */
const char *past_note(const struct past *past, const char *name);

#endif
