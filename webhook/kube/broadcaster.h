/*
 * broadcaster.h - Events (events.k8s.io/v1) about objects of others: what became of them, for people who look with kubectl.
 *
 *	struct kube_broadcaster *b = kube_broadcaster_new(client, "sparkgate-7d4", log);
 *	kube_broadcaster_post(b, &happening);                                // any thread
 *	for (;;)
 *		kube_client_poll(client, kube_broadcaster_tick(b));
 *
 * (Events about ourselves: kube/recorder.h.) Fire and forget: a post copies into a table of fixed size under a lock that
 * is never held for long, and is never told the outcome. kube/correlator.h says which become one Event, and its bounds. One
 * request is under way at a time. What the API server does not accept is counted, and logged once in a while.
 *
 * A ReplicaSet is asked for its Deployment, by one GET a new Event: `kubectl describe deployment` shows Events with the
 * Deployment's own uid alone, and the ReplicaSet has its controller's FailedCreate already. Where that GET fails the
 * Event is the ReplicaSet's.
 *
 * Threads: tick on that of the client; post and metrics from any. new when nobody posts yet, free when nobody does any
 * more, before the client.
 */
#ifndef KUBE_BROADCASTER_H
#define KUBE_BROADCASTER_H

#include "base/buf.h"
#include "base/log.h"
#include "kube/correlator.h"

struct kube_broadcaster;

/* instance: which replica we are. What the arguments lead to must outlive it. */
struct kube_broadcaster *kube_broadcaster_new(struct kube_client *client, const char *instance, const struct log *log);
void kube_broadcaster_free(struct kube_broadcaster *b); /* NULL is fine */

/* b NULL: nothing happens. */
void kube_broadcaster_post(struct kube_broadcaster *b, const struct happening *h);

/* Send what is due; when to be called again. */
int64_t kube_broadcaster_tick(struct kube_broadcaster *b);

/* sparkgate_workload_events_total{result}, in Prometheus' text format. */
void kube_broadcaster_metrics(struct kube_broadcaster *b, struct buf *out);

#endif
