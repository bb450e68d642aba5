/*
 * arrivals.h - connections handed to a worker that libmicrohttpd has not started yet: they count against the limit like
 * those started.
 *
 *	arrivals_add(&worker->arrivals);          // the acceptor hands one over
 *	arrivals_end(&worker->arrivals);          // it has started, or could not be handed over
 *	arrivals_forget(&worker->arrivals);       // the acceptor, every ARRIVAL_MS while connections come
 *
 * libmicrohttpd does not report a connection for which it had no memory. A connection that has not started between two
 * checks never will; drop it from the count, whether others arrive meanwhile or not. If one that was dropped does start
 * (its worker was that busy), the count does not go below 0; for a moment there is room for one connection more, and
 * libmicrohttpd has a limit of its own.
 *
 * Threads: arrivals_add() and arrivals_forget() on the acceptor's only, arrivals_end() on any.
 */
#ifndef HTTP_ARRIVALS_H
#define HTTP_ARRIVALS_H

#include <stdatomic.h>

#define ARRIVAL_MS 1000

struct arrivals {
	_Atomic unsigned waiting;
	unsigned recent; /* handed over since the acceptor's last check */
};

static inline void arrivals_add(struct arrivals *a)
{
	atomic_fetch_add(&a->waiting, 1);
	a->recent++;
}

static inline void arrivals_end(struct arrivals *a)
{
	unsigned n = atomic_load(&a->waiting);

	while (n > 0 && !atomic_compare_exchange_weak(&a->waiting, &n, n - 1))
		;
}

/* More are waiting than came since the last check: the rest are older than that check. */
static inline void arrivals_forget(struct arrivals *a)
{
	unsigned n = atomic_load(&a->waiting);

	while (n > a->recent && !atomic_compare_exchange_weak(&a->waiting, &n, a->recent))
		;
	a->recent = 0;
}

#endif
