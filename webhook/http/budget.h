/*
 * budget.h - the bytes that request bodies may hold at once, over all
 * connections.
 *
 * A body takes its share before it allocates and gives it back when the request
 * is over; what does not fit is answered with 503 and read to its end without being
 * kept. So memory is bounded whatever arrives in parallel.
 *
 * Threads: any number; no lock.
 */
#ifndef HTTP_BUDGET_H
#define HTTP_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct budget {
	_Atomic size_t used;
	size_t limit;
};

/* Take bytes; false (and nothing taken) if there are not that many. */
bool budget_take(struct budget *b, size_t bytes);
void budget_give(struct budget *b, size_t bytes);

#endif
