/*
 * recorder.h - Events (events.k8s.io/v1) about our own Pod: what an operator who looks with kubectl should see.
 *
 *	struct kube_recorder *recorder = kube_recorder_new(client, &me, log);
 *	kube_recorder_post(recorder, RECORDER_WARNING, "PolicyRefused", "LoadPolicy", err.text);   // any thread
 *	for (;;)
 *		kube_client_poll(client, kube_recorder_tick(recorder));
 *
 * Fire and forget: a post never waits and never learns the outcome. One Event is under way at a time, RECORDER_QUEUE wait,
 * more are dropped; the same reason and note is not sent again within RECORDER_AGAIN_NS; in all no more than
 * RECORDER_BURST at once and one each RECORDER_EVERY_NS. What the API server refuses is logged, once a minute at most, and not
 * sent again.
 *
 * Threads: tick on that of the client; post and metrics from any. new when nobody posts yet, free when nobody does any
 * more, before the client.
 */
#ifndef KUBE_RECORDER_H
#define KUBE_RECORDER_H

#include "base/buf.h"
#include "base/log.h"
#include "kube/client.h"
#include "kube/identity.h"

#define RECORDER_QUEUE 16
#define RECORDER_BURST 10
#define RECORDER_EVERY_NS (20 * CLOCK_SECOND)
#define RECORDER_AGAIN_NS (600 * CLOCK_SECOND)
#define RECORDER_MEMORY 32 /* Events that are remembered, so as not to be sent again */

/* Limits of the API server (ValidateEvent in k8s.io/kubernetes/pkg/apis/core/validation/events.go). */
#define RECORDER_NOTE_MAX 1024
#define RECORDER_WORD_MAX 128

enum recorder_type { RECORDER_NORMAL, RECORDER_WARNING };

struct kube_recorder;

/* What the arguments lead to must outlive it. */
struct kube_recorder *kube_recorder_new(struct kube_client *client, const struct kube_identity *me,
					const struct log *log);
void kube_recorder_free(struct kube_recorder *recorder); /* NULL is fine */

/* reason and action: CamelCase literals. note: any text; cut at RECORDER_NOTE_MAX. recorder NULL: nothing happens. */
void kube_recorder_post(struct kube_recorder *recorder, enum recorder_type type, const char *reason,
			const char *action, const char *note);

/* Send what waits, where it may be sent; when to be called again. */
int64_t kube_recorder_tick(struct kube_recorder *recorder);

/* sparkgate_events_total{result}, in Prometheus' text format. */
void kube_recorder_metrics(struct kube_recorder *recorder, struct buf *out);

#endif
