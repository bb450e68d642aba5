#include "base/json.h"
#include "base/hash.h"
#include "base/json_node.h"
#include "base/json_write.h"
#include "base/number.h"

#include <math.h>
#include <stdlib.h>

void json_setup(void)
{
	hash_setup();
}

enum json_type json_type(const struct json *v)
{
	return v ? v->type : JSON_NULL;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {"null", "boolean", "number", "string", "array", "object"};

	return names[type];
}

static bool is_container(const struct json *v)
{
	return v && (v->type == JSON_ARRAY || v->type == JSON_OBJECT);
}

static inline bool same_bytes(const char *a, const char *b, size_t size)
{
	return memcmp(a, b, size) == 0; /* the compiler knows size: it compares words, without a call */
}

/* Are two names of the same mark the same? They are short: words are compared, the last overlapping the one before. */
static inline bool same_name(const char *a, const char *b, size_t len)
{
	if (len < 4)
		return len < 3 || a[1] == b[1]; /* the mark covers the first and the last */
	if (len < 8)
		return same_bytes(a, b, 4) && same_bytes(a + len - 4, b + len - 4, 4);
	for (size_t i = 0; i + 8 < len; i += 8)
		if (!same_bytes(a + i, b + i, 8))
			return false;
	return same_bytes(a + len - 8, b + len - 8, 8);
}

/* Names of 64 KiB and more may have the mark of a shorter one. */
static inline const struct json *member(const struct json *v, struct slice key, uint32_t mark)
{
	if (!v || v->type != JSON_OBJECT || !json_key_likely(v, mark))
		return NULL;
	for (const struct json *m = v->first; m; m = m->next)
		if (m->mark == mark && m->key.len == key.len && same_name(m->key.ptr, key.ptr, key.len))
			return m;
	return NULL;
}

const struct json *json_get_marked(const struct json *v, struct slice key, uint32_t mark)
{
	const struct json *m = member(v, key, mark);

	return m && m->type != JSON_NULL ? m : NULL;
}

bool json_has(const struct json *v, const char *key)
{
	return member(v, slice_of(key), slice_mark(slice_of(key))) != NULL;
}

const struct json *json_first(const struct json *v)
{
	return is_container(v) ? v->first : NULL;
}

const struct json *json_next(const struct json *v)
{
	return v->next;
}

size_t json_count(const struct json *v)
{
	size_t n = 0;

	JSON_EACH(item, v)
		n++;
	return n;
}

const struct json *json_at(const struct json *v, size_t index)
{
	JSON_EACH(item, v)
		if (index-- == 0)
			return item;
	return NULL;
}

struct slice json_key_slice(const struct json *m)
{
	return m->key.ptr ? m->key : SLICE_LIT("");
}

const char *json_key(const struct json *m)
{
	return json_key_slice(m).ptr;
}

const char *json_text(const struct json *v, const char *fallback)
{
	return json_type(v) == JSON_STRING ? v->text.ptr : fallback;
}

struct slice json_slice(const struct json *v)
{
	return json_type(v) == JSON_STRING ? v->text : SLICE_NONE;
}

bool json_bool(const struct json *v, bool fallback)
{
	return json_type(v) == JSON_BOOL ? v->truth : fallback;
}

/* Digits alone are read exactly. A number with a point or an exponent is whole if its double is. */
int json_int(const struct json *v, int64_t *ret)
{
	if (json_type(v) != JSON_NUMBER)
		return -1;

	struct slice digits = v->text;
	bool negative = slice_skip(&digits, SLICE_LIT("-"));
	int64_t n;
	if (number_parse(digits, INT64_MAX, &n) == 0) {
		*ret = negative ? -n : n;
		return 0;
	}
	double d = strtod(v->text.ptr, NULL); /* ends where the number does, see read_number() */
	if (!(fabs(d) <= 9007199254740992.0) || d != floor(d))
		return -1;
	*ret = (int64_t)d;
	return 0;
}

/* ---- trees of our own ---- */

static struct slice copy_text(struct arena *a, struct slice text)
{
	return text.ptr ? arena_copy(a, text) : text;
}

/* Recursion is bounded: every tree passed the depth limit. */
struct json *json_copy(struct arena *a, const struct json *v)
{
	struct json *copy = arena_alloc_dirty(a, sizeof(*copy));

	*copy = *v;
	copy->next = NULL;
	copy->key = copy_text(a, v->key);
	if (v->type == JSON_STRING || v->type == JSON_NUMBER)
		copy->text = copy_text(a, v->text);
	if (!is_container(v))
		return copy;
	struct json **link = &copy->first;
	JSON_EACH(item, v) {
		*link = json_copy(a, item);
		link = &(*link)->next;
	}
	return copy;
}

struct json *json_new(struct arena *a, enum json_type type)
{
	struct json *v = ARENA_NEW(a, struct json);

	v->type = type;
	return v;
}

struct json *json_new_string(struct arena *a, struct slice text)
{
	struct json *v = json_new(a, JSON_STRING);

	v->text = arena_copy(a, text);
	return v;
}

/* The link to child, or the one after the last child if child is not one of v's. */
static struct json **link_to(struct json *v, const struct json *child)
{
	struct json **link = &v->first;

	while (*link && *link != child)
		link = &(*link)->next;
	return link;
}

/* A new member takes the place of an old one of that name. */
void json_put(struct arena *a, struct json *v, const char *key, struct json *value)
{
	const struct json *old = member(v, slice_of(key), slice_mark(slice_of(key)));
	struct json **link = link_to(v, old);

	value->key = old ? old->key : arena_copy(a, slice_of(key));
	value->mark = slice_mark(value->key);
	json_key_note(v, value->mark);
	value->next = old ? old->next : NULL;
	*link = value;
}

void json_remove(struct json *v, const struct json *child)
{
	struct json **link = link_to(v, child);

	if (*link)
		*link = child->next;
}

/* Recursion is bounded: as json_copy(). */
static void print_value(struct json_writer *w, const struct json *v)
{
	enum json_type type = json_type(v);

	switch (type) {
	case JSON_NULL:
		json_write_raw(w, SLICE_LIT("null"));
		return;
	case JSON_BOOL:
		json_write_bool(w, json_bool(v, false));
		return;
	case JSON_NUMBER:
		json_write_raw(w, v->text);
		return;
	case JSON_STRING:
		json_write_string(w, json_slice(v));
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	json_write_open(w, type == JSON_ARRAY ? '[' : '{');
	JSON_EACH(item, v) {
		if (type == JSON_OBJECT)
			json_write_key(w, json_key_slice(item));
		print_value(w, item);
	}
	json_write_close(w, type == JSON_ARRAY ? ']' : '}');
}

struct slice json_print(struct arena *a, const struct json *v)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_writer(&b);

	print_value(&w, v);
	return buf_slice(&b);
}
