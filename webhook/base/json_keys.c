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

static bool is_small(const struct json *object)
{
	const struct json *m = object->first;

	for (size_t n = 0; m && n < JSON_KEYS_SMALL; n++)
		m = m->next;
	return !m;
}

/* Where member is in the table, or would be. */
static const struct json **table_slot(const struct json_keys *keys, const struct json *member)
{
	size_t mask = keys->size - 1, slot = hash(member->key) & mask;

	while (keys->table[slot] && !same_key(keys->table[slot], member))
		slot = (slot + 1) & mask;
	return &keys->table[slot];
}

/* Make (or double) the table of object and fill it again. */
static void table_grow(struct json_keys *keys, struct arena *a, const struct json *object)
{
	keys->size = keys->size ? keys->size * 2 : JSON_KEYS_SMALL * 4;
	keys->table = ARENA_ARRAY(a, keys->size, const struct json *);
	const struct json *m = object->first;
	for (size_t n = 0; n < keys->count; n++, m = m->next)
		*table_slot(keys, m) = m;
}

/* Add the members that came since the last look. */
static void table_update(struct json_keys *keys, struct arena *a, const struct json *object)
{
	for (const struct json *m = keys->last ? keys->last->next : object->first; m; m = m->next) {
		if (keys->count * 2 >= keys->size)
			table_grow(keys, a, object);
		*table_slot(keys, m) = m;
		keys->last = m;
		keys->count++;
	}
}

bool json_keys_look(struct json_keys *keys, struct arena *a, const struct json *object, const struct json *member)
{
	if (keys->left_out && same_key(keys->left_out, member))
		return false;
	if (!keys->table && is_small(object))
		return !stands_in(object, member);
	table_update(keys, a, object);
	return !*table_slot(keys, member);
}
