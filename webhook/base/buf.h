/*
 * buf.h - a growing text in an arena.
 *
 *	struct buf b = buf_in(arena);
 *	buf_add(&b, SLICE_LIT("spark.master="));
 *	buf_printf(&b, "%d", 7);
 *	return buf_slice(&b);
 *
 * The text lives in the arena, so a slice taken from it stays valid until the arena
 * is reset, but is not updated by later additions. Only buf_slice() writes the NUL
 * behind it, for which there is always room. Threads: as its arena.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"

struct buf {
	struct arena *arena;
	char *ptr; /* NULL until something was added */
	size_t len, cap;
};

static inline struct buf buf_in(struct arena *a)
{
	return (struct buf){.arena = a};
}

/* For callers that write byte by byte: reserve room for `more` bytes after the text, then say how many were written.
 * Nothing else may be added between the two. Inline, since every answer is written in steps of a few bytes. */
static inline char *buf_reserve(struct buf *b, size_t more);
static inline void buf_added(struct buf *b, size_t n);
void buf_grow(struct buf *b, size_t need); /* when there is too little room */

static inline char *buf_reserve(struct buf *b, size_t more)
{
	if (b->cap - b->len <= more)
		buf_grow(b, b->len + more + 1);
	return b->ptr + b->len;
}

static inline void buf_added(struct buf *b, size_t n)
{
	b->len += n;
}

static inline void buf_add(struct buf *b, struct slice s)
{
	char *at = buf_reserve(b, s.len);

	if (s.len > 0)
		memcpy(at, s.ptr, s.len);
	buf_added(b, s.len);
}

static inline void buf_addc(struct buf *b, char c)
{
	*buf_reserve(b, 1) = c;
	buf_added(b, 1);
}

static inline void buf_adds(struct buf *b, const char *text)
{
	buf_add(b, slice_of(text));
}

void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The text so far; {"", 0} if nothing was added. NUL-terminated. */
struct slice buf_slice(const struct buf *b);

#endif
