/*
 * arena.h - memory with one lifetime: allocate freely, free once.
 *
 * Every request (and every document of an offline review) has one arena; what
 * parsing, deciding and answering allocate dies with arena_reset(). Nothing in
 * an arena is freed on its own, so no error path needs cleanup and no two
 * owners can disagree.
 *
 *	struct arena arena = ARENA_INIT;
 *	char *copy = arena_dup(&arena, text);
 *	arena_reset(&arena);        // the first block is kept for the next request
 *	arena_release(&arena);      // everything goes back to the system
 *
 * Bounds: an arena does not count; its users do. What goes in is limited where
 * it enters (body bytes, JSON nodes and depth: base/limits.h), so an arena stays
 * within a fixed multiple of that. Out of memory ends the process: there is no
 * decision worth making without memory, and the API server's failurePolicy
 * covers a webhook that is gone.
 *
 * Threads: an arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/err.h"
#include "base/slice.h"

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first; NULL until first used */
	char *at, *end;             /* free part of the newest block */
	bool wipe;                  /* before memory is given back or used again */
};

#define ARENA_INIT ((struct arena){NULL, NULL, NULL, false})
/* For memory that holds a key or a token, including the copies that growing leaves behind (base/secret.h). */
#define ARENA_SECRET ((struct arena){NULL, NULL, NULL, true})

/* Says so on standard error and ends the process with SIGABRT. For everything that allocates, with an arena or
 * without. */
_Noreturn void out_of_memory(void);

/* size bytes, zeroed, aligned for any type. Never NULL; size 0 is fine. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, returns_nonnull));

/* The same without zeroing, for a caller that writes all of it at once. Inline, since nothing is called more often. */
static inline void *arena_alloc_dirty(struct arena *a, size_t size) __attribute__((malloc, returns_nonnull));
void *arena_alloc_block(struct arena *a, size_t size) __attribute__((malloc, returns_nonnull)); /* when the newest block is full */

#define ARENA_ALIGNMENT _Alignof(max_align_t)

static inline void *arena_alloc_dirty(struct arena *a, size_t size)
{
	size_t rounded = (size + ARENA_ALIGNMENT - 1) & ~(ARENA_ALIGNMENT - 1);

	if (rounded < size || (size_t)(a->end - a->at) <= rounded)
		return arena_alloc_block(a, size);
	void *p = a->at;
	a->at += rounded;
	return p;
}

/* Give back what follows used up to end, where end is that of what was allocated last; otherwise it stays allocated. */
static inline void arena_give_back(struct arena *a, void *used, const void *end)
{
	if (a->at == end)
		a->at = used;
}

/* count zeroed elements of size bytes; ends the process if the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size) __attribute__((returns_nonnull));
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, count, type) ((type *)arena_array((a), (count), sizeof(type)))

/* Grow an array to hold at least need elements of size bytes, doubling. *cap is
 * updated; the old elements are copied, new ones zeroed; returns the (maybe moved) array. */
static inline void *arena_grow(struct arena *a, void *array, size_t *cap, size_t need, size_t size);
void *arena_grow_array(struct arena *a, void *array, size_t *cap, size_t need, size_t size); /* when it is full */

static inline void *arena_grow(struct arena *a, void *array, size_t *cap, size_t need, size_t size)
{
	return need <= *cap ? array : arena_grow_array(a, array, cap, need, size);
}

/* The place of one more element behind count of them, which grows by one; array, too, may be another then:
 *	*ARENA_PUSH(a, list->items, &list->cap, list->count) = item;
 * Of the element's type, so that the compiler checks what is put there. array and count are evaluated more than once. */
#define ARENA_PUSH(a, array, cap, count) \
	((array) = arena_grow((a), (array), (cap), (count) + 1, sizeof(*(array))), &(array)[(count)++])

/* The same as arena_grow() without zeroing the new elements: for a caller that writes all of each. */
void *arena_grow_dirty(struct arena *a, void *array, size_t *cap, size_t need, size_t size);

/* A NUL-terminated copy of s (which may hold NUL bytes itself). */
char *arena_dup(struct arena *a, struct slice s);

/* The same as a slice. */
struct slice arena_copy(struct arena *a, struct slice s);

/* The texts joined, NUL-terminated: arena_join(a, path, "/env/", name). Where there is nothing to
 * format, this takes a tenth of arena_printf()'s time. */
#define arena_join(a, ...)                                  \
	arena_join_texts((a), (const char *const[]){__VA_ARGS__}, \
			 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
char *arena_join_texts(struct arena *a, const char *const *texts, size_t count);

/* "PATH/INDEX": the JSON Pointer of an element. */
char *arena_path(struct arena *a, const char *path, size_t index);

/* Formatted text, NUL-terminated. */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Forget everything; keep one block of usual size, so that the next request
 * allocates nothing from the system. */
void arena_reset(struct arena *a);

/* Forget everything and give all memory back. The arena can be used again. */
void arena_release(struct arena *a);

#endif
