/*
 * json_node.h - what a JSON value is in memory. Private to base/json.
 *
 * Forty-eight bytes, siblings linked in their order. Texts and keys are unescaped and NUL-terminated; a number is
 * the text it was written as, and may be followed by other text. An object has a set of bits, one for each of its
 * keys: it rules out most keys that are not there, and most that are asked for are not.
 */
#ifndef BASE_JSON_NODE_H
#define BASE_JSON_NODE_H

#include "base/json.h"

struct json {
	struct json *next; /* the next sibling */
	struct slice key;  /* of a member; {NULL, 0} otherwise */
	union {
		struct slice text;  /* of a string or number */
		struct {
			struct json *first; /* of an array or object: its children; NULL where it is empty */
			uint64_t keys;      /* of an object: slice_mark_place() of each that is or was in it */
		};
		bool truth;
	};
	enum json_type type;
	uint32_t mark; /* of the key: slice_mark() */
};

/* false: object never had a key of this mark. */
static inline bool json_key_likely(const struct json *object, uint32_t mark)
{
	return object->keys >> slice_mark_place(mark) & 1;
}

static inline void json_key_note(struct json *object, uint32_t mark)
{
	object->keys |= UINT64_C(1) << slice_mark_place(mark);
}

#endif
