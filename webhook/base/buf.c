#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#define SMALLEST 64

/* Not arena_grow(): nobody reads past the text, so that need not be zero. */
void buf_grow(struct buf *b, size_t need)
{
	size_t cap = b->cap < SMALLEST / 2 ? SMALLEST : b->cap * 2;

	if (cap < need)
		cap = need;
	char *bigger = arena_alloc_dirty(b->arena, cap);
	if (b->len > 0)
		memcpy(bigger, b->ptr, b->len);
	b->ptr = bigger;
	b->cap = cap;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);
	char *at = buf_reserve(b, SMALLEST); /* most texts fit at once */
	size_t room = b->cap - b->len;
	int n = vsnprintf(at, room, fmt, args);
	if ((size_t)n >= room)
		vsnprintf(buf_reserve(b, (size_t)n), (size_t)n + 1, fmt, again);
	b->len += (size_t)n;
	va_end(again);
	va_end(args);
}

struct slice buf_slice(const struct buf *b)
{
	if (!b->ptr)
		return SLICE_LIT("");
	b->ptr[b->len] = '\0';
	return (struct slice){b->ptr, b->len};
}
