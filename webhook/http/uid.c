#include "http/uid.h"

/*
 * A walk over tokens that counts levels. It need not know whether the text is valid JSON: it only
 * must not take a "uid" inside a string or a deeper object for the one we look for.
 */
struct walk {
	struct slice left;
	unsigned depth;
	bool in_request; /* the object at depth 2 is that of the key "request" */
};

/* The string that begins at left; the walk moves behind it. {NULL, 0} where it does not end. */
static struct slice take_string(struct walk *w)
{
	const char *start = w->left.ptr + 1;

	for (size_t i = 1; i < w->left.len; i++) {
		if (w->left.ptr[i] == '\\') {
			i++;
			continue;
		}
		if (w->left.ptr[i] == '"') {
			w->left.ptr += i + 1;
			w->left.len -= i + 1;
			return (struct slice){start, i - 1};
		}
	}
	w->left.len = 0;
	return (struct slice){NULL, 0};
}

static void skip_blanks(struct walk *w)
{
	while (w->left.len > 0 && strchr(" \t\r\n", w->left.ptr[0]) && w->left.ptr[0] != '\0') {
		w->left.ptr++;
		w->left.len--;
	}
}

/* Is the string just taken a key, a colon behind it? Moves behind the colon. */
static bool is_key(struct walk *w)
{
	skip_blanks(w);
	if (!slice_skip(&w->left, SLICE_LIT(":")))
		return false;
	skip_blanks(w);
	return true;
}

static bool copy_uid(struct walk *w, char ret[REVIEW_UID_MAX + 1])
{
	struct slice uid = {NULL, 0};

	if (w->left.len > 0 && w->left.ptr[0] == '"')
		uid = take_string(w);
	if (!uid.ptr || uid.len == 0 || uid.len > REVIEW_UID_MAX)
		return false;
	for (size_t i = 0; i < uid.len; i++)
		if (uid.ptr[i] <= ' ' || uid.ptr[i] >= 0x7F || uid.ptr[i] == '\\')
			return false;
	memcpy(ret, uid.ptr, uid.len);
	ret[uid.len] = '\0';
	return true;
}

/* A string: true where it was the key of the uid we look for. */
static bool on_string(struct walk *w)
{
	struct slice text = take_string(w);

	if (!text.ptr || w->depth > 2 || !is_key(w))
		return false;
	if (w->depth == 1)
		w->in_request = slice_is(text, "request");
	return w->depth == 2 && w->in_request && slice_is(text, "uid");
}

/* Any other byte: levels. Below zero, or a list on top, is no review. */
static bool on_byte(struct walk *w)
{
	char c = w->left.ptr[0];

	if (c == '{' || c == '[')
		w->depth++;
	else if (c == '}' || c == ']')
		w->depth -= w->depth > 0;
	if (c == '[' && w->depth == 2)
		w->in_request = false;
	w->left.ptr++;
	w->left.len--;
	return w->depth > 0 || strchr(" \t\r\n", c);
}

bool uid_peek(struct slice text, char ret[REVIEW_UID_MAX + 1])
{
	struct walk w = {.left = text};

	while (w.left.len > 0) {
		if (w.left.ptr[0] != '"') {
			if (!on_byte(&w))
				return false;
		} else if (on_string(&w)) {
			return copy_uid(&w, ret);
		}
	}
	return false;
}
