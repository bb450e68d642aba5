/*
 * slice.h - a stretch of somebody else's bytes. Not terminated, valid as long as what it points into.
 *
 * Two things have no bytes: the empty slice, as of "", and SLICE_NONE, which says that there is no text (an absent field, nothing
 * found) and whose ptr is NULL. For a question about bytes (slice_eq, slice_is, a loop) both are alike; who must tell them apart asks
 * for ptr. Never is ptr NULL with a length.
 *
 * For printf: "%.*s" with SLICE_ARG(s), which evaluates s twice: give it a name, no call. Texts longer than INT_MAX do not occur, since
 * what comes in is bounded (base/limits.h).
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include "base/count.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *ptr;
	size_t len;
};

#define SLICE_NONE ((struct slice){NULL, 0})
#define SLICE_LIT(lit) ((struct slice){(lit), sizeof(lit) - 1})
#define SLICE_INIT(lit) {(lit), sizeof(lit) - 1} /* in the initializer of a table */
#define SLICE_ARG(s) (int)(s).len, (s).ptr

static inline struct slice slice_of(const char *text)
{
	return (struct slice){text, strlen(text)};
}

/* One of ASCII's ten. */
static inline bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool char_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ASCII digits, at least one. */
static inline bool slice_digits(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!char_is_digit(s.ptr[i]))
			return false;
	return s.len > 0;
}

/* Does s begin with prefix? If so, take it off. */
static inline bool slice_skip(struct slice *s, struct slice prefix)
{
	if (s->len < prefix.len || memcmp(s->ptr, prefix.ptr, prefix.len) != 0)
		return false;
	s->ptr += prefix.len;
	s->len -= prefix.len;
	return true;
}

/* What is behind the first `at` bytes. */
static inline struct slice slice_from(struct slice s, size_t at)
{
	return (struct slice){s.ptr + at, s.len - at};
}

/* Take the part of *s before the first sep (all of it if there is none) and
 * leave *s after that sep. The caller loops while *s is not empty. */
static inline struct slice slice_cut(struct slice *s, char sep)
{
	if (s->len == 0)
		return *s; /* NULL + 0 is undefined */
	const char *at = memchr(s->ptr, sep, s->len);
	struct slice head = {s->ptr, at ? (size_t)(at - s->ptr) : s->len};
	size_t taken = at ? head.len + 1 : head.len;

	s->ptr += taken;
	s->len -= taken;
	return head;
}

/* The part behind the last sep; all of s if there is none. */
static inline struct slice slice_last(struct slice s, char sep)
{
	const char *at = s.len ? memrchr(s.ptr, sep, s.len) : NULL;

	return at ? slice_from(s, (size_t)(at - s.ptr) + 1) : s;
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_is(struct slice s, const char *text)
{
	return slice_eq(s, slice_of(text));
}

/* What tells most names apart before they are compared: the length, the first and the last byte. */
static inline uint32_t slice_mark(struct slice s)
{
	return s.len == 0 ? 0
			  : (uint32_t)(unsigned char)s.ptr[0] | (uint32_t)(unsigned char)s.ptr[s.len - 1] << 8 |
				    (uint32_t)s.len << 16;
}

/* One of 64 places, mixed so that most marks differ: for a set of bits that says of most names that they are not there. */
static inline unsigned slice_mark_place(uint32_t mark)
{
	return mark * 0x9E3779B1u >> 26;
}

/* For sorting: negative, 0 or positive as a sorts before, with or after b, by bytes. */
static inline int slice_order(struct slice a, struct slice b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static inline bool slice_starts(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && memcmp(s.ptr, prefix, n) == 0;
}

static inline bool slice_ends(struct slice s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.len >= n && memcmp(s.ptr + s.len - n, suffix, n) == 0;
}

/* Is s one of the texts, none of which is empty? The first byte decides nearly always, so long lists are cheap. */
bool slice_is_one_of(struct slice s, const char *const *list, size_t count);
#define SLICE_IS_ONE_OF(s, list) slice_is_one_of((s), (list), COUNT_OF(list))

/* Where needle occurs first; NULL if it does not. An empty one does at the beginning. */
static inline const char *slice_find(struct slice s, struct slice needle);
const char *slice_find_from(struct slice s, const char *at, struct slice needle); /* at: where its first byte occurs first */

/* Most texts lack even its first byte. */
static inline const char *slice_find(struct slice s, struct slice needle)
{
	const char *at = "";

	if (s.len < needle.len)
		return NULL;
	if (needle.len > 0)
		at = memchr(s.ptr, (unsigned char)needle.ptr[0], s.len - needle.len + 1);
	return at ? slice_find_from(s, at, needle) : NULL;
}

/* Does needle occur in s? An empty needle does. */
static inline bool slice_has(struct slice s, const char *needle)
{
	return slice_find(s, slice_of(needle)) != NULL;
}

#endif
