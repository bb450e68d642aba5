#include "http/body.h"

#include "base/limits.h"

#include <stdlib.h>

void body_begin(struct body *b, struct body_pool *pool)
{
	*b = (struct body){.pool = pool};
}

static void take_spare(struct body *b)
{
	if (!b->buffer.ptr && b->pool->count > 0)
		b->buffer = b->pool->spare[--b->pool->count];
}

static void give_buffer(struct body *b)
{
	if (b->buffer.ptr && b->buffer.cap <= BODY_SPARE_MAX && b->pool->count < BODIES_SPARE)
		b->pool->spare[b->pool->count++] = b->buffer;
	else
		free(b->buffer.ptr);
	b->buffer = (struct body_buffer){NULL, 0};
}

static bool resize(struct body_buffer *buffer, size_t cap)
{
	char *ptr = realloc(buffer->ptr, cap + 1);

	if (!ptr)
		return false;
	buffer->ptr = ptr;
	buffer->cap = cap;
	return true;
}

/* Shrink to what a refused body may keep. */
static void shrink(struct body *b, struct budget *budget)
{
	budget_give(budget, b->charged);
	b->charged = 0;
	if (b->len > BODY_KEPT)
		b->len = BODY_KEPT;
	if (b->buffer.cap > BODY_KEPT && !resize(&b->buffer, BODY_KEPT)) {
		free(b->buffer.ptr);
		b->buffer = (struct body_buffer){NULL, 0};
		b->len = 0;
	}
}

static bool take_share(struct body *b, struct budget *budget, size_t share)
{
	if (share <= b->charged)
		return true;
	if (!budget_take(budget, share - b->charged))
		return false;
	b->charged = share;
	return true;
}

/* Doubling keeps the copying linear; the announced length keeps it from overshooting. */
static size_t next_cap(size_t now, size_t need, uint64_t expected)
{
	size_t cap = now < BODY_KEPT ? BODY_KEPT : now * 2;

	if (expected >= need && expected < cap && expected >= BODY_KEPT)
		cap = (size_t)expected;
	if (cap > LIMIT_BODY_BYTES)
		cap = LIMIT_BODY_BYTES;
	return cap < need ? need : cap;
}

/* A spare buffer is paid for by its own size, not the body's. If the budget has no room for one that a larger body
 * left, it is made smaller. */
static enum body_state make_room(struct body *b, struct budget *budget, size_t need, uint64_t expected)
{
	bool fits = need <= b->buffer.cap;

	if (fits && take_share(b, budget, b->buffer.cap))
		return BODY_WHOLE;
	size_t cap = next_cap(fits ? 0 : b->buffer.cap, need, expected);
	if (!take_share(b, budget, cap))
		return BODY_NO_BUDGET;
	return resize(&b->buffer, cap) ? BODY_WHOLE : BODY_NO_MEMORY;
}

/* What a refused body still keeps of a piece: enough to find the uid. */
static struct slice first_bytes(struct body *b, struct slice piece)
{
	size_t room = b->len < BODY_KEPT ? BODY_KEPT - b->len : 0;

	if (room > 0 && b->buffer.cap < BODY_KEPT && !resize(&b->buffer, BODY_KEPT))
		room = 0;
	return (struct slice){piece.ptr, piece.len < room ? piece.len : room};
}

void body_add(struct body *b, struct budget *budget, struct slice piece, uint64_t expected)
{
	take_spare(b);
	b->arrived += piece.len;
	if (b->state == BODY_WHOLE && b->arrived > LIMIT_BODY_BYTES)
		b->state = BODY_TOO_LARGE;
	else if (b->state == BODY_WHOLE)
		b->state = make_room(b, budget, b->len + piece.len, expected);
	if (b->state != BODY_WHOLE) {
		shrink(b, budget);
		piece = first_bytes(b, piece);
	}
	if (piece.len > 0)
		memcpy(b->buffer.ptr + b->len, piece.ptr, piece.len);
	b->len += piece.len;
}

struct slice body_text(const struct body *b)
{
	if (!b->buffer.ptr)
		return SLICE_LIT("");
	b->buffer.ptr[b->len] = '\0';
	return (struct slice){b->buffer.ptr, b->len};
}

void body_end(struct body *b, struct budget *budget)
{
	budget_give(budget, b->charged);
	give_buffer(b);
	b->charged = b->len = 0;
}

void body_pool_release(struct body_pool *pool)
{
	while (pool->count > 0)
		free(pool->spare[--pool->count].ptr);
}
