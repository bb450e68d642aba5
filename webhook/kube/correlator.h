/*
 * correlator.h - many equal happenings become few Events: what is to be reported is counted, bounded and spread over time.
 *
 *	correlator_add(&c, &happening, now, unix_ms);             // each time that it happens
 *	while ((index = correlator_next(&c, now, &again)) >= 0) {
 *		... send c.series[index]: create it, or where created is set its new count ...
 *		correlator_sent(&c, index, CORRELATOR_TAKEN, now);
 *	}
 *
 * The same object, reason and note are one series: one Event that counts. It is created at once; its count follows after
 * CORRELATOR_UPDATE_NS, and then ever more rarely, up to CORRELATOR_UPDATE_MAX_NS, since those who repeat something for
 * ever should cost the API server ever less. A series that was silent for CORRELATOR_QUIET_NS starts over. As
 * client-go's EventCorrelator in purpose (tools/record/events_cache.go), and its numbers are of that order.
 *
 * Bounds: CORRELATOR_SERIES at once; a new one takes the place of the one that was silent longest and has nothing left to
 * send, and where there is none it is dropped. New ones of one object and of one namespace are counted too, so
 * that a source of ever new texts, or a noisy tenant, does not take everybody's room. All that is sent
 * passes one bucket: CORRELATOR_BURST at once, then one each CORRELATOR_EVERY_NS.
 *
 * Warnings come first: what is not a warning has at most half of the places of an object and of a namespace, and three
 * quarters of all places while it waits; and of what waits warnings are sent before all else. An Event that could not be created
 * is tried again CORRELATOR_RETRIES times, each time paid for and spread like an update.
 *
 * Pure: no clock, no lock, no memory but its own. Threads: the caller's lock.
 */
#ifndef KUBE_CORRELATOR_H
#define KUBE_CORRELATOR_H

#include "base/clock.h"
#include "kube/client.h"

#include <stddef.h>

#define CORRELATOR_SERIES 128
#define CORRELATOR_OF_OBJECT 8
#define CORRELATOR_OF_NAMESPACE 32
#define CORRELATOR_NORMALS_WAIT (CORRELATOR_SERIES / 4 * 3)
#define CORRELATOR_RETRIES 2
#define CORRELATOR_QUIET_NS (600 * CLOCK_SECOND)
#define CORRELATOR_UPDATE_NS (10 * CLOCK_SECOND)
#define CORRELATOR_UPDATE_MAX_NS (600 * CLOCK_SECOND)
#define CORRELATOR_BURST 25
#define CORRELATOR_EVERY_NS (2 * CLOCK_SECOND)

/* Limits of the API server (ValidateEvent in k8s.io/kubernetes/pkg/apis/core/validation/events.go). */
#define CORRELATOR_NOTE_MAX 1024
#define CORRELATOR_WORD_MAX 128

/* What an Event is about. namespace "" = cluster-scoped. */
struct happening_object {
	const char *api_version, *kind, *namespace, *name;
	const char *uid; /* "" = not known */
};

struct happening {
	bool warning;
	const char *reason, *action; /* literals */
	struct happening_object object;
	const char *note;   /* any text; cut at CORRELATOR_NOTE_MAX, with a mark */
	bool template_hash; /* the object is a ReplicaSet that a Deployment may own */
};

struct series {
	bool used, dirty, created, busy; /* busy: it is being sent */
	bool warning, template_hash;
	const char *reason, *action;
	char api_version[CORRELATOR_WORD_MAX], kind[64], namespace[64], name[KUBE_NAME_MAX + 1], uid[64];
	char note[CORRELATOR_NOTE_MAX + 1];
	uint64_t object_hash;         /* of the object alone */
	uint64_t number;              /* of all series, from 1: makes the name of its Event */
	unsigned count, updates;      /* how often it happened, how often that was sent */
	unsigned retries;             /* of its creation */
	int64_t first, last, next;    /* monotonic; next: when it may be sent again */
	int64_t first_ms, last_ms;    /* since 1970 */
};

struct correlator {
	uint64_t hashes[CORRELATOR_SERIES]; /* those of the series, 0 = none: looked at for each happening, so they lie side by side */
	struct series series[CORRELATOR_SERIES];
	uint64_t numbers;
	int64_t spent;   /* the moment up to which sending is paid for: a bucket as in GCRA */
	unsigned turn;   /* where to look first */
};

enum correlated {
	CORRELATED_NEW,
	CORRELATED_REPEATED,
	CORRELATED_DROPPED /* no room, too many of this object or namespace, or a name that is not valid in Kubernetes */
};

/* all of now are monotonic and not 0. */
enum correlated correlator_add(struct correlator *c, const struct happening *h, int64_t now, int64_t unix_ms);

/* The next to send, marked busy; -1 where none may be, and *again is when to ask again (INT64_MAX: after the next add). */
int correlator_next(struct correlator *c, int64_t now, int64_t *again);

enum correlator_outcome {
	CORRELATOR_TAKEN,
	CORRELATOR_GONE, /* the Event to be updated is no more: a new one is made */
	CORRELATOR_LOST, /* no answer, or that of an API server in trouble: tried again, if it was to be created */
	CORRELATOR_REFUSED /* not sent; what happens later is tried again, as an update would be */
};

void correlator_sent(struct correlator *c, int index, enum correlator_outcome outcome, int64_t now);

#endif
