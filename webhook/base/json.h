/*
 * json.h - JSON from outside, parsed strictly and read safely.
 *
 *	const struct json *pod;
 *	if (json_parse(arena, text, &pod, err) < 0)
 *		return err_wrap(err, "request body");
 *	const struct json *spec = json_get(pod, "spec");
 *	JSON_EACH(c, json_get(spec, "containers"))
 *		puts(json_text(json_get(c, "name"), ""));
 *
 * Strict: json_parse() refuses what two readers of the same bytes could take
 * differently: invalid UTF-8, NUL (raw or \u0000), other raw control bytes, lone
 * surrogates, numbers outside the RFC 8259 grammar or the range of a double, a
 * repeated key in one object (Go keeps the last, others the first), trailing
 * text, and more than LIMIT_JSON_DEPTH levels or LIMIT_JSON_NODES values.
 *
 * The reader is our own because it has to look at every byte to be that strict, so it may as well
 * build the tree. A checker before cJSON would be two readers that could disagree, at twice the
 * cost (and Debian's cJSON 1.7.15-1+deb12u4 inserts only at the front of an array, and loses integers beyond 2^53).
 *
 * Safe: every getter but json_next(), json_key() and json_key_slice() takes NULL and any type and returns NULL (or
 * the default) where the thing is not there, so that a path is read without an if at each step.
 * A member whose value is null counts as absent, as it does for the API server's
 * typed decoders. Names are compared case-sensitively.
 *
 * Ownership: the tree lives in the arena it was parsed into. Threads: json_setup()
 * once before the first thread; then any number, each with its own arena.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"

#include <stdint.h>

struct json;

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* Draw the secret that makes hashes of keys unpredictable. Call once, before threads. */
void json_setup(void);

/* Parse text. On failure returns -1, says in err what is wrong and at which line
 * and column, and leaves *ret alone. text itself is not needed afterwards. */
MUST_CHECK int json_parse(struct arena *a, struct slice text, const struct json **ret, struct err *err);

/* The same with a bound of nodes values instead of a request's: for files. */
MUST_CHECK int json_parse_limited(struct arena *a, struct slice text, size_t nodes, const struct json **ret,
				  struct err *err);

/* How to read what json_parse() would not. */
struct json_reading {
	size_t nodes; /* a bound instead of LIMIT_JSON_NODES; 0 = that one */
	/* Members of this name, wherever they are, are left out if their values are objects or arrays: what nobody
	 * reads costs a look at its brackets and strings, and nothing else in it is checked. Empty = none are. */
	struct slice without;
	bool nul; /* \u0000 is read as U+FFFD instead of refused */
};

MUST_CHECK int json_read(struct arena *a, struct slice text, const struct json_reading *how, const struct json **ret,
			 struct err *err);

/* What an API server serves of others' objects: it takes a NUL in annotations, data and environment (Go's encoder
 * writes it as \u0000), and one such object must not hide all others. What asks for admission is refused for it. */
MUST_CHECK int json_parse_served(struct arena *a, struct slice text, size_t nodes, const struct json **ret, struct err *err);

/* The type of v; JSON_NULL for NULL. */
enum json_type json_type(const struct json *v);
const char *json_type_name(enum json_type type); /* "object", "string", ... */

/* Member key of object v, where mark is slice_mark(key); NULL if v is not an object, has no such member or it is null. */
const struct json *json_get_marked(const struct json *v, struct slice key, uint32_t mark);

static inline const struct json *json_get_slice(const struct json *v, struct slice key)
{
	return json_get_marked(v, key, slice_mark(key));
}

/* The same for a literal, whose length and mark the compiler knows. */
static inline const struct json *json_get(const struct json *v, const char *key)
{
	return json_get_slice(v, slice_of(key));
}

/* Is the member written at all, even as null? (For RFC 6902: a "replace" of it applies.) */
bool json_has(const struct json *v, const char *key);

/* Members or elements in order; NULL for scalars and at the end. Unlike json_get()
 * these do show nulls. */
const struct json *json_first(const struct json *v);
const struct json *json_next(const struct json *v);
#define JSON_EACH(item, container) \
	for (const struct json *item = json_first(container); item; item = json_next(item))

size_t json_count(const struct json *v); /* members or elements; 0 for scalars */

/* The name of a member met in JSON_EACH; "" for an element. */
const char *json_key(const struct json *member);
struct slice json_key_slice(const struct json *member);

/* The string v; fallback if v is not a string. Strings hold no NUL. */
const char *json_text(const struct json *v, const char *fallback);

/* The same as a slice; {NULL, 0} if v is not a string (so ptr tells an empty string from an absent one). */
struct slice json_slice(const struct json *v);

/* The boolean v; fallback if v is not a boolean. */
bool json_bool(const struct json *v, bool fallback);

/* v as a whole number; -1 if it is not one. In digits alone |v| < 2^63, with a point or an exponent
 * (1.0, 1e3) |v| <= 2^53. */
MUST_CHECK int json_int(const struct json *v, int64_t *ret);

/* ---- trees of our own (review -o yaml, applying a patch): same arena rules ---- */

/* A deep copy, in the arena. */
struct json *json_copy(struct arena *a, const struct json *v);

/* A new value: an empty array or object, null, or false. */
struct json *json_new(struct arena *a, enum json_type type);

/* A new string: a copy of text, which is UTF-8 without NUL. */
struct json *json_new_string(struct arena *a, struct slice text);

/* Set member key of object v to value, in place of an old one or at the end. value must not be in a tree yet. */
void json_put(struct arena *a, struct json *v, const char *key, struct json *value);

/* Take the child out of its container v. */
void json_remove(struct json *v, const struct json *child);

/* Element index of array v; NULL beyond the end. */
const struct json *json_at(const struct json *v, size_t index);

/* v as compact JSON text. Numbers are written as they were read. */
struct slice json_print(struct arena *a, const struct json *v);

#endif
