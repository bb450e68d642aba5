#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

struct buf buf_in(struct arena *a)
{
	return (struct buf){.arena = a};
}

static char *reserve(struct buf *b, size_t more)
{
	b->ptr = arena_grow(b->arena, b->ptr, &b->cap, b->len + more + 1, 1);
	return b->ptr + b->len;
}

void buf_add(struct buf *b, struct slice s)
{
	char *at = reserve(b, s.len);

	if (s.len > 0)
		memcpy(at, s.ptr, s.len);
	b->len += s.len;
	b->ptr[b->len] = '\0';
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, (struct slice){&c, 1});
}

void buf_adds(struct buf *b, const char *text)
{
	buf_add(b, slice_of(text));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	vsnprintf(reserve(b, (size_t)n), (size_t)n + 1, fmt, again);
	b->len += (size_t)n;
	va_end(again);
	va_end(args);
}

struct slice buf_slice(const struct buf *b)
{
	return b->ptr ? (struct slice){b->ptr, b->len} : SLICE_LIT("");
}
