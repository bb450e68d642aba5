/*
 * The reader: one linear pass that accepts RFC 8259 and nothing else, and builds the tree as it goes.
 *
 * It works in a copy of the text, in which strings are unescaped in place (no escape is shorter than what it stands
 * for). The copy ends in zero bytes. NUL is valid nowhere in JSON, so nothing here has to check for the end of the text
 * before it looks at a byte. Iterative, with an explicit stack of LIMIT_JSON_DEPTH containers.
 *
 * Each reading function takes the position where it begins and returns the one after what it read, NULL on failure, and
 * the innermost level is handed down: so both stay in registers, which members of struct parser would not (for all the
 * compiler knows, a byte written into the copy could change them).
 */
#include "base/json.h"
#include "base/json_keys.h"
#include "base/json_node.h"
#include "base/limits.h"
#include "base/plain.h"
#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>

/* Zero bytes after the copy: as many as are looked at together. */
#define PADDING PLAIN_STEP

/* Values are taken from the arena many at a time: first so many, then twice as many each time, up to so many. Those that are
 * left over go back. */
#define NODES_FIRST 8
#define NODES_MAX 128

/* The longest double in full has 1,077 characters. */
#define NUMBER_CHARS_MAX 1100

/* An open container, and how its next child is linked. */
struct level {
	struct json *container;
	struct json **link;
	unsigned char closing; /* its bracket: '}' or ']' */
	struct json_keys keys;
};

struct parser {
	struct arena *arena;
	struct slice text; /* as it came */
	const unsigned char *start, *end; /* of the copy */
	struct slice unread; /* the name of what is left out */
	bool nul; /* is read as U+FFFD */
	struct json *node, *nodes_end; /* room for the next values: a multiple of what the arena aligns to */
	size_t nodes_taken, nodes_left; /* taken: with the last room */
	struct level levels[LIMIT_JSON_DEPTH + 1]; /* the first is the document itself */
};

/* Set err; always NULL. */
static __attribute__((cold, noinline)) unsigned char *fail(const struct parser *p, const unsigned char *place, struct err *err, const char *what)
{
	size_t line = 1, at = (size_t)(place - p->start), line_start = 0;

	for (size_t i = 0; i < at; i++)
		if (p->text.ptr[i] == '\n') {
			line++;
			line_start = i + 1;
		}
	err_set(err, "not valid JSON at line %zu column %zu: %s", line, at - line_start + 1, what);
	return NULL;
}

/* Usually there is none, so this is a call, which leaves little where it is made. */
static __attribute__((noinline)) unsigned char *skip_spaces(unsigned char *at)
{
	while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
		at++;
	return at;
}

static inline unsigned char *skip_space(unsigned char *at)
{
	return *at > ' ' ? at : skip_spaces(at);
}

