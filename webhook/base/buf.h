/*
 * buf.h - a growing text in an arena.
 *
 *	struct buf b = buf_in(arena);
 *	buf_add(&b, SLICE_LIT("spark.master="));
 *	buf_printf(&b, "%d", 7);
 *	return buf_slice(&b);
 *
 * The text is always NUL-terminated. It lives in the arena, so a slice taken
 * from it stays valid until the arena is reset, but is not updated by later
 * additions. Threads: as its arena.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"

struct buf {
	struct arena *arena;
	char *ptr; /* NULL until something was added */
	size_t len, cap;
};

struct buf buf_in(struct arena *a);
void buf_add(struct buf *b, struct slice s);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* For one who writes byte by byte: room for more bytes behind the text, and then how many of them were
 * written. Between the two nothing else may be added. */
char *buf_reserve(struct buf *b, size_t more);
void buf_added(struct buf *b, size_t n);

/* What is in it now; {"", 0} where nothing is. NUL-terminated. */
struct slice buf_slice(const struct buf *b);

#endif
