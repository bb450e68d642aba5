/*
 * serve_events.h - Events about workloads as `serve` sends them: a notice of each decision (admission/notice.h) goes to
 * kube/broadcaster. Private to command/.
 *
 * The workers' part is to copy; all else happens on the thread of facts/live.
 */
#ifndef COMMAND_SERVE_EVENTS_H
#define COMMAND_SERVE_EVENTS_H

#include "facts/live.h"
#include "http/service.h"
#include "kube/broadcaster.h"
#include "kube/identity.h"

struct serve_events {
	struct kube_broadcaster *broadcaster; /* NULL: off */
};

/* Become the witness of service. me may be empty: outside of the cluster there is no pod. Before facts_live_start(). */
void serve_events_open(struct serve_events *e, const struct kube_identity *me, struct facts_live *live,
		       struct service *service);
void serve_events_metrics(const struct serve_events *e, struct buf *out);
void serve_events_close(struct serve_events *e); /* one that was never opened is fine */

#endif
