/*
 * watch.h - what a cluster has of one kind, and every change of it: list, then watch.
 *
 *	struct kube_watch *watch = kube_watch_new(client, "/api/v1/namespaces", &handler);
 *	for (;;)
 *		kube_client_poll(client, kube_watch_tick(watch));
 *
 * As client-go's reflector does it: a list in pages, then a watch from its resourceVersion with bookmarks; a watch
 * that ends goes on where it ended; a version that is too old (410) or a stream that cannot be understood is a new
 * list. Failures are tried again after a pause that doubles up to WATCH_PAUSE_MAX_NS, with jitter. A watch that is silent
 * (bookmarks come about every minute) is restarted.
 *
 * Memory: one page of a list or one event, whatever the cluster holds. A page that is too large is asked for again
 * with fewer objects.
 *
 * Threads: that of the client, on which the handler is called too; kube_watch_figures() from any.
 */
#ifndef KUBE_WATCH_H
#define KUBE_WATCH_H

#include "base/clock.h"
#include "base/json.h"
#include "kube/client.h"

#define WATCH_PAGE 500
#define WATCH_PAUSE_NS (100 * CLOCK_MS)
#define WATCH_PAUSE_MAX_NS (5 * CLOCK_SECOND)
#define WATCH_SILENCE_NS (120 * CLOCK_SECOND)
#define WATCH_LIST_NS (30 * CLOCK_SECOND)

struct kube_watch;

struct kube_watch_handler {
	void (*begun)(void *closure);                              /* a list begins */
	void (*present)(void *closure, const struct json *object); /* exists, and is so now */
	void (*gone)(void *closure, const struct json *object);
	void (*listed)(void *closure); /* the list is whole: what was not present since begun() is gone */
	void (*trouble)(void *closure, const struct err *why);
	void *closure;
};

struct kube_watch_figures {
	int64_t heard;     /* monotonic: when the API server last said something of the objects; 0 = never */
	uint64_t lists;    /* that were whole */
	uint64_t restarts; /* of the watch */
};

/* path may have a query: "/api/v1/secrets?fieldSelector=metadata.name%3Da"; it must outlive the watch. */
struct kube_watch *kube_watch_new(struct kube_client *client, const char *path,
				  const struct kube_watch_handler *handler);
void kube_watch_free(struct kube_watch *watch); /* NULL is fine; before the client */

/* Do what is due; when to be called again (monotonic) if the client has nothing to do before. */
int64_t kube_watch_tick(struct kube_watch *watch);

struct kube_watch_figures kube_watch_figures(const struct kube_watch *watch);

#endif
