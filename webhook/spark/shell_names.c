#include "spark/shell_names.h"

#include "base/buf.h"
#include "spark/shell.h"

static bool is_quote(char c)
{
	return c == '"' || c == '\'' || c == '\\';
}

/* Quotes vanish, and a backslash with the end of line that it takes away. */
static void skip_quotes(struct slice *s)
{
	while (s->len > 0 && is_quote(*s->ptr))
		if (!slice_skip(s, SLICE_LIT("\\\n")))
			*s = (struct slice){s->ptr + 1, s->len - 1};
}

/* '\0' at the end. */
static char take(struct slice *s)
{
	skip_quotes(s);
	if (s->len == 0)
		return '\0';
	char c = *s->ptr;
	*s = (struct slice){s->ptr + 1, s->len - 1};
	return c;
}

struct slice shell_without_quotes(struct arena *a, struct slice text)
{
	struct buf out = buf_in(a);

	for (char c = take(&text); c; c = take(&text))
		buf_addc(&out, c);
	return buf_slice(&out);
}

static void pass(struct shell_names *names, char c)
{
	names->last[1] = names->last[0];
	names->last[0] = c;
}

static char peek(const struct shell_names *names)
{
	struct slice rest = names->rest;

	return take(&rest);
}

bool shell_names_next(struct shell_names *names, struct shell_name *ret)
{
	size_t len = 0;
	struct slice behind;

	while (peek(names) && !shell_is_name_byte(peek(names)))
		pass(names, take(&names->rest));
	*ret = (struct shell_name){.before = {names->last[0], names->last[1]}};
	for (; shell_is_name_byte(peek(names)); len++) {
		ret->split |= len > 0 && is_quote(*names->rest.ptr);
		pass(names, take(&names->rest));
		if (len < SHELL_NAME_BYTES)
			names->name[len] = names->last[0];
	}
	ret->text = (struct slice){names->name, len < SHELL_NAME_BYTES ? len : SHELL_NAME_BYTES};
	behind = names->rest;
	ret->after[0] = take(&behind);
	ret->after[1] = take(&behind);
	return len > 0;
}

bool shell_name_is_used(const struct shell_name *name)
{
	if (name->split)
		return false;
	if (name->before[0] == '{' || name->before[0] == '(')
		return name->before[1] == '$';
	return name->before[0] == '$';
}

/* ---- what sets a variable ---- */

static bool ends_a_word(char c)
{
	return c == '\0' || strchr(" \t\r\n;&|(){}<>`!,", c);
}

/* NAME=x, NAME+=x; ${n}NAME=x, too. */
static bool is_assigned(const struct shell_name *name)
{
	bool assigned = name->after[0] == '=' || (name->after[0] == '+' && name->after[1] == '=');

	return assigned && ends_a_word(name->before[0]);
}

static bool sets_variables(const struct shell_name *name)
{
	static const char *const commands[] = {"export", "declare", "typeset",  "readonly", "local",     "read",    "eval",
					       "source", "env",     "set",      "mapfile",  "readarray", "getopts", "let"};

	if (!ends_a_word(name->after[0]) || shell_name_is_used(name) || !(ends_a_word(name->before[0]) || name->before[0] == '/'))
		return false;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (slice_is(name->text, commands[i]))
			return true;
	return false;
}

/* `. file`, of which no name tells. */
static bool reads_a_file(struct slice text)
{
	char before = '\0';

	while (text.len > 0) {
		char c = take(&text);
		if (c == '.' && ends_a_word(before) && text.len > 0 && ends_a_word(*text.ptr))
			return true;
		before = c;
	}
	return false;
}

static bool is_one_word(struct slice text)
{
	static const char ends[] = {' ', '$', '\n', '\t', ';', '&', '|', '(', '`', '<', '\r'};

	for (size_t i = 0; i < sizeof(ends); i++)
		if (text.len > 0 && memchr(text.ptr, ends[i], text.len))
			return false;
	return true;
}

/* Most arguments are one word: NAME=x for env, or the name of what sets variables. */
static bool word_may_set(struct slice word)
{
	const char *slash = word.len ? memrchr(word.ptr, '/', word.len) : NULL;
	size_t n = slash ? (size_t)(slash - word.ptr) : 0;
	struct shell_names names = {.rest = word}, last = {.rest = {word.ptr + n, word.len - n}};
	struct shell_name name;

	if (shell_names_next(&names, &name) && (is_assigned(&name) || sets_variables(&name)))
		return true;
	return (shell_names_next(&last, &name) && sets_variables(&name)) || slice_is(word, ".");
}

bool shell_may_set(struct slice text)
{
	struct shell_names names = {.rest = text};
	struct shell_name name;
	bool prints = false;

	if (is_one_word(text))
		return word_may_set(text);
	while (shell_names_next(&names, &name)) {
		if (is_assigned(&name) || sets_variables(&name) || (prints && name.before[0] == '-' && *name.text.ptr == 'v'))
			return true;
		prints = slice_is(name.text, "printf");
	}
	return reads_a_file(text);
}

/* ---- what uses one ---- */

bool shell_skip_variable(struct slice *s, struct slice *name)
{
	struct slice rest = *s;
	size_t n = 0;

	if (!slice_skip(&rest, SLICE_LIT("$")))
		return false;
	char close = slice_skip(&rest, SLICE_LIT("{")) ? '}' : slice_skip(&rest, SLICE_LIT("(")) ? ')' : '\0';
	while (n < rest.len && shell_is_name_byte(rest.ptr[n]))
		n++;
	*name = (struct slice){rest.ptr, n};
	rest.ptr += n;
	rest.len -= n;
	if (n == 0 || (close && !slice_skip(&rest, (struct slice){&close, 1})))
		return false;
	*s = rest;
	return true;
}
