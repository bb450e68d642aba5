/*
 * json_patch.h - an RFC 6902 patch in the making: a list of add, replace and
 * remove operations, each with a JSON Pointer (RFC 6901) and a value.
 *
 *	struct json_patch p = json_patch_in(arena);
 *	json_patch_add(&p, "add", "/spec/hostUsers", SLICE_LIT("false"));
 *	struct slice text = json_patch_print(&p, "");   // "[{...}]"
 *
 * Values are JSON text already (json_write.h makes it). Pointers are built with
 * json_pointer_token() where a part is not ours. Operations apply in order.
 * An empty list means "no patch at all": nobody sends "[]".
 *
 * Ownership: everything lives in the arena. Threads: as the arena.
 */
#ifndef BASE_JSON_PATCH_H
#define BASE_JSON_PATCH_H

#include "base/buf.h"
#include "base/json.h"

struct json_patch_op {
	const char *op;      /* "add", "replace" or "remove" */
	const char *pointer; /* "/spec/containers/0/args" */
	struct slice value;  /* JSON text; {NULL, 0} for remove */
};

struct json_patch {
	struct arena *arena;
	struct json_patch_op *ops;
	size_t count, cap;
};

struct json_patch json_patch_in(struct arena *a);

/* Append an operation. op must be a literal; pointer and value must outlive the patch. */
void json_patch_add(struct json_patch *p, const char *op, const char *pointer, struct slice value);

/* text as a JSON string: the value of most operations. */
struct slice json_patch_string(struct arena *a, struct slice text);

/* One reference token with ~ and / escaped (RFC 6901 section 3). */
const char *json_pointer_token(struct arena *a, struct slice token);

/* The patch as a JSON array. prefix is prepended to every pointer ("" or "/spec/template"). */
struct slice json_patch_print(const struct json_patch *p, const char *prefix);

/* Apply p to a copy of document, strictly by RFC 6902: a pointer that leads nowhere is an
 * error that names it, and *ret is left alone. */
MUST_CHECK int json_patch_apply(struct arena *a, const struct json *document, const struct json_patch *p,
				struct json **ret, struct err *err);

#endif
