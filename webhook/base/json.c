#include "base/json.h"
#include "base/json_keys.h"
#include "base/buf.h"
#include "base/json_write.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <sys/random.h>

/*
 * cJSON takes its memory through global hooks without a closure, so the arena in
 * use travels in a thread-local. It is set only while cJSON runs; nothing else
 * reads it.
 */
static _Thread_local struct arena *parse_arena;

static void *arena_malloc(size_t size)
{
	return arena_alloc_dirty(parse_arena, size); /* cJSON clears what it needs clear */
}

static void arena_free(void *p)
{
	(void)p; /* goes with the arena */
}

void json_setup(void)
{
	cJSON_Hooks hooks = {arena_malloc, arena_free};
	uint64_t seed;

	cJSON_InitHooks(&hooks);
	if (getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed))
		json_keys_seed(seed);
}

static const cJSON *peer(const struct json *v)
{
	return (const cJSON *)(const void *)v;
}

static const struct json *ours(const cJSON *v)
{
	return (const struct json *)(const void *)v;
}

int json_parse(struct arena *a, struct slice text, const struct json **ret, struct err *err)
{
	if (json_scan(a, text, err) < 0)
		return -1;

	/* cJSON wants a NUL it may count behind the text, and reads no further. */
	const char *copy = arena_dup(a, text);
	const char *end;
	parse_arena = a;
	const cJSON *v = cJSON_ParseWithLengthOpts(copy, text.len + 1, &end, 1);
	parse_arena = NULL;
	if (!v)
		return err_set(err, "not valid JSON near byte %zu", (size_t)(end - copy));
	*ret = ours(v);
	return 0;
}

enum json_type json_type(const struct json *v)
{
	switch (v ? peer(v)->type & 0xFF : cJSON_NULL) {
	case cJSON_True:
	case cJSON_False:
		return JSON_BOOL;
	case cJSON_Number:
		return JSON_NUMBER;
	case cJSON_String:
		return JSON_STRING;
	case cJSON_Array:
		return JSON_ARRAY;
	case cJSON_Object:
		return JSON_OBJECT;
	default:
		return JSON_NULL;
	}
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {"null", "boolean", "number", "string", "array", "object"};

	return names[type];
}

static const cJSON *member(const struct json *v, struct slice key)
{
	if (json_type(v) != JSON_OBJECT)
		return NULL;
	char first = key.len ? key.ptr[0] : '\0';
	for (const cJSON *m = peer(v)->child; m; m = m->next)
		if (m->string[0] == first && strncmp(m->string, key.ptr, key.len) == 0 && m->string[key.len] == '\0')
			return m;
	return NULL;
}

const struct json *json_get_slice(const struct json *v, struct slice key)
{
	const cJSON *m = member(v, key);

	return m && !cJSON_IsNull(m) ? ours(m) : NULL;
}

const struct json *json_get(const struct json *v, const char *key)
{
	return json_get_slice(v, slice_of(key));
}

bool json_has(const struct json *v, const char *key)
{
	return member(v, slice_of(key)) != NULL;
}

const struct json *json_first(const struct json *v)
{
	enum json_type t = json_type(v);

	return t == JSON_ARRAY || t == JSON_OBJECT ? ours(peer(v)->child) : NULL;
}

const struct json *json_next(const struct json *v)
{
	return ours(peer(v)->next);
}

size_t json_count(const struct json *v)
{
	size_t n = 0;

	JSON_EACH(item, v)
		n++;
	return n;
}

const char *json_key(const struct json *m)
{
	return peer(m)->string ? peer(m)->string : "";
}

const char *json_text(const struct json *v, const char *fallback)
{
	return json_type(v) == JSON_STRING ? peer(v)->valuestring : fallback;
}

struct slice json_slice(const struct json *v)
{
	const char *text = json_text(v, NULL);

	return text ? slice_of(text) : (struct slice){NULL, 0};
}

bool json_bool(const struct json *v, bool fallback)
{
	return json_type(v) == JSON_BOOL ? cJSON_IsTrue(peer(v)) : fallback;
}

int json_int(const struct json *v, int64_t *ret)
{
	if (json_type(v) != JSON_NUMBER)
		return -1;
	double d = peer(v)->valuedouble;
	if (!(fabs(d) <= 9007199254740992.0) || d != floor(d))
		return -1;
	*ret = (int64_t)d;
	return 0;
}

const struct json *json_at(const struct json *v, size_t index)
{
	JSON_EACH(item, v)
		if (index-- == 0)
			return item;
	return NULL;
}

/* ---- trees of our own ---- */

static cJSON *open_tree(struct json *v)
{
	return (cJSON *)(void *)v;
}

struct json *json_copy(struct arena *a, const struct json *v)
{
	parse_arena = a;
	cJSON *copy = cJSON_Duplicate(peer(v), 1);
	parse_arena = NULL;
	return (struct json *)(void *)copy;
}

/* An old member of that name goes; the new one takes its place. */
void json_put(struct arena *a, struct json *v, const char *key, struct json *value)
{
	const cJSON *old = member(v, slice_of(key));

	parse_arena = a;
	if (old)
		cJSON_ReplaceItemInObjectCaseSensitive(open_tree(v), key, open_tree(value));
	else
		cJSON_AddItemToObject(open_tree(v), key, open_tree(value));
	parse_arena = NULL;
}

/* Not by cJSON_InsertItemInArray(): in Debian's 1.7.15-1+deb12u4 it refuses every place but
 * the first (the guard against CVE-2023-50471 looks at newitem->prev before that is set). */
int json_insert(struct json *v, size_t index, struct json *value)
{
	const struct json *behind = json_at(v, index);

	if (index > json_count(v))
		return -1;
	cJSON_AddItemToArray(open_tree(v), open_tree(value));
	while (behind && behind != value) {
		const struct json *next = json_next(behind);
		cJSON *moved = cJSON_DetachItemViaPointer(open_tree(v), open_tree((struct json *)(uintptr_t)behind));
		cJSON_AddItemToArray(open_tree(v), moved);
		behind = next;
	}
	return 0;
}

void json_remove(struct json *v, const struct json *child)
{
	cJSON_DetachItemViaPointer(open_tree(v), (cJSON *)(void *)(struct json *)(uintptr_t)child);
}

static void print_number(struct json_writer *w, double d)
{
	char text[32];

	if (fabs(d) <= 9007199254740992.0 && d == floor(d))
		snprintf(text, sizeof(text), "%.0f", d);
	else
		snprintf(text, sizeof(text), "%.17g", d);
	json_write_raw(w, slice_of(text));
}

/* Recursion is bounded: every tree passed the scan's depth limit. */
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
		print_number(w, peer(v)->valuedouble);
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
			json_write_key(w, slice_of(json_key(item)));
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
