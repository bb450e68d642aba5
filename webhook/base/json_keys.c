#include "base/json_keys.h"

/* Below this many keys a plain search is faster than a table. */
#define SMALL 16

/* Written once before threads start (json_keys_seed), then only read. */
static uint64_t hash_seed = 0x9E3779B97F4A7C15u;

void json_keys_seed(uint64_t seed)
{
	hash_seed = seed | 1;
}

void json_keys_init(struct json_keys *k, struct arena *a)
{
	*k = (struct json_keys){.arena = a};
}

void json_keys_open(struct json_keys *k)
{
	k->depth++;
	k->first[k->depth] = k->count;
	k->table[k->depth] = NULL;
	k->table_size[k->depth] = 0;
}

void json_keys_close(struct json_keys *k)
{
	k->count = k->first[k->depth--];
}

static unsigned hex_value(char c)
{
	if (c <= '9')
		return (unsigned)(c - '0');
	return (unsigned)((c | 0x20) - 'a') + 10;
}

static char *put_utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xC0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3F));
	} else if (code < 0x10000) {
		*out++ = (char)(0xE0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3F));
		*out++ = (char)(0x80 | (code & 0x3F));
	} else {
		*out++ = (char)(0xF0 | code >> 18);
		*out++ = (char)(0x80 | (code >> 12 & 0x3F));
		*out++ = (char)(0x80 | (code >> 6 & 0x3F));
		*out++ = (char)(0x80 | (code & 0x3F));
	}
	return out;
}

static unsigned read_hex4(const char *p)
{
	return hex_value(p[0]) << 12 | hex_value(p[1]) << 8 | hex_value(p[2]) << 4 | hex_value(p[3]);
}

/* Undo the escapes of a key that the scanner has accepted. */
static struct slice unescape(struct arena *a, struct slice raw)
{
	char *text = arena_dup(a, raw), *out = text;

	for (size_t i = 0; i < raw.len; i++) {
		if (raw.ptr[i] != '\\') {
			*out++ = raw.ptr[i];
			continue;
		}
		char c = raw.ptr[++i];
		if (c != 'u') {
			const char *at = strchr("b\bf\fn\nr\rt\t", c);
			*out++ = at ? at[1] : c;
			continue;
		}
		unsigned code = read_hex4(raw.ptr + i + 1);
		i += 4;
		if (code >= 0xD800 && code <= 0xDBFF) {
			code = 0x10000 + ((code - 0xD800) << 10) + (read_hex4(raw.ptr + i + 3) - 0xDC00);
			i += 6;
		}
		out = put_utf8(out, code);
	}
	return (struct slice){text, (size_t)(out - text)};
}

static uint64_t hash_of(struct slice key)
{
	uint64_t h = hash_seed;

	for (size_t i = 0; i < key.len; i++) {
		h = (h ^ (unsigned char)key.ptr[i]) * 0x9FB21C651E98DF25u;
		h ^= h >> 32;
	}
	return h;
}

static bool same(const struct json_key_entry *a, const struct json_key_entry *b)
{
	return a->hash == b->hash && slice_eq(a->key, b->key);
}

/* Is key one of the entries from first on? For objects so small that no hash pays. */
static bool stands_in(const struct json_keys *k, size_t first, struct slice key)
{
	for (size_t i = first; i < k->count; i++) {
		struct slice other = k->entries[i].key;
		if (other.len == key.len && memcmp(other.ptr, key.ptr, key.len) == 0)
			return true;
	}
	return false;
}

/* Put entry index into the table; false where an equal key is there. */
static bool table_put(struct json_keys *k, size_t index)
{
	uint32_t *table = k->table[k->depth];
	size_t mask = k->table_size[k->depth] - 1;

	for (size_t slot = k->entries[index].hash & mask;; slot = (slot + 1) & mask) {
		if (table[slot] == 0) {
			table[slot] = (uint32_t)index + 1;
			return true;
		}
		if (same(&k->entries[table[slot] - 1], &k->entries[index]))
			return false;
	}
}

/* Make (or double) the table of the innermost object and fill it again. */
static void table_grow(struct json_keys *k)
{
	size_t size = k->table_size[k->depth] ? k->table_size[k->depth] * 2 : SMALL * 4;

	k->table[k->depth] = ARENA_ARRAY(k->arena, size, uint32_t);
	k->table_size[k->depth] = size;
	for (size_t i = k->first[k->depth]; i < k->count; i++) {
		k->entries[i].hash = hash_of(k->entries[i].key); /* the first few had none */
		(void)table_put(k, i); /* they differ: each was checked when it came */
	}
}

bool json_keys_add(struct json_keys *k, struct slice raw)
{
	size_t first = k->first[k->depth], mine = k->count - first;
	bool escaped = memchr(raw.len ? raw.ptr : "", '\\', raw.len) != NULL;

	k->entries = arena_grow(k->arena, k->entries, &k->cap, k->count + 1, sizeof(*k->entries));
	struct json_key_entry *e = &k->entries[k->count];
	e->key = escaped ? unescape(k->arena, raw) : raw;
	if (mine < SMALL) {
		bool twice = stands_in(k, first, e->key);
		k->count += !twice;
		return !twice;
	}
	e->hash = hash_of(e->key);
	if ((mine + 1) * 2 > k->table_size[k->depth])
		table_grow(k);
	if (!table_put(k, k->count))
		return false;
	k->count++;
	return true;
}
