/*
 * live_state.h - the inside of facts/live.h: what its threads share. Private to facts/live*.c.
 *
 * A ticket is a request that waits. A worker makes it and puts it into `incoming`; the thread fetches and, when
 * all is there or its time is over, calls wake(); from then on it is the worker's again. So a ticket has one owner at any
 * time, and needs no lock of its own.
 */
#ifndef FACTS_LIVE_STATE_H
#define FACTS_LIVE_STATE_H

#include "facts/live.h"
#include "facts/namespaces.h"
#include "kube/client.h"
#include "kube/watch.h"

#include <pthread.h>
#include <stdatomic.h>

enum live_kind { LIVE_NAMESPACE, LIVE_CONFIG_MAP, LIVE_PODS, LIVE_KINDS };
enum live_result { LIVE_FOUND, LIVE_MISSING, LIVE_FAILED, LIVE_LATE, LIVE_LIMITED, LIVE_RESULTS };

#define LIVE_PATH_MAX (2 * KUBE_NAME_MAX + 64)
#define LIVE_TOKEN_MAX 4096

struct ticket;

/* A Namespace that is being fetched, for any number of tickets. Belongs to the thread. */
struct fetch {
	struct facts_live *live;
	char name[KUBE_NAME_MAX + 1], path[LIVE_PATH_MAX];
	struct kube_call call;
	struct fetch *next;
};

/* A ConfigMap that is being fetched for one ticket. */
struct lookup_call {
	struct ticket *ticket;
	char name[KUBE_NAME_MAX + 1], path[LIVE_PATH_MAX];
	struct kube_call call;
	bool running;
	enum lookup_state state;
};

/* The pods of a namespace, for one ticket: page after page. */
struct pods_list {
	struct facts_live *live;
	char path[LIVE_PATH_MAX + LIVE_TOKEN_MAX];
	struct kube_call call;
	bool running;
	struct policy *policy; /* a reference */
	char *text;            /* JSON array without its end, malloc'd: what is kept of the pods that are wanted */
	size_t len, cap, kept;
	struct pods_seen seen; /* except the list */
};

struct ticket {
	struct facts_live *live;
	void (*wake)(void *closure);
	void *closure;
	int64_t deadline;
	char name[KUBE_NAME_MAX + 1]; /* of the Namespace */
	bool wants_namespace;
	struct fetch *fetch;
	char *text; /* of the Namespace that was fetched, malloc'd; NULL = none */
	size_t text_len;
	struct lookup_call *calls;
	size_t call_count, open;
	struct pods_list *pods; /* NULL = not asked for */
	struct ticket *prev, *next;
};

/* Limits live requests to so many a second, and so many at once after a pause. */
struct bucket {
	int64_t at; /* monotonic */
	int64_t tokens; /* thousandths */
};

/* See facts_live_add(). */
struct live_work {
	int64_t (*tick)(void *closure);
	void *closure;
};

struct facts_live {
	struct facts_source source; /* first: a source is cast back */
	const struct log *log;
	struct kube_client *client;
	struct kube_watch *watch;
	struct live_work work[LIVE_WORK_MAX];
	size_t work_count;
	int64_t stale_after;
	pthread_t thread;
	bool started;
	_Atomic bool stopping, listed;

	pthread_mutex_t lock; /* guards the next four */
	struct namespaces *namespaces;
	struct ticket *incoming;
	struct bucket buckets[LIVE_KINDS];
	bool closed; /* no more tickets */

	/* The thread's: */
	struct ticket *tickets;
	struct fetch *fetches;
	bool said_stale;
	int64_t said_trouble;

	_Atomic unsigned waiting, listing; /* tickets; those with pods that were not freed yet */
	_Atomic uint64_t results[LIVE_KINDS][LIVE_RESULTS];
};

/* facts/live_get.c: the workers' side. */
enum facts_outcome live_get(struct facts_source *source, const struct needs *needs, struct facts_wait *wait,
			    struct facts *ret, struct facts_lease *lease);
void live_put(struct facts_source *source, struct facts_lease *lease);
void live_abandon(struct facts_source *source, struct facts_wait *wait);

/* facts/live_fetch.c: the thread's side. */
void live_take_tickets(struct facts_live *live);
int64_t live_next_deadline(const struct facts_live *live);
void live_end_overdue(struct facts_live *live);
void live_end_all(struct facts_live *live);

/* facts/live_metrics.c */
void live_metrics(struct facts_source *source, struct buf *out);

/* facts/live_ticket.c: the thread's side. */
void live_count(struct facts_live *live, enum live_kind kind, enum live_result result);
enum live_result live_result_of(const struct kube_call *call);
void live_one_less(struct ticket *t); /* one answer of the ticket is there */
void live_wake(struct ticket *t);     /* nothing is awaited any more: from here on the ticket is the worker's */

/* facts/live_pods.c. */
struct pods_list *live_pods_new(struct facts_live *live, const char *namespace,
				const struct policy *policy); /* on workers */
void live_pods_free(struct pods_list *pods);
void live_pods_start(struct ticket *t); /* on the thread, like the next one */
void live_pods_stop(struct ticket *t);

/* What was seen, into arena. */
void live_pods_fill(const struct pods_list *pods, struct arena *a, struct pods_seen *ret);

#endif
