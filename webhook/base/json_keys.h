/*
 * json_keys.h - "does this key occur twice in its object?" in linear time.
 *
 * A key whose bit is new in its object is new. Otherwise the members of a small object are compared with it; an object
 * of more than a few gets a hash table of them, in which nobody can choose colliding keys (base/hash.h). Keys are compared unescaped: two
 * spellings of one ("a" and "\u0061") are the same.
 *
 * Private to base/json. Ownership: everything in the arena. Threads: as the arena.
 */
#ifndef BASE_JSON_KEYS_H
#define BASE_JSON_KEYS_H

#include "base/json_node.h"

/* Up to this many keys a plain search is faster than a table. */
#define JSON_KEYS_SMALL 16

struct json_keys {
	const struct json **table; /* NULL until it is needed */
	size_t size;               /* of the table: a power of two */
	size_t count;              /* the first so many members are in the table ... */
	const struct json *last;   /* ... and this is the last of them */
	const struct json *left_out; /* a member that is none of object's children; NULL = there is none */
};

/* The slow path of json_keys_add(): the bit of member is set already. */
bool json_keys_look(struct json_keys *keys, struct arena *a, const struct json *object, const struct json *member);

/* Record member, which is about to become the next child of object; keys is all zero before the first. false if
 * the object has a member of that name already. Most keys of a small object need no comparison: their bits are new. */
static inline bool json_keys_add(struct json_keys *keys, struct arena *a, struct json *object, const struct json *member)
{
	if (json_key_likely(object, member->mark))
		return json_keys_look(keys, a, object, member);
	json_key_note(object, member->mark);
	return true;
}
#endif
