#include "spark/script_words.h"

static bool is_one(const char *set, char c)
{
	return c && strchr(set, c);
}

static bool is_quote(char c)
{
	return is_one("'\"`", c);
}

bool script_is_edge(char c)
{
	return is_quote(c) || is_one(" \t\r\n\\;&|<>(){}=,:", c);
}

static bool is_operator(char c)
{
	return is_one(";&|<>()\n", c);
}

/* Blanks, line ends that do not count, and a comment. */
static size_t blanks_of(struct slice s)
{
	size_t at = 0;

	for (; at < s.len; at++)
		if (s.ptr[at] == '\\' && at + 1 < s.len && s.ptr[at + 1] == '\n')
			at++;
		else if (!is_one(" \t\r", s.ptr[at]))
			break;
	if (at < s.len && s.ptr[at] == '#')
		while (at < s.len && s.ptr[at] != '\n')
			at++;
	return at;
}

/* ">>", "&&", "<<", ">|", "&>". */
static size_t operator_end(struct slice s, size_t at)
{
	size_t end = at + 1;

	if (s.ptr[at] == '&' && end < s.len && s.ptr[end] == '>')
		end++;
	while (end < s.len && s.ptr[end] == s.ptr[end - 1])
		end++;
	if (is_one("<>", s.ptr[end - 1]) && end < s.len && is_one("&|", s.ptr[end]))
		end++;
	return end;
}

static size_t word_end(struct slice s, size_t at)
{
	char quote = '\0';

	for (; at < s.len && (quote || !(is_one(" \t\r", s.ptr[at]) || is_operator(s.ptr[at]))); at++) {
		char c = s.ptr[at];

		if (c == '\\' && quote != '\'')
			at++;
		else if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '\'' || c == '"')
			quote = c;
	}
	return at < s.len ? at : s.len;
}

struct script_token script_take(struct slice *text)
{
	size_t at = blanks_of(*text);
	bool is_op = at < text->len && is_operator(text->ptr[at]);
	size_t end = is_op ? operator_end(*text, at) : word_end(*text, at);
	struct script_token token = {{text->ptr + at, end - at}, is_op};

	*text = slice_from(*text, end);
	return token;
}

struct slice script_bare(struct slice word)
{
	while (word.len > 0 && is_quote(*word.ptr))
		word = slice_from(word, 1);
	while (word.len > 0 && is_quote(word.ptr[word.len - 1]))
		word.len--;
	return word;
}
