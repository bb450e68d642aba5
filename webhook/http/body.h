/*
 * body.h - a request body as it arrives: bounded, paid for out of the budget,
 * and grown by what is there, never by what a Content-Length promises.
 *
 *	body_begin(&body);
 *	for each piece: body_add(&body, &budget, piece, content_length);
 *	... body_text(&body) ...
 *	body_end(&body, &budget);       // the next request reuses the memory
 *	body_free(&body);               // with the connection
 *
 * A body that is too large, or for which there is no budget, keeps its first
 * BODY_KEPT bytes, since the uid of the review stands there; the rest is counted and
 * thrown away.
 *
 * Memory: an idle connection keeps BODY_KEPT bytes. These are bounded by the
 * limit of connections and not part of the budget. Threads: as its connection.
 */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "base/slice.h"
#include "http/budget.h"

#include <stdint.h>

/* Holds a usual pod, so that it is read without growing. */
#define BODY_KEPT (16u * 1024)

enum body_state {
	BODY_WHOLE,     /* all that arrived is there */
	BODY_TOO_LARGE, /* more than LIMIT_BODY_BYTES: the beginning is there */
	BODY_NO_BUDGET  /* the same for want of budget or memory */
};

struct body {
	enum body_state state;
	uint64_t arrived; /* bytes, kept or not */
	char *ptr;
	size_t len, cap; /* cap without the byte for the NUL */
	size_t charged;
};

void body_begin(struct body *b);

/* Take a piece. expected: the Content-Length, 0 = not known; it only keeps growth from overshooting. */
void body_add(struct body *b, struct budget *budget, struct slice piece, uint64_t expected);

/* What is kept, NUL-terminated. */
struct slice body_text(const struct body *b);

void body_end(struct body *b, struct budget *budget);
void body_free(struct body *b);

#endif
