/*
 * json_walk.h - the getters of json.h that one calls for every value of a document, inline.
 *
 *	for (const struct json *m = json_walk_first(object); m; m = json_walk_next(m))
 *		... json_walk_mark(m), json_walk_key(m) ...
 *
 * For a pass over a whole document, where calls would be most of the work. v is never NULL here, and of the type
 * that is asked for: whoever has not looked yet takes json.h.
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

/* Of a member: its name, and the slice_mark() of that. */
static inline struct slice json_walk_key(const struct json *member)
{
	return member->key;
}

static inline uint32_t json_walk_mark(const struct json *member)
{
	return member->mark;
}

/* A number as it was written. */
static inline struct slice json_walk_number(const struct json *v)
{
	return v->text;
}

#endif
