#include "base/secret.h"

#include <malloc.h>
#include <stdlib.h>

/* The bytes beyond the size that was asked for are ours, too: malloc_usable_size(3). */
void secret_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/* realloc() would leave the old bytes where they were. */
void *secret_realloc(void *p, size_t size)
{
	size_t had = p ? malloc_usable_size(p) : 0;
	void *moved;

	if (size == 0) {
		secret_free(p);
		return NULL;
	}
	if (p && size <= had && size > had / 2)
		return p;
	moved = malloc(size);
	if (!moved)
		return NULL;
	if (p)
		memcpy(moved, p, had < size ? had : size);
	secret_free(p);
	return moved;
}
