/*
 * body.h - a request body as it arrives: bounded, paid for out of the budget,
 * and grown by what is there, never by what a Content-Length promises.
 *
 *	body_begin(&body, &worker->bodies);
 *	for each piece: body_add(&body, &budget, piece, content_length);
 *	... body_text(&body) ...
 *	body_end(&body, &budget);       // the next request reuses the memory
 *
 * A body that is too large, or for which there is no budget or no memory, keeps its first
 * BODY_KEPT bytes, since the uid of the review is there; the rest is counted and thrown away.
 *
 * Memory: a body holds its buffer from its first byte to body_end(), which gives it to the worker's pool; an idle
 * connection holds none. As long as a body holds a buffer, all of it is paid for. The pool's buffers are not part of
 * the budget, and neither is the beginning of a refused body: the limit of connections bounds those.
 * Threads: all on the thread of the connection's worker.
 */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "base/slice.h"
#include "http/budget.h"

#include <stdint.h>

/* Holds a usual pod, so that it is read without growing. */
#define BODY_KEPT (16u * 1024)

/* Spare buffers that a worker keeps, and how large they may have grown: most pods fit. */
#define BODIES_SPARE   8u
#define BODY_SPARE_MAX (64u * 1024)

enum body_state {
	BODY_WHOLE,     /* all that arrived is there */
	BODY_TOO_LARGE, /* more than LIMIT_BODY_BYTES: the beginning is there */
	BODY_NO_BUDGET, /* the same, for want of budget */
	BODY_NO_MEMORY  /* the same, where the budget allows more than the machine has */
};

struct body_buffer {
	char *ptr; /* NULL = none */
	size_t cap; /* without the byte for the NUL */
};

struct body_pool {
	struct body_buffer spare[BODIES_SPARE];
	unsigned count;
};

struct body {
	struct body_pool *pool;
	enum body_state state;
	uint64_t arrived; /* bytes, kept or not */
	struct body_buffer buffer;
	size_t len;
	size_t charged;
};

void body_begin(struct body *b, struct body_pool *pool);

/* Take a piece. expected: the Content-Length, 0 = not known; it only keeps growth from overshooting. */
void body_add(struct body *b, struct budget *budget, struct slice piece, uint64_t expected);

/* What is kept, NUL-terminated. */
struct slice body_text(const struct body *b);

void body_end(struct body *b, struct budget *budget);

void body_pool_release(struct body_pool *pool);

#endif
