/*
 * events.h - the stream of a watch, as the API server writes it: one JSON object a line,
 * {"type":"ADDED","object":{...}}.
 *
 *	struct kube_events events = kube_events_of(on_event, me);
 *	while (a piece arrives)
 *		if (kube_events_take(&events, piece, err) < 0) ...      // start over
 *	kube_events_end(&events);
 *
 * Memory: one line, at most LIMIT_BODY_BYTES, and one parsed object, however many events pass. A line that is
 * longer, no JSON or no event ends the stream: what was missed cannot be known.
 *
 * Threads: one.
 */
#ifndef KUBE_EVENTS_H
#define KUBE_EVENTS_H

#include "base/json.h"

enum kube_event { KUBE_ADDED, KUBE_MODIFIED, KUBE_DELETED, KUBE_BOOKMARK, KUBE_ERROR };

struct kube_events {
	/* false ends the stream; the object lives until it returns. */
	bool (*on_event)(void *closure, enum kube_event event, const struct json *object);
	void *closure;
	struct arena arena;
	char *line;
	size_t len, cap;
};

struct kube_events kube_events_of(bool (*on_event)(void *, enum kube_event, const struct json *), void *closure);

/* -1: err says what is wrong with the stream; it is untouched where on_event ended it. */
MUST_CHECK int kube_events_take(struct kube_events *events, struct slice piece, struct err *err);

/* Give memory back; a line that has no end is forgotten. */
void kube_events_end(struct kube_events *events);

#endif
