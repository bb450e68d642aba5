#include "http/body.h"

#include "base/limits.h"

#include <stdlib.h>

void body_begin(struct body *b)
{
	b->state = BODY_WHOLE;
	b->arrived = 0;
	b->len = 0;
}

static bool resize(struct body *b, size_t cap)
{
	char *ptr = realloc(b->ptr, cap + 1);

	if (!ptr)
		return false;
	b->ptr = ptr;
	b->cap = cap;
	return true;
}

/* Back to what an idle connection may keep. */
static void shrink(struct body *b, struct budget *budget)
{
	budget_give(budget, b->charged);
	b->charged = 0;
	if (b->len > BODY_KEPT)
		b->len = BODY_KEPT;
	if (b->cap > BODY_KEPT && !resize(b, BODY_KEPT))
		body_free(b);
}

static bool take_share(struct body *b, struct budget *budget, size_t cap)
{
	if (cap <= b->charged)
		return true;
	if (!budget_take(budget, cap - b->charged))
		return false;
	b->charged = cap;
	return true;
}

/* Doubling keeps the copying linear; the announced length keeps it from overshooting. */
static size_t next_cap(const struct body *b, size_t need, uint64_t expected)
{
	size_t cap = b->cap < BODY_KEPT ? BODY_KEPT : b->cap * 2;

	if (expected >= need && expected < cap && expected >= BODY_KEPT)
		cap = (size_t)expected;
	if (cap > LIMIT_BODY_BYTES)
		cap = LIMIT_BODY_BYTES;
	return cap < need ? need : cap;
}

static bool make_room(struct body *b, struct budget *budget, size_t need, uint64_t expected)
{
	size_t cap = need <= b->cap ? b->cap : next_cap(b, need, expected);

	return take_share(b, budget, cap) && (cap == b->cap || resize(b, cap));
}

/* What a refused body still keeps of a piece: enough to find the uid. */
static struct slice first_bytes(struct body *b, struct slice piece)
{
	size_t room = b->len < BODY_KEPT ? BODY_KEPT - b->len : 0;

	if (room > 0 && b->cap < BODY_KEPT && !resize(b, BODY_KEPT))
		room = 0;
	return (struct slice){piece.ptr, piece.len < room ? piece.len : room};
}

void body_add(struct body *b, struct budget *budget, struct slice piece, uint64_t expected)
{
	b->arrived += piece.len;
	if (b->state == BODY_WHOLE && b->arrived > LIMIT_BODY_BYTES)
		b->state = BODY_TOO_LARGE;
	else if (b->state == BODY_WHOLE && !make_room(b, budget, b->len + piece.len, expected))
		b->state = BODY_NO_BUDGET;
	if (b->state != BODY_WHOLE) {
		shrink(b, budget);
		piece = first_bytes(b, piece);
	}
	if (piece.len > 0)
		memcpy(b->ptr + b->len, piece.ptr, piece.len);
	b->len += piece.len;
}

struct slice body_text(const struct body *b)
{
	if (!b->ptr)
		return SLICE_LIT("");
	b->ptr[b->len] = '\0';
	return (struct slice){b->ptr, b->len};
}

void body_end(struct body *b, struct budget *budget)
{
	shrink(b, budget);
	b->len = 0;
}

void body_free(struct body *b)
{
	free(b->ptr);
	b->ptr = NULL;
	b->len = b->cap = 0;
}