static inline bool take(unsigned char **at, unsigned char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

/* The same where spaces may come before c; what follows them otherwise is left. */
static inline bool take_next(unsigned char **at, unsigned char c)
{
	if (**at != c)
		*at = skip_spaces(*at);
	return take(at, c);
}

/* ---- strings ---- */

/* The code unit of the "\uXXXX" at `at`; -1 if there is none. */
static int unicode_escape(const unsigned char *at)
{
	return at[0] == '\\' && at[1] == 'u' ? utf16_read((const char *)at + 2) : -1;
}

static unsigned char *read_unicode_escape(const struct parser *p, unsigned char *at, unsigned char **out, struct err *err)
{
	int code = unicode_escape(at);

	if (code < 0)
		return fail(p, at, err, "\\u needs four hex digits");
	if (code == 0 && p->nul)
		code = 0xFFFD;
	if (code == 0)
		return fail(p, at, err, "\\u0000 is not accepted: text would end there for some readers");
	if (code >= 0xDC00 && code <= 0xDFFF)
		return fail(p, at, err, "low surrogate without a high one");
	at += 6;
	if (code >= 0xD800 && code <= 0xDBFF) {
		int low = unicode_escape(at);
		if (low < 0xDC00 || low > 0xDFFF)
			return fail(p, at, err, "high surrogate without a low one");
		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
		at += 6;
	}
	*out += utf8_put((unsigned)code, (char *)*out);
	return at;
}

/* Write what the escape at `at` stands for to *out. */
static unsigned char *read_escape(const struct parser *p, unsigned char *at, unsigned char **out, struct err *err)
{
	static const char letters[] = "n\n\"\"\\\\t\tr\r//b\bf\f"; /* each with what it stands for, the usual first */

	if (at[1] == 'u')
		return read_unicode_escape(p, at, out, err);
	for (const char *letter = letters; *letter; letter += 2)
		if (at[1] == (unsigned char)*letter) {
			*(*out)++ = (unsigned char)letter[1];
			return at + 2;
		}
	return fail(p, at, err, at + 1 == p->end ? "unfinished string" : "unknown escape in a string");
}

/* Skip text that needs no look. */
static inline unsigned char *skip_plain(unsigned char *at)
{
	unsigned stops;

	while ((stops = plain_string_stops(at)) == 0)
		at += PLAIN_STEP;
	return at + __builtin_ctz(stops);
}

/* Advance to the byte that ends a run of text: '"' or '\\'. */
static unsigned char *skip_text(const struct parser *p, unsigned char *at, struct err *err)
{
	for (;;) {
		at = skip_plain(at);
		if (*at == '"' || *at == '\\')
			return at;
		if (at == p->end)
			return fail(p, at, err, "unfinished string");
		if (*at < 0x20)
			return fail(p, at, err, "raw control byte in a string");
		size_t n = *at == 0x7F ? 1 : utf8_length(at, (size_t)(p->end - at));
		if (n == 0)
			return fail(p, at, err, "invalid UTF-8");
		at += n;
	}
}

/* Advance from an escape at `at` to the closing quote, unescaping to *out, which is left where the text ends. */
static unsigned char *unescape(const struct parser *p, unsigned char *at, unsigned char **out, struct err *err)
{
	while (*at != '"') {
		unsigned char *run = read_escape(p, at, out, err);
		at = run ? skip_text(p, run, err) : NULL;
		if (!at)
			return NULL;
		memmove(*out, run, (size_t)(at - run));
		*out += at - run;
	}
	return at;
}

/* The text is first..end; `at` is at the closing quote, and escapes have left room before it. */
static inline unsigned char *end_string(unsigned char *at, unsigned char *first, unsigned char *end, struct slice *ret)
{
	*end = '\0'; /* without escapes it overwrites the quote */
	*ret = (struct slice){(char *)first, (size_t)(end - first)};
	return at + 1;
}

/* A string with bytes that need a look; first..at is plain text. */
static __attribute__((noinline)) unsigned char *read_rest(const struct parser *p, unsigned char *at, unsigned char *first,
							  struct slice *ret, struct err *err)
{
	at = skip_text(p, at, err);
	unsigned char *end = at;
	if (at && *at == '\\')
		at = unescape(p, at, &end, err);
	return at ? end_string(at, first, end, ret) : NULL;
}

/* The string whose opening quote is at `at`. Most have nothing to unescape, and stay in place. */
static inline unsigned char *read_string(const struct parser *p, unsigned char *at, struct slice *ret, struct err *err)
{
	unsigned char *first = at + 1;

	at = skip_plain(first);
	return *at == '"' ? end_string(at, first, at, ret) : read_rest(p, at, first, ret, err);
}

/* ---- numbers ---- */

static inline unsigned char *skip_digits(unsigned char *at)
{
	while (*at >= '0' && *at <= '9')
		at++;
	return at;
}

/* Skip a number; NULL, and why, if there is none. */
static unsigned char *skip_number(const struct parser *p, unsigned char *at, bool *exponent, struct err *err)
{
	(void)take(&at, '-');
	unsigned char *first = at;

	at = skip_digits(at);
	if (at == first || (*first == '0' && at - first > 1))
		return fail(p, at, err, "not a number");
	first = at + 1;
	if (take(&at, '.') && (at = skip_digits(at)) == first)
		return fail(p, at, err, "a number needs digits after its decimal point");
	*exponent = take(&at, 'e') || take(&at, 'E');
	if (!*exponent)
		return at;
	if (!take(&at, '+'))
		(void)take(&at, '-');
	first = at;
	at = skip_digits(at);
	return at == first ? fail(p, at, err, "a number needs digits in its exponent") : at;
}

/* Kept as it was written, so that nothing of it is lost; the getters read it. A number beyond a double is an error for
 * Go and infinite for others. strtod() stops where the number does: nothing that may follow a number can be part of
 * one. */
static unsigned char *read_number(const struct parser *p, unsigned char *at, struct slice *ret, struct err *err)
{
	const char *first = (const char *)at;
	bool exponent = false;

	at = skip_number(p, at, &exponent, err);
	if (!at)
		return NULL;
	*ret = (struct slice){first, (size_t)((const char *)at - first)};
	if (ret->len > NUMBER_CHARS_MAX)
		return fail(p, at, err, "a number longer than sparkgate reads");
	bool huge = ret->len > 300 || exponent;
	return huge && isinf(strtod(first, NULL)) ? fail(p, at, err, "a number beyond the range of a double") : at;
}

/* ---- values ---- */

static inline unsigned char *read_word(const struct parser *p, unsigned char *at, struct slice word, struct err *err)
{
	if ((size_t)(p->end - at) < word.len || memcmp(at, word.ptr, word.len) != 0)
		return fail(p, at, err, "expected a value");
	return at + word.len;
}

static inline unsigned char *open_container(const struct parser *p, struct level **level, unsigned char *at, struct json *v,
					    struct err *err)
{
	const unsigned char closing = *at + ('}' - '{'); /* ']' is as far from '[' */

	v->type = closing == '}' ? JSON_OBJECT : JSON_ARRAY;
	if (*level == p->levels + LIMIT_JSON_DEPTH)
		return fail(p, at, err, "nested deeper than sparkgate reads");
	at = skip_space(at + 1);
	if (take(&at, closing))
		return at;
	*++*level = (struct level){.container = v, .link = &v->first, .closing = closing};
	return at;
}

static unsigned char *read_word_or_number(const struct parser *p, unsigned char *at, struct json *v, struct err *err)
{
	switch (*at) {
	case 't':
		v->type = JSON_BOOL;
		v->truth = true;
		return read_word(p, at, SLICE_LIT("true"), err);
	case 'f':
		v->type = JSON_BOOL;
		return read_word(p, at, SLICE_LIT("false"), err);
	case 'n':
		return read_word(p, at, SLICE_LIT("null"), err);
	default:
		v->type = JSON_NUMBER;
		if (*at == '-' || (*at >= '0' && *at <= '9'))
			return read_number(p, at, &v->text, err);
		return fail(p, at, err, "expected a value");
	}
}

/* A scalar, an empty container, or the opening bracket of one. */
static inline unsigned char *read_value(const struct parser *p, struct level **level, unsigned char *at, struct json *v,
					struct err *err)
{
	if (*at == '"') {
		v->type = JSON_STRING;
		return read_string(p, at, &v->text, err);
	}
	if (*at == '{' || *at == '[')
		return open_container(p, level, at, v, err);
	return read_word_or_number(p, at, v, err);
}

/* ---- what is left out ---- */

static __attribute__((noinline)) unsigned char *skip_rest(const struct parser *p, unsigned char *at, struct err *err)
{
	at = skip_text(p, at, err);
	while (at && *at == '\\') {
		if (at[1] == '\0')
			return fail(p, at, err, "unfinished string");
		at = skip_text(p, at + 2, err);
	}
	return at;
}

/* From the opening quote of a string to its closing one. */
static inline unsigned char *skip_string(const struct parser *p, unsigned char *at, struct err *err)
{
	at = skip_plain(at + 1);
	return *at == '"' ? at : skip_rest(p, at, err);
}

/* Skip an object or array: its strings have to be strings, and its brackets to be as many that open as that close. */
static unsigned char *skip_container(const struct parser *p, unsigned char *at, struct err *err)
{
	size_t open = 0;

	for (;; at++)
		switch (*at) {
		case '"':
			at = skip_string(p, at, err);
			if (!at)
				return NULL;
			break;
		case '{':
		case '[':
			open++;
			break;
		case '}':
		case ']':
			if (--open == 0)
				return at + 1;
			break;
		case '\0':
			return fail(p, at, err, "unfinished object or array");
		}
}

static inline bool is_unread(const struct parser *p, const struct json *member, unsigned char first)
{
	return member->key.len == p->unread.len && (first == '{' || first == '[') && slice_eq(member->key, p->unread);
}

/* ---- members and elements ---- */

static inline unsigned char *read_key(const struct parser *p, struct level *object, unsigned char *at, struct json *member,
				      struct err *err)
{
	if (*at != '"')
		at = skip_spaces(at);
	if (*at != '"')
		return fail(p, at, err, "expected a key in double quotes");
	unsigned char *first = at;
	at = read_string(p, at, &member->key, err);
	if (!at)
		return NULL;
	member->mark = slice_mark(member->key);
	if (!json_keys_add(&object->keys, p->arena, object->container, member))
		return fail(p, first, err, "a key appears twice in one object");
	return take_next(&at, ':') ? skip_space(at) : fail(p, at, err, "expected ':' after a key");
}

/* Room for as many values again as there were last time. false: no more are allowed. */
static __attribute__((noinline)) bool take_nodes(struct parser *p)
{
	size_t n = p->nodes_taken < NODES_MAX ? p->nodes_taken * 2 : NODES_MAX;

	if (n > p->nodes_left)
		n = p->nodes_left;
	p->node = arena_alloc_dirty(p->arena, n * sizeof(*p->node));
	p->nodes_end = p->node + n;
	p->nodes_taken = n;
	p->nodes_left -= n;
	return n > 0;
}

/* The next child of the innermost container, linked into it. */
static inline unsigned char *read_child(struct parser *p, struct level **innermost, unsigned char *at, struct err *err)
{
	struct level *level = *innermost;

	if (p->node == p->nodes_end && !take_nodes(p))
		return fail(p, skip_space(at), err, "more values than sparkgate reads");
	struct json *v = p->node++;
	*v = (struct json){.next = NULL};
	if (level->closing == '}') {
		at = read_key(p, level, at, v, err);
		if (!at)
			return NULL;
		if (is_unread(p, v, *at)) {
			level->keys.left_out = v;
			return skip_container(p, at, err);
		}
	} else {
		at = skip_space(at);
	}
	*level->link = v;
	level->link = &v->next;
	return read_value(p, innermost, at, v, err);
}

/* After a value: close what ends here, up to the comma before the next one. */
static inline unsigned char *read_behind_value(const struct parser *p, struct level **level, unsigned char *at, struct err *err)
{
	for (; *level > p->levels; --*level) {
		if (*at != ',' && *at != (*level)->closing)
			at = skip_spaces(at);
		if (take(&at, ','))
			return at;
		if (!take(&at, (*level)->closing))
			return fail(p, at, err, (*level)->closing == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
	}
	at = skip_space(at);
	return at == p->end ? at : fail(p, at, err, "text after the end");
}

static int read_document(struct parser *p, unsigned char *at, struct err *err)
{
	struct level *level = p->levels;

	do {
		const struct level *outer = level;

		at = read_child(p, &level, at, err);
		if (at && level == outer)
			at = read_behind_value(p, &level, at, err);
		if (!at)
			return -1;
	} while (level > p->levels);
	return 0;
}

int json_read(struct arena *a, struct slice text, const struct json_reading *how, const struct json **ret, struct err *err)
{
	if (text.len == 0)
		return err_set(err, "not valid JSON: empty");

	unsigned char *copy = arena_alloc_dirty(a, text.len + PADDING);
	memcpy(copy, text.ptr, text.len);
	memset(copy + text.len, 0, PADDING);

	struct json *root = NULL;
	struct parser p __attribute__((uninitialized)); /* a level is initialised when it is opened */
	p.arena = a;
	p.text = text;
	p.start = copy;
	p.end = copy + text.len;
	p.node = p.nodes_end = NULL;
	p.nodes_taken = NODES_FIRST / 2;
	p.nodes_left = how->nodes ? how->nodes : LIMIT_JSON_NODES;
	p.unread = how->without.len ? how->without : (struct slice){"", SIZE_MAX}; /* no key is so long */
	p.nul = how->nul;
	p.levels[0] = (struct level){.link = &root};
	int failed = read_document(&p, copy, err);
	arena_give_back(a, p.node, p.nodes_end);
	if (failed < 0)
		return -1;
	*ret = root;
	return 0;
}

int json_parse_limited(struct arena *a, struct slice text, size_t nodes, const struct json **ret, struct err *err)
{
	return json_read(a, text, &(struct json_reading){.nodes = nodes}, ret, err);
}

int json_parse(struct arena *a, struct slice text, const struct json **ret, struct err *err)
{
	return json_read(a, text, &(struct json_reading){.nodes = LIMIT_JSON_NODES}, ret, err);
}

int json_parse_served(struct arena *a, struct slice text, size_t nodes, const struct json **ret, struct err *err)
{
	return json_read(a, text, &(struct json_reading){.nodes = nodes, .without = SLICE_LIT("managedFields"), .nul = true}, ret, err);
}
