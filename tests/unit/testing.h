/* testing.h - what the unit tests share: JSON that reads well in C, a policy, sizes of tables. */
#ifndef TESTING_H
#define TESTING_H

#include "base/arena.h"

#include <criterion/criterion.h>

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* text with every single quote turned into a double one. */
static inline struct slice quoted(struct arena *a, const char *text)
{
	char *copy = arena_dup(a, slice_of(text));

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	return slice_of(copy);
}

#endif
