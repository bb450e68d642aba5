/* Two quadratic ways to read a text, compiled as the library is: one in blocks, one in what memmove() does. */
#include "work.h"

#include <string.h>

void canary_blocks(struct arena *a, struct slice text)
{
	volatile size_t equal = 0;

	(void)a;
	for (size_t i = 0; i < text.len; i += 64)
		for (size_t k = 0; k < i; k += 64)
			equal += text.ptr[i] == text.ptr[k];
}

void canary_copies(struct arena *a, struct slice text)
{
	char *copy = arena_dup(a, text);

	for (size_t left = text.len; left > 64; left -= 64)
		memmove(copy, copy + 64, left - 64);
}
