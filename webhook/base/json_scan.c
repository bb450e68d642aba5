/*
 * The pre-scan: one linear pass that accepts RFC 8259 and nothing else, so that
 * what cJSON builds afterwards is what every other reader of the bytes sees.
 * Iterative, with an explicit stack of LIMIT_JSON_DEPTH containers.
 */
#include "base/json.h"
#include "base/limits.h"
#include "base/json_keys.h"
#include "base/utf8.h"

struct scan {
	const unsigned char *start, *at, *end;
	struct json_keys keys; /* of every open object */
	size_t nodes;
	unsigned depth;
	bool object[LIMIT_JSON_DEPTH + 1]; /* is level i an object? */
};

static int fail(const struct scan *s, struct err *err, const char *what)
{
	size_t line = 1;
	const unsigned char *line_start = s->start;

	for (const unsigned char *p = s->start; p < s->at; p++)
		if (*p == '\n') {
			line++;
			line_start = p + 1;
		}
	return err_set(err, "not valid JSON at line %zu column %zu: %s", line,
		       (size_t)(s->at - line_start) + 1, what);
}

static void skip_space(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
		s->at++;
}

static int hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits behind "\u"; -1 where they are not there. */
static int unicode_escape(const struct scan *s)
{
	int code = 0;

	if (s->end - s->at < 6)
		return -1;
	for (int i = 2; i < 6; i++) {
		int digit = hex_digit(s->at[i]);
		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	return code;
}

static int scan_unicode_escape(struct scan *s, struct err *err)
{
	int code = unicode_escape(s);

	if (code < 0)
		return fail(s, err, "\\u needs four hex digits");
	if (code == 0)
		return fail(s, err, "\\u0000 is not accepted: text would end there for some readers");
	if (code >= 0xDC00 && code <= 0xDFFF)
		return fail(s, err, "low surrogate without a high one");
	s->at += 6;
	if (code < 0xD800 || code > 0xDBFF)
		return 0;
	if (s->end - s->at < 2 || s->at[0] != '\\' || s->at[1] != 'u')
		return fail(s, err, "high surrogate without a low one");
	code = unicode_escape(s);
	if (code < 0xDC00 || code > 0xDFFF)
		return fail(s, err, "high surrogate without a low one");
	s->at += 6;
	return 0;
}

static int scan_escape(struct scan *s, struct err *err)
{
	if (s->end - s->at < 2)
		return fail(s, err, "unfinished string");
	if (s->at[1] == 'u')
		return scan_unicode_escape(s, err);
	if (!memchr("\"\\/bfnrt", s->at[1], 8))
		return fail(s, err, "unknown escape in a string");
	s->at += 2;
	return 0;
}

/* Bytes of a string that need no look: everything but '"', '\\', control bytes and
 * non-ASCII. Eight at a time, since most of a manifest is such text. */
static void skip_plain(struct scan *s)
{
	const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;

	while (s->end - s->at >= 8) {
		uint64_t w;
		memcpy(&w, s->at, 8);
		uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
		uint64_t stop = (quote - ones) & ~quote;
		stop |= (slash - ones) & ~slash;
		stop |= (w - ones * 0x20) & ~w;
		if ((stop | w) & highs)
			break;
		s->at += 8;
	}
	while (s->at < s->end && *s->at >= 0x20 && *s->at < 0x80 && *s->at != '"' && *s->at != '\\')
		s->at++;
}

/* A string, the opening quote included. Its raw text (still escaped) goes to *raw. */
static int scan_string(struct scan *s, struct slice *raw, struct err *err)
{
	const unsigned char *first = ++s->at;

	for (;;) {
		skip_plain(s);
		if (s->at == s->end)
			return fail(s, err, "unfinished string");
		if (*s->at == '"')
			break;
		if (*s->at == '\\') {
			if (scan_escape(s, err) < 0)
				return -1;
			continue;
		}
		if (*s->at < 0x20)
			return fail(s, err, "raw control byte in a string");
		size_t n = utf8_length(s->at, (size_t)(s->end - s->at));
		if (n == 0)
			return fail(s, err, "invalid UTF-8");
		s->at += n;
	}
	*raw = (struct slice){(const char *)first, (size_t)(s->at - first)};
	s->at++;
	return 0;
}

static size_t skip_digits(struct scan *s)
{
	const unsigned char *first = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return (size_t)(s->at - first);
}

static int scan_number(struct scan *s, struct err *err)
{
	const unsigned char *first = s->at;

	if (*s->at == '-')
		s->at++;
	bool zero = s->at < s->end && *s->at == '0';
	size_t digits = skip_digits(s);
	if (digits == 0 || (zero && digits > 1))
		return fail(s, err, "not a number");
	if (s->at < s->end && *s->at == '.') {
		s->at++;
		if (skip_digits(s) == 0)
			return fail(s, err, "a number needs digits behind its point");
	}
	if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
		s->at++;
		if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
			s->at++;
		if (skip_digits(s) == 0)
			return fail(s, err, "a number needs digits in its exponent");
	}
	if (s->at - first > 60) /* cJSON reads at most 63 characters */
		return fail(s, err, "number longer than 60 characters");
	return 0;
}

