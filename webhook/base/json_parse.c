/*
 * The reader: one linear pass that accepts RFC 8259 and nothing else, and builds the tree as it goes.
 *
 * It works in a copy of the text, in which strings are unescaped where they stand (no escape is shorter than
 * what it stands for). The copy ends in zero bytes. NUL is valid nowhere in JSON, so that nothing here has to
 * ask whether the text is at its end before it looks at a byte. Iterative, with an explicit stack of
 * LIMIT_JSON_DEPTH containers.
 */
#include "base/json.h"
#include "base/json_keys.h"
#include "base/json_node.h"
#include "base/limits.h"
#include "base/plain.h"
#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>

/* Zero bytes behind the copy: as many as are looked at together. */
#define PADDING PLAIN_STEP

/* The longest double in full has 1,077 characters. */
#define NUMBER_CHARS_MAX 1100

/* An open container, and how its next child is linked. */
struct level {
	struct json *container;
	struct json **link;
	bool is_object;
	struct json_keys keys;
};

struct parser {
	struct arena *arena;
	struct slice text; /* as it came */
	unsigned char *start, *at, *end; /* of the copy */
	size_t nodes_left;
	struct level *level;                       /* the innermost */
	struct level levels[LIMIT_JSON_DEPTH + 1]; /* the first is the document itself */
};

static int fail(const struct parser *p, struct err *err, const char *what)
{
	size_t line = 1, at = (size_t)(p->at - p->start), line_start = 0;

	for (size_t i = 0; i < at; i++)
		if (p->text.ptr[i] == '\n') {
			line++;
			line_start = i + 1;
		}
	return err_set(err, "not valid JSON at line %zu column %zu: %s", line, at - line_start + 1, what);
}

