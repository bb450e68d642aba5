/* plural.h - "1 object", "2 objects": printf("%zu object%s", n, plural(n)). */
#ifndef BASE_PLURAL_H
#define BASE_PLURAL_H

#include <stddef.h>

static inline const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

#endif
