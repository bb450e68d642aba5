/*
 * json_keys.h - "does this key stand twice in its object?" in linear time.
 *
 * One stack of the keys of all open objects. Small objects are searched
 * directly; an object of more than a few keys gets a hash table, seeded per
 * process so that nobody can choose colliding keys. Two spellings of one key
 * ("a" and "\u0061") count as the same.
 *
 * Private to base/json. Ownership: everything in the arena. Threads: as the arena.
 */
#ifndef BASE_JSON_KEYS_H
#define BASE_JSON_KEYS_H

#include "base/arena.h"
#include "base/limits.h"

#include <stdint.h>

struct json_keys {
	struct arena *arena;
	struct json_key_entry {
		struct slice key;
		uint64_t hash;
	} * entries;
	size_t count, cap;
	size_t first[LIMIT_JSON_DEPTH + 1]; /* of each open object, into entries */
	uint32_t *table[LIMIT_JSON_DEPTH + 1]; /* of an object with many keys, else NULL */
	size_t table_size[LIMIT_JSON_DEPTH + 1]; /* a power of two */
	unsigned depth;
};

void json_keys_init(struct json_keys *k, struct arena *a);
void json_keys_open(struct json_keys *k);
void json_keys_close(struct json_keys *k);

/* Note a key (raw text between its quotes, still escaped) of the innermost object.
 * false if it is there already. */
bool json_keys_add(struct json_keys *k, struct slice raw);

/* Set the seed once, before threads. */
void json_keys_seed(uint64_t seed);

#endif
