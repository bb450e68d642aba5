#include "audit/publish_set.h"

#include "base/digest.h"

#include <stdlib.h>

/* No name of Kubernetes' holds a slash. */
static void mark_of(const char *namespace, const char *name, unsigned char mark[PUBLISH_MARK])
{
	struct arena a = ARENA_INIT;
	unsigned char digest[SHA256_BYTES];

	sha256(slice_of(arena_join(&a, namespace, "/", name)), digest);
	memcpy(mark, digest, PUBLISH_MARK);
	arena_release(&a);
}

void publish_set_add(struct publish_set *set, const char *namespace, const char *name)
{
	if (set->count == set->cap) {
		size_t cap = set->cap ? set->cap * 2 : 256;
		void *marks = reallocarray(set->marks, cap, sizeof(*set->marks));
		if (!marks)
			out_of_memory();
		set->marks = marks;
		set->cap = cap;
	}
	mark_of(namespace, name, set->marks[set->count++]);
}

static int order(const void *a, const void *b)
{
	return memcmp(a, b, PUBLISH_MARK);
}

void publish_set_sort(struct publish_set *set)
{
	if (set->count > 0)
		qsort(set->marks, set->count, sizeof(*set->marks), order);
}

bool publish_set_has(const struct publish_set *set, const char *namespace, const char *name)
{
	unsigned char mark[PUBLISH_MARK];

	mark_of(namespace, name, mark);
	return set->count > 0 && bsearch(mark, set->marks, set->count, sizeof(*set->marks), order);
}

void publish_set_release(struct publish_set *set)
{
	free(set->marks);
	*set = (struct publish_set){.count = 0};
}