static int scan_word(struct scan *s, const char *word, struct err *err)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
		return fail(s, err, "expected a value");
	s->at += n;
	return 0;
}

/* A scalar, or the opening bracket of a container. */
static int scan_value(struct scan *s, bool *opened, struct err *err)
{
	struct slice ignored;

	*opened = false;
	if (++s->nodes > LIMIT_JSON_NODES)
		return fail(s, err, "more values than sparkgate reads");
	switch (s->at < s->end ? *s->at : 0) {
	case '{':
	case '[':
		if (s->depth == LIMIT_JSON_DEPTH)
			return fail(s, err, "nested deeper than sparkgate reads");
		s->object[++s->depth] = *s->at == '{';
		if (*s->at == '{')
			json_keys_open(&s->keys);
		s->at++;
		*opened = true;
		return 0;
	case '"':
		return scan_string(s, &ignored, err);
	case 't':
		return scan_word(s, "true", err);
	case 'f':
		return scan_word(s, "false", err);
	case 'n':
		return scan_word(s, "null", err);
	default:
		if (s->at < s->end && (*s->at == '-' || (*s->at >= '0' && *s->at <= '9')))
			return scan_number(s, err);
		return fail(s, err, "expected a value");
	}
}

static int scan_key(struct scan *s, struct err *err)
{
	struct slice key;
	const unsigned char *at = s->at;

	if (s->at == s->end || *s->at != '"')
		return fail(s, err, "expected a key in double quotes");
	if (scan_string(s, &key, err) < 0)
		return -1;
	if (!json_keys_add(&s->keys, key)) {
		s->at = at;
		return fail(s, err, "a key stands twice in one object");
	}
	skip_space(s);
	if (s->at == s->end || *s->at != ':')
		return fail(s, err, "expected ':' behind a key");
	s->at++;
	skip_space(s);
	return 0;
}

static bool take(struct scan *s, unsigned char c)
{
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static void close_container(struct scan *s)
{
	if (s->object[s->depth--])
		json_keys_close(&s->keys);
}

/* Behind a value: close what ends here, and step to the next value if there is one. */
static int scan_behind_value(struct scan *s, struct err *err)
{
	while (s->depth > 0) {
		skip_space(s);
		if (take(s, ',')) {
			skip_space(s);
			return s->object[s->depth] ? scan_key(s, err) : 0;
		}
		if (!take(s, s->object[s->depth] ? '}' : ']'))
			return fail(s, err, s->object[s->depth] ? "expected ',' or '}'" : "expected ',' or ']'");
		close_container(s);
	}
	skip_space(s);
	return s->at == s->end ? 0 : fail(s, err, "text behind the end");
}

/* Inside a container just opened: close an empty one, or step to its first value. */
static int scan_first_child(struct scan *s, bool *empty, struct err *err)
{
	skip_space(s);
	*empty = take(s, s->object[s->depth] ? '}' : ']');
	if (*empty) {
		close_container(s);
		return 0;
	}
	return s->object[s->depth] ? scan_key(s, err) : 0;
}

static int scan_document(struct scan *s, struct err *err)
{
	skip_space(s);
	do {
		bool opened, empty = false;

		if (scan_value(s, &opened, err) < 0)
			return -1;
		if (opened && scan_first_child(s, &empty, err) < 0)
			return -1;
		if ((!opened || empty) && scan_behind_value(s, err) < 0)
			return -1;
	} while (s->depth > 0);
	return 0;
}

int json_scan(struct arena *a, struct slice text, struct err *err)
{
	const unsigned char *start = (const unsigned char *)text.ptr;
	struct scan s = {.start = start, .at = start, .end = start + text.len};

	json_keys_init(&s.keys, a);
	if (text.len == 0)
		return err_set(err, "not valid JSON: empty");
	return scan_document(&s, err);
}
