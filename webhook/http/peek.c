#include "http/peek.h"

/*
 * A walk over tokens that counts levels. It need not know whether the text is valid JSON: it only
 * must not mistake a "uid" inside a string or a deeper object for the one we look for.
 */
struct walk {
	struct slice left;
	unsigned depth;
	bool in_request; /* the object at depth 2 is that of the key "request" */
	bool in_kind;    /* and the one at depth 3 in it that of "kind" */
	bool broken;     /* the uid is not a valid one */
	struct peeked *ret;
};

/* The string that begins at left; the walk moves past it. {NULL, 0} if it does not end. */
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
	return SLICE_NONE;
}

static void skip_blanks(struct walk *w)
{
	while (w->left.len > 0 && strchr(" \t\r\n", w->left.ptr[0]) && w->left.ptr[0] != '\0') {
		w->left.ptr++;
		w->left.len--;
	}
}

/* Is the string just taken a key, with a colon after it? Moves past the colon. */
static bool is_key(struct walk *w)
{
	skip_blanks(w);
	if (!slice_skip(&w->left, SLICE_LIT(":")))
		return false;
	skip_blanks(w);
	return true;
}

/* A string without escapes, of at most size - 1 printable bytes; false if the value is anything else. */
static bool copy_plain(struct walk *w, char *ret, size_t size)
{
	struct slice text = SLICE_NONE;

	if (w->left.len > 0 && w->left.ptr[0] == '"')
		text = take_string(w);
	if (!text.ptr || text.len == 0 || text.len >= size)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7F || text.ptr[i] == '\\')
			return false;
	memcpy(ret, text.ptr, text.len);
	ret[text.len] = '\0';
	return true;
}

/* The value of a key of the request; the first occurrence counts. */
static void on_request_key(struct walk *w, struct slice key)
{
	struct peeked *p = w->ret;

	w->in_kind = slice_is(key, "kind");
	if (slice_is(key, "uid") && !p->uid[0])
		w->broken = !copy_plain(w, p->uid, sizeof(p->uid));
	else if (slice_is(key, "namespace") && !p->namespace[0])
		copy_plain(w, p->namespace, sizeof(p->namespace));
	else if (slice_is(key, "operation") && !p->operation[0])
		copy_plain(w, p->operation, sizeof(p->operation));
	else if (slice_is(key, "name") && !p->name[0])
		copy_plain(w, p->name, sizeof(p->name));
}

static void on_kind_key(struct walk *w, struct slice key)
{
	struct peeked *p = w->ret;

	if (slice_is(key, "kind") && !p->kind[0])
		copy_plain(w, p->kind, sizeof(p->kind));
	else if (slice_is(key, "group") && !p->group[0])
		copy_plain(w, p->group, sizeof(p->group));
}

static void on_string(struct walk *w)
{
	struct slice text = take_string(w);

	if (!text.ptr || w->depth > 3 || !is_key(w))
		return;
	if (w->depth == 1)
		w->in_request = slice_is(text, "request");
	else if (w->depth == 2 && w->in_request)
		on_request_key(w, text);
	else if (w->depth == 3 && w->in_request && w->in_kind)
		on_kind_key(w, text);
}

/* Any other byte: count levels. false: the review has ended, or this is not one. */
static bool on_byte(struct walk *w)
{
	char c = w->left.ptr[0];

	if (c == '{' || c == '[')
		w->depth++;
	else if (c == '}' || c == ']')
		w->depth -= w->depth > 0;
	if (c == '[' && w->depth == 2)
		w->in_request = false;
	if (c == '[' && w->depth == 3)
		w->in_kind = false;
	w->left.ptr++;
	w->left.len--;
	return w->depth > 0 || strchr(" \t\r\n", c);
}

static bool is_complete(const struct peeked *p)
{
	return p->uid[0] && p->namespace[0] && p->operation[0] && p->kind[0];
}

bool peek(struct slice text, struct peeked *ret)
{
	struct walk w = {.left = text, .ret = ret};

	*ret = (struct peeked){.uid = ""};
	while (w.left.len > 0 && !w.broken && !is_complete(ret)) {
		if (w.left.ptr[0] == '"')
			on_string(&w);
		else if (!on_byte(&w))
			break;
	}
	return !w.broken && ret->uid[0];
}
