#include "base/json_keys.h"

#include "base/hash.h"

static bool same_key(const struct json *a, const struct json *b)
{
	return a->mark == b->mark && slice_eq(a->key, b->key);
}

static bool stands_in(const struct json *object, const struct json *member)
{
	for (const struct json *m = object->first; m; m = m->next)
		if (same_key(m, member))
			return true;
	return false;
}

/* false where a member of that name is in the table. */
static bool table_put(struct json_keys *keys, const struct json *member)
{
	size_t mask = keys->size - 1;

	for (size_t slot = hash(member->key) & mask;; slot = (slot + 1) & mask) {
		if (!keys->table[slot]) {
			keys->table[slot] = member;
			return true;
		}
		if (same_key(keys->table[slot], member))
			return false;
	}
}

/* Make (or double) the table of object and fill it again. */
static void table_grow(struct json_keys *keys, struct arena *a, const struct json *object)
{
	keys->size = keys->size ? keys->size * 2 : JSON_KEYS_SMALL * 4;
	keys->table = ARENA_ARRAY(a, keys->size, const struct json *);
	for (const struct json *m = object->first; m; m = m->next)
		(void)table_put(keys, m); /* all differ: each was checked when it was added */
}

bool json_keys_look(struct json_keys *keys, struct arena *a, const struct json *object, const struct json *member)
{
	if (keys->count++ < JSON_KEYS_SMALL)
		return !stands_in(object, member);
	if (keys->count * 2 > keys->size)
		table_grow(keys, a, object);
	return table_put(keys, member);
}
