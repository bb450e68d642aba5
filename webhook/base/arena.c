#include "base/arena.h"

#include "base/number.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* A usual Connect pod needs about 60 KiB, a pod of 21 KB or a ConfigMap of a hundred settings about 150: one block,
 * kept between requests. Pages of it that were never touched take no memory. */
#define BLOCK_SIZE (256u * 1024)

struct arena_block {
	struct arena_block *next;
	size_t size; /* of data */
	_Alignas(max_align_t) char data[];
};

void out_of_memory(void)
{
	static const char text[] = "sparkgate: out of memory\n";

	fputs(text, stderr);
	abort();
}

static struct arena_block *new_block(size_t size)
{
	struct arena_block *b;

	if (size > SIZE_MAX - sizeof(*b))
		out_of_memory();
	b = malloc(sizeof(*b) + size);
	if (!b)
		out_of_memory();
	b->size = size;
	return b;
}

static void use_block(struct arena *a, struct arena_block *b)
{
	b->next = a->blocks;
	a->blocks = b;
	a->at = b->data;
	a->end = b->data + b->size;
}

/* A big piece gets a block of its own after the newest one, whose free part stays in use. */
static void *alloc_alone(struct arena *a, size_t size)
{
	struct arena_block *b = new_block(size);

	if (!a->blocks)
		use_block(a, new_block(BLOCK_SIZE));
	b->next = a->blocks->next;
	a->blocks->next = b;
	return b->data;
}

void *arena_alloc_block(struct arena *a, size_t size)
{
	if (size > SIZE_MAX - ARENA_ALIGNMENT)
		out_of_memory();
	size = (size + ARENA_ALIGNMENT - 1) & ~(ARENA_ALIGNMENT - 1);
	if (size > BLOCK_SIZE / 4)
		return alloc_alone(a, size);
	if (!a->blocks || (size_t)(a->end - a->at) < size)
		use_block(a, new_block(BLOCK_SIZE));

	void *p = a->at;
	a->at += size;
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(arena_alloc_dirty(a, size), 0, size);
}

static void *arena_array_dirty(struct arena *a, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		out_of_memory();
	return arena_alloc_dirty(a, bytes);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	return memset(arena_array_dirty(a, count, size), 0, count * size);
}

void *arena_grow_dirty(struct arena *a, void *array, size_t *cap, size_t need, size_t size)
{
	if (need <= *cap)
		return array;

	size_t grown = *cap < 8 ? 8 : *cap * 2;
	if (grown < need)
		grown = need;
	void *bigger = arena_array_dirty(a, grown, size);
	if (*cap > 0)
		memcpy(bigger, array, *cap * size);
	*cap = grown;
	return bigger;
}

void *arena_grow_array(struct arena *a, void *array, size_t *cap, size_t need, size_t size)
{
	size_t before = *cap;
	char *grown = arena_grow_dirty(a, array, cap, need, size);

	memset(grown + before * size, 0, (*cap - before) * size);
	return grown;
}

char *arena_dup(struct arena *a, struct slice s)
{
	char *copy = arena_alloc_dirty(a, s.len + 1);

	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return copy;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
	return (struct slice){arena_dup(a, s), s.len};
}

/* The lengths of up to this many texts are kept; the rest are measured twice. */
#define JOINED_AT_ONCE 8

char *arena_join_texts(struct arena *a, const char *const *texts, size_t count)
{
	size_t lengths[JOINED_AT_ONCE], len = 0;

	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(texts[i]);
		if (i < JOINED_AT_ONCE)
			lengths[i] = n;
		len += n;
	}
	char *joined = arena_alloc_dirty(a, len + 1), *at = joined;
	for (size_t i = 0; i < count; i++) {
		size_t n = i < JOINED_AT_ONCE ? lengths[i] : strlen(texts[i]);
		memcpy(at, texts[i], n);
		at += n;
	}
	*at = '\0';
	return joined;
}

char *arena_path(struct arena *a, const char *path, size_t index)
{
	char room[NUMBER_CHARS];
	const char *digits = number_print_unsigned(index, room);
	size_t len = strlen(path), count = (size_t)(room + NUMBER_CHARS - digits); /* with the NUL */
	char *joined = arena_alloc_dirty(a, len + 1 + count);

	memcpy(joined, path, len);
	joined[len] = '/';
	memcpy(joined + len + 1, digits, count);
	return joined;
}

/* Most texts are short: formatted once on the stack, and copied. */
char *arena_printf(struct arena *a, const char *fmt, ...)
{
	char small[256];
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(small, sizeof(small), fmt, args);
	char *text = arena_alloc_dirty(a, (size_t)n + 1);
	if ((size_t)n < sizeof(small))
		memcpy(text, small, (size_t)n + 1);
	else
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(args);
	return text;
}

static void free_blocks(const struct arena *a, struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;
		if (a->wipe)
			explicit_bzero(b->data, b->size);
		free(b);
		b = next;
	}
}

/* Of the newest block only the used part: the rest was never touched, or is wiped already. */
static void wipe_newest(const struct arena *a)
{
	if (a->wipe && a->blocks)
		explicit_bzero(a->blocks->data, (size_t)(a->at - a->blocks->data));
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = a->blocks;

	if (!keep)
		return;
	wipe_newest(a);
	free_blocks(a, keep->next);
	keep->next = NULL;
	a->at = keep->data;
	a->end = keep->data + keep->size;
}

void arena_release(struct arena *a)
{
	struct arena_block *newest = a->blocks;

	if (newest) {
		wipe_newest(a);
		free_blocks(a, newest->next);
		free(newest);
	}
	*a = (struct arena){.wipe = a->wipe};
}
