/*
 * arrivals.h - connections that a worker was handed and that libmicrohttpd has not begun: they count against the limit, as
 * those do that have begun.
 *
 *	arrivals_add(&worker->arrivals);          // the acceptor hands one over
 *	arrivals_end(&worker->arrivals);          // it has begun, or could not be handed over
 *	arrivals_forget(&worker->arrivals);       // the acceptor, each ARRIVAL_MS while connections come
 *
 * libmicrohttpd says nothing of a connection for which it had no memory. Who has not begun from one look to the next never
 * will, and is forgotten, whether others come meanwhile or not. One that was forgotten and begins after all (its worker was
 * busy for so long) ends nothing below 0; for a moment there is room for one more, and libmicrohttpd has its own limit.
 *
 * Threads: arrivals_add() and arrivals_forget() are the acceptor's, arrivals_end() is anybody's.
 */
#ifndef HTTP_ARRIVALS_H
#define HTTP_ARRIVALS_H

#include <stdatomic.h>

#define ARRIVAL_MS 1000

struct arrivals {
	_Atomic unsigned waiting;
	unsigned recent; /* handed over since the acceptor looked last */
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

/* More than came since the last look: the rest are of before it. */
static inline void arrivals_forget(struct arrivals *a)
{
	unsigned n = atomic_load(&a->waiting);

	while (n > a->recent && !atomic_compare_exchange_weak(&a->waiting, &n, a->recent))
		;
	a->recent = 0;
}

#endif
