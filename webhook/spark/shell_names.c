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

bool shell_is_program(struct slice name)
{
	static const char *const shells[] = {"sh", "bash", "dash", "ash", "ksh", "zsh", "mksh", "rbash"};

	return SLICE_IS_ONE_OF(name, shells);
}

bool shell_skip_variable(struct slice *s, struct slice *name)
{
	struct slice rest = *s;

	if (!slice_skip(&rest, SLICE_LIT("$")))
		return false;
	char close = slice_skip(&rest, SLICE_LIT("{")) ? '}' : slice_skip(&rest, SLICE_LIT("(")) ? ')' : '\0';
	*name = (struct slice){rest.ptr, shell_name_length(rest)};
	(void)slice_skip(&rest, *name);
	if (name->len == 0 || (close && !slice_skip(&rest, (struct slice){&close, 1})))
		return false;
	*s = rest;
	return true;
}

bool shell_assignment(struct slice word, struct slice *name, struct slice *value, bool *appends)
{
	*value = word;
	*name = slice_cut(value, '=');
	*appends = slice_ends(*name, "+");
	if (name->len == word.len)
		return false;
	name->len -= *appends;
	return true;
}

bool shell_assigns(struct slice word, struct slice name, struct slice *value, bool *appends)
{
	struct slice given;

	return shell_assignment(word, &given, value, appends) && slice_eq(given, name);
}

/* "#!" is the shell's own. */
static bool is_comment(struct slice line)
{
	while (line.len > 0 && (*line.ptr == ' ' || *line.ptr == '\t'))
		line.ptr++, line.len--;
	return slice_starts(line, "#") && !slice_starts(line, "#!");
}

bool shell_in_comment(struct shell_line *line, size_t at)
{
	size_t begin = at;

	while (begin > line->seen && line->text.ptr[begin - 1] != '\n')
		begin--;
	if (begin == 0 || begin > line->seen)
		line->comment = is_comment((struct slice){line->text.ptr + begin, line->text.len - begin});
	line->seen = at;
	return line->comment;
}
