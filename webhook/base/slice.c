#include "base/slice.h"

/* memchr(), which scans much faster than memmem(), finds this many first bytes; then memmem() takes over. */
#define FIRST_BYTES 8

const char *slice_find_from(struct slice s, const char *at, struct slice needle)
{
	if (needle.len == 0)
		return s.ptr ? s.ptr : at;
	for (unsigned i = 1; at && memcmp(at, needle.ptr, needle.len) != 0; i++) {
		s = slice_from(s, (size_t)(at + 1 - s.ptr));
		if (s.len < needle.len)
			return NULL;
		if (i == FIRST_BYTES)
			return memmem(s.ptr, s.len, needle.ptr, needle.len);
		at = memchr(s.ptr, (unsigned char)needle.ptr[0], s.len - needle.len + 1);
	}
	return at;
}

bool slice_is_one_of(struct slice s, const char *const *list, size_t count)
{
	for (size_t i = 0; s.len > 0 && i < count; i++)
		if (s.ptr[0] == list[i][0] && slice_is(s, list[i]))
			return true;
	return false;
}
