#include "policy/condition_token.h"

#include "base/utf8.h"

static bool is_name(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static struct slice take(struct slice *rest, size_t n)
{
	struct slice head = {rest->ptr, n};

	*rest = (struct slice){rest->ptr + n, rest->len - n};
	return head;
}

static void skip_space(struct slice *rest)
{
	while (rest->len > 0) {
		if (strchr(" \t\r\n\f", *rest->ptr) && *rest->ptr)
			take(rest, 1);
		else if (slice_starts(*rest, "//"))
			slice_cut(rest, '\n');
		else
			return;
	}
}

/* ---- strings ---- */

/* The value of the next n digits; -1 if they are not all digits of base, or write more than U+10FFFF. */
static int take_code(struct slice *rest, size_t n, unsigned base)
{
	static const char digits[] = "0123456789abcdef";
	unsigned value = 0;

	if (rest->len < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char c = rest->ptr[i];
		const char *at = strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c);
		if (!c || !at || (unsigned)(at - digits) >= base)
			return -1;
		value = value * base + (unsigned)(at - digits);
		if (value > 0x10FFFF)
			return -1;
	}
	take(rest, n);
	return (int)value;
}

static const struct {
	char letter;
	unsigned char digits, base;
} coded[] = {{'x', 2, 16}, {'X', 2, 16}, {'u', 4, 16}, {'U', 8, 16}};

/* What follows a backslash. */
static int take_escape(struct slice *rest, struct buf *out, struct err *err)
{
	static const char letters[] = "abfnrtv\\?\"'`", meant[] = "\a\b\f\n\r\t\v\\?\"'`";
	const char *at = rest->len > 0 && *rest->ptr ? strchr(letters, *rest->ptr) : NULL;
	char bytes[4];
	int code = -1;

	if (at) {
		take(rest, 1);
		buf_addc(out, meant[at - letters]);
		return 0;
	}
	if (rest->len > 0 && *rest->ptr >= '0' && *rest->ptr <= '3')
		code = take_code(rest, 3, 8);
	for (size_t i = 0; rest->len > 0 && i < COUNT_OF(coded); i++)
		if (*rest->ptr == coded[i].letter) {
			take(rest, 1);
			code = take_code(rest, coded[i].digits, coded[i].base);
			break;
		}
	if (code <= 0)
		return err_set(err, "a string with an escape that CEL does not know");
	buf_add(out, (struct slice){bytes, utf8_put((unsigned)code, bytes)});
	return 0;
}

/* *rest begins with a quote. */
static int take_string(struct arena *a, struct slice *rest, bool raw, struct slice *ret, struct err *err)
{
	const char quote = *rest->ptr;
	size_t n = rest->len >= 3 && rest->ptr[1] == quote && rest->ptr[2] == quote ? 3 : 1;
	const struct slice end = {rest->ptr, n};
	struct buf out = buf_in(a);

	take(rest, n);
	while (rest->len > 0) {
		if (slice_skip(rest, end)) {
			*ret = buf_slice(&out);
			return 0;
		}
		char c = *take(rest, 1).ptr;
		if (c == '\0' || (n == 1 && (c == '\n' || c == '\r')))
			break;
		if (c != '\\' || raw)
			buf_addc(&out, c);
		else if (take_escape(rest, &out, err) < 0)
			return -1;
	}
	return err_set(err, "a string without an end");
}

/* Does a string begin here: a quote, with r or b or both before it? Returns the number of letters before the quote;
 * -1 = no. */
static int prefix_of_string(struct slice s, bool *raw)
{
	*raw = false;
	for (int n = 0; n <= 2 && (size_t)n < s.len; n++) {
		char c = s.ptr[n];
		if (c == '\'' || c == '"')
			return n;
		if (!strchr("rRbB", c) || !c)
			return -1;
		*raw |= c == 'r' || c == 'R';
	}
	return -1;
}

/* ---- all others ---- */

static size_t length_of_word(struct slice s)
{
	size_t n = 0;

	while (n < s.len && (is_name(s.ptr[n]) || (char_is_digit(s.ptr[0]) && s.ptr[n] == '.')))
		n++;
	return n;
}

static size_t length_of_sign(struct slice s)
{
	static const char *const two[] = {"||", "&&", "==", "!=", "<=", ">="};

	for (size_t i = 0; i < COUNT_OF(two); i++)
		if (slice_starts(s, two[i]))
			return 2;
	return *s.ptr && strchr("()[]{}.,?:!<>+-*/%", *s.ptr) ? 1 : 0;
}

int token_next(struct arena *a, struct slice *rest, struct token *ret, struct err *err)
{
	bool raw;

	skip_space(rest);
	if (rest->len == 0) {
		*ret = (struct token){TOKEN_END, {"", 0}};
		return 0;
	}
	int prefix = prefix_of_string(*rest, &raw);
	if (prefix >= 0) {
		take(rest, (size_t)prefix);
		ret->kind = TOKEN_STRING;
		return take_string(a, rest, raw, &ret->text, err);
	}
	size_t n = length_of_word(*rest);
	ret->kind = n == 0 ? TOKEN_SIGN : char_is_digit(*rest->ptr) ? TOKEN_NUMBER : TOKEN_NAME;
	if (n == 0)
		n = length_of_sign(*rest);
	if (n == 0)
		return err_set(err, "a character that CEL does not know");
	ret->text = take(rest, n);
	return 0;
}
