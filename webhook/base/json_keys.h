/*
 * json_keys.h - "does this key stand twice in its object?" in linear time.
 *
 * The members of a small object are compared with each other; an object of more than a few gets a hash
 * table of them, in which nobody can choose colliding keys (base/hash.h). Keys are compared unescaped: two
 * spellings of one ("a" and "\u0061") are the same.
 *
 * Private to base/json. Ownership: everything in the arena. Threads: as the arena.
 */
#ifndef BASE_JSON_KEYS_H
#define BASE_JSON_KEYS_H

#include "base/json_node.h"

struct json_keys {
	size_t count;              /* members so far */
	const struct json **table; /* of an object with many; NULL before that */
	size_t size;               /* of the table: a power of two */
};

/* Note member, which is about to become the next child of object; keys began as all zero with it. false where
 * a member of that name is there already. */
bool json_keys_add(struct json_keys *keys, struct arena *a, const struct json *object, const struct json *member);
#endif