/* Mostly there is none. */
static inline void skip_space(struct parser *p)
{
	if (*p->at > ' ')
		return;
	while (*p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r')
		p->at++;
}

static bool take(struct parser *p, unsigned char c)
{
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

/* ---- strings ---- */

/* The code unit of the "\uXXXX" at at; -1 where none is there. */
static int unicode_escape(const unsigned char *at)
{
	return at[0] == '\\' && at[1] == 'u' ? utf16_read((const char *)at + 2) : -1;
}

static int read_unicode_escape(struct parser *p, unsigned char **out, struct err *err)
{
	int code = unicode_escape(p->at);

	if (code < 0)
		return fail(p, err, "\\u needs four hex digits");
	if (code == 0)
		return fail(p, err, "\\u0000 is not accepted: text would end there for some readers");
	if (code >= 0xDC00 && code <= 0xDFFF)
		return fail(p, err, "low surrogate without a high one");
	p->at += 6;
	if (code >= 0xD800 && code <= 0xDBFF) {
		int low = unicode_escape(p->at);
		if (low < 0xDC00 || low > 0xDFFF)
			return fail(p, err, "high surrogate without a low one");
		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
		p->at += 6;
	}
	*out += utf8_put((unsigned)code, (char *)*out);
	return 0;
}

/* The escape at p->at, to *out. */
static int read_escape(struct parser *p, unsigned char **out, struct err *err)
{
	static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t"; /* each with what it stands for */

	if (p->at[1] == 'u')
		return read_unicode_escape(p, out, err);
	for (const char *letter = letters; *letter; letter += 2)
		if (p->at[1] == (unsigned char)*letter) {
			*(*out)++ = (unsigned char)letter[1];
			p->at += 2;
			return 0;
		}
	return fail(p, err, p->at + 1 == p->end ? "unfinished string" : "unknown escape in a string");
}

/* On to the byte that ends a run of text: '"' or '\\'. */
static int skip_text(struct parser *p, struct err *err)
{
	for (;;) {
		size_t plain = plain_step(p->at);
		p->at += plain;
		if (plain == PLAIN_STEP)
			continue;
		if (*p->at == '"' || *p->at == '\\')
			return 0;
		if (p->at == p->end)
			return fail(p, err, "unfinished string");
		if (*p->at < 0x20)
			return fail(p, err, "raw control byte in a string");
		size_t n = *p->at == 0x7F ? 1 : utf8_length(p->at, (size_t)(p->end - p->at));
		if (n == 0)
			return fail(p, err, "invalid UTF-8");
		p->at += n;
	}
}

/* On from an escape at p->at to the quote, unescaping to out. NULL on failure, else where the text ends. */
static unsigned char *unescape(struct parser *p, struct err *err)
{
	unsigned char *out = p->at;

	while (*p->at != '"') {
		if (read_escape(p, &out, err) < 0)
			return NULL;
		unsigned char *run = p->at;
		if (skip_text(p, err) < 0)
			return NULL;
		memmove(out, run, (size_t)(p->at - run));
		out += p->at - run;
	}
	return out;
}

/* The text begins at first and ends at end; p->at is at the quote, before which the escapes have left room. */
static inline int end_string(struct parser *p, unsigned char *first, unsigned char *end, struct slice *ret)
{
	p->at++; /* before the NUL: without escapes it takes the place of the quote */
	*end = '\0';
	*ret = (struct slice){(char *)first, (size_t)(end - first)};
	return 0;
}

/* A string that is long or has something in it that needs a look; p->at is where plain text ends that began at first. */
static __attribute__((noinline)) int read_rest(struct parser *p, unsigned char *first, struct slice *ret, struct err *err)
{
	if (skip_text(p, err) < 0)
		return -1;
	unsigned char *end = *p->at == '"' ? p->at : unescape(p, err);
	return end ? end_string(p, first, end, ret) : -1;
}

/* The string whose opening quote is at p->at. Most are short and have nothing to unescape, and stay where they are. */
static inline int read_string(struct parser *p, struct slice *ret, struct err *err)
{
	unsigned char *first = p->at + 1;

	p->at = first + plain_step(first);
	return *p->at == '"' ? end_string(p, first, p->at, ret) : read_rest(p, first, ret, err);
}

/* ---- numbers ---- */

static size_t skip_digits(struct parser *p)
{
	const unsigned char *first = p->at;

	while (*p->at >= '0' && *p->at <= '9')
		p->at++;
	return (size_t)(p->at - first);
}

/* 1: it has an exponent. */
static int skip_number(struct parser *p, struct err *err)
{
	(void)take(p, '-');
	bool zero = *p->at == '0';
	size_t digits = skip_digits(p);

	if (digits == 0 || (zero && digits > 1))
		return fail(p, err, "not a number");
	if (take(p, '.') && skip_digits(p) == 0)
		return fail(p, err, "a number needs digits behind its point");
	if (!take(p, 'e') && !take(p, 'E'))
		return 0;
	if (!take(p, '+'))
		(void)take(p, '-');
	return skip_digits(p) == 0 ? fail(p, err, "a number needs digits in its exponent") : 1;
}

/* Kept as it was written, so that nothing of it is lost; the getters read it. What is beyond a double is an error for Go and
 * infinite for others. strtod() ends where the number does: what may follow one is no part of any. */
static int read_number(struct parser *p, struct slice *ret, struct err *err)
{
	const char *first = (const char *)p->at;

	int exponent = skip_number(p, err);

	if (exponent < 0)
		return -1;
	*ret = (struct slice){first, (size_t)((const char *)p->at - first)};
	if (ret->len > NUMBER_CHARS_MAX)
		return fail(p, err, "a number longer than sparkgate reads");
	bool huge = ret->len > 300 || exponent;
	return huge && isinf(strtod(first, NULL)) ? fail(p, err, "a number beyond the range of a double") : 0;
}

/* ---- values ---- */

static int read_word(struct parser *p, struct slice word, struct err *err)
{
	if ((size_t)(p->end - p->at) < word.len || memcmp(p->at, word.ptr, word.len) != 0)
		return fail(p, err, "expected a value");
	p->at += word.len;
	return 0;
}

static int open_container(struct parser *p, struct json *v, struct err *err)
{
	if (p->level == p->levels + LIMIT_JSON_DEPTH)
		return fail(p, err, "nested deeper than sparkgate reads");
	*++p->level = (struct level){.container = v, .link = &v->first, .is_object = v->type == JSON_OBJECT};
	p->at++;
	return 0;
}

/* A scalar, or the opening bracket of a container. */
static int read_value(struct parser *p, struct json *v, struct err *err)
{
	switch (*p->at) {
	case '{':
		v->type = JSON_OBJECT;
		return open_container(p, v, err);
	case '[':
		v->type = JSON_ARRAY;
		return open_container(p, v, err);
	case '"':
		v->type = JSON_STRING;
		return read_string(p, &v->text, err);
	case 't':
		v->type = JSON_BOOL;
		v->truth = true;
		return read_word(p, SLICE_LIT("true"), err);
	case 'f':
		v->type = JSON_BOOL;
		return read_word(p, SLICE_LIT("false"), err);
	case 'n':
		return read_word(p, SLICE_LIT("null"), err);
	default:
		v->type = JSON_NUMBER;
		if (*p->at == '-' || (*p->at >= '0' && *p->at <= '9'))
			return read_number(p, &v->text, err);
		return fail(p, err, "expected a value");
	}
}

static int read_key(struct parser *p, struct json *member, struct err *err)
{
	struct level *object = p->level;
	unsigned char *at = p->at;

	if (*p->at != '"')
		return fail(p, err, "expected a key in double quotes");
	if (read_string(p, &member->key, err) < 0)
		return -1;
	member->mark = slice_mark(member->key);
	if (!json_keys_add(&object->keys, p->arena, object->container, member)) {
		p->at = at;
		return fail(p, err, "a key stands twice in one object");
	}
	skip_space(p);
	if (!take(p, ':'))
		return fail(p, err, "expected ':' behind a key");
	skip_space(p);
	return 0;
}

/* The next child of the innermost container, linked into it. */
static int read_child(struct parser *p, struct err *err)
{
	struct level *level = p->level;
	struct json *v = arena_alloc_dirty(p->arena, sizeof(*v));

	*v = (struct json){.next = NULL};
	if (p->nodes_left-- == 0)
		return fail(p, err, "more values than sparkgate reads");
	if (p->level->is_object && read_key(p, v, err) < 0)
		return -1;
	*level->link = v;
	level->link = &v->next;
	return read_value(p, v, err);
}

static bool close_container(struct parser *p)
{
	if (!take(p, p->level->is_object ? '}' : ']'))
		return false;
	p->level--;
	return true;
}

/* Behind a value: close what ends here, up to the comma in front of the next. */
static int read_behind_value(struct parser *p, struct err *err)
{
	for (skip_space(p); p->level > p->levels; skip_space(p)) {
		if (take(p, ','))
			return 0;
		if (!close_container(p))
			return fail(p, err, p->level->is_object ? "expected ',' or '}'" : "expected ',' or ']'");
	}
	return p->at == p->end ? 0 : fail(p, err, "text behind the end");
}

static int read_document(struct parser *p, struct err *err)
{
	do {
		const struct level *outer = p->level;

		skip_space(p);
		if (read_child(p, err) < 0)
			return -1;
		skip_space(p);
		if (p->level > outer && !close_container(p))
			continue; /* opened, and not empty */
		if (read_behind_value(p, err) < 0)
			return -1;
	} while (p->level > p->levels);
	return 0;
}

int json_parse_limited(struct arena *a, struct slice text, size_t nodes, const struct json **ret, struct err *err)
{
	if (text.len == 0)
		return err_set(err, "not valid JSON: empty");

	unsigned char *copy = arena_alloc_dirty(a, text.len + PADDING);
	memcpy(copy, text.ptr, text.len);
	memset(copy + text.len, 0, PADDING);

	struct json *root = NULL;
	struct parser p = {.arena = a, .text = text, .start = copy, .at = copy, .end = copy + text.len};
	p.nodes_left = nodes;
	p.level = p.levels;
	p.level->link = &root;
	if (read_document(&p, err) < 0)
		return -1;
	*ret = root;
	return 0;
}

int json_parse(struct arena *a, struct slice text, const struct json **ret, struct err *err)
{
	return json_parse_limited(a, text, LIMIT_JSON_NODES, ret, err);
}
