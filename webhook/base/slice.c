#include "base/slice.h"

/* memchr() tries this many first bytes; then memmem() takes over. */
#define FIRST_BYTES 8

const char *slice_find(struct slice s, struct slice needle)
{
	if (needle.len == 0)
		return s.ptr ? s.ptr : "";
	for (unsigned i = 0; i < FIRST_BYTES && s.len >= needle.len; i++) {
		const char *at = memchr(s.ptr, (unsigned char)needle.ptr[0], s.len - needle.len + 1);

		if (!at || memcmp(at, needle.ptr, needle.len) == 0)
			return at;
		s = (struct slice){at + 1, s.len - (size_t)(at + 1 - s.ptr)};
	}
	return s.len >= needle.len ? memmem(s.ptr, s.len, needle.ptr, needle.len) : NULL;
}

bool slice_is_one_of(struct slice s, const char *const *list, size_t count)
{
	for (size_t i = 0; s.len > 0 && i < count; i++)
		if (s.ptr[0] == list[i][0] && slice_is(s, list[i]))
			return true;
	return false;
}
