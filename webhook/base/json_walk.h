/*
 * json_walk.h - the getters of json.h that are called for every value of a document, inline.
 *
 *	for (const struct json *m = json_walk_first(object); m; m = json_walk_next(m))
 *		... json_walk_mark(m), json_walk_key(m) ...
 *
 * For a pass over a whole document, where calls would be most of the work. v must not be NULL, and must be of
 * the type asked for: a caller that has not checked uses json.h.
 *
 * Ownership and threads: as json.h.
 */
#ifndef BASE_JSON_WALK_H
#define BASE_JSON_WALK_H

#include "base/json_node.h"

static inline enum json_type json_walk_type(const struct json *v)
{
	return v->type;
}

/* The first child of an array or object; NULL where it is empty. */
static inline const struct json *json_walk_first(const struct json *v)
{
	return v->first;
}

static inline const struct json *json_walk_next(const struct json *v)
{
	return v->next;
}

/* A member's name, and its slice_mark(). */
static inline struct slice json_walk_key(const struct json *member)
{
	return member->key;
}

static inline uint32_t json_walk_mark(const struct json *member)
{
	return member->mark;
}

/* The slice_mark() of a literal, for a table. */
#define JSON_WALK_MARK(lit)                                                                              \
	((uint32_t)(unsigned char)(lit)[0] | (uint32_t)(unsigned char)(lit)[sizeof(lit) - 2] << 8 |      \
	 (uint32_t)(sizeof(lit) - 1) << 16)

static inline uint64_t json_walk_eight(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return word;
}

static inline uint32_t json_walk_four(const char *text)
{
	uint32_t word;

	memcpy(&word, text, sizeof(word));
	return word;
}

/* Is member named key, whose mark is mark? Most names fit into two words, which may overlap: that saves a call. */
static inline bool json_walk_is(const struct json *member, const char *key, uint32_t mark)
{
	const char *name = member->key.ptr;
	size_t len = member->key.len;

	if (member->mark != mark || len != mark >> 16)
		return false;
	if (len >= 8 && len <= 16)
		return json_walk_eight(name) == json_walk_eight(key) &&
		       json_walk_eight(name + len - 8) == json_walk_eight(key + len - 8);
	if (len >= 4 && len < 8)
		return json_walk_four(name) == json_walk_four(key) &&
		       json_walk_four(name + len - 4) == json_walk_four(key + len - 4);
	return memcmp(name, key, len) == 0;
}

/* A number as it was written. */
static inline struct slice json_walk_number(const struct json *v)
{
	return v->text;
}

#endif
