/*
 * Passing over what is not read: quotes and expansions inside others, up to what closes them. Each
 * function begins at the first byte of its thing and ends behind the last.
 */
#include "spark/shell_lexer.h"

int lexer_fail(struct lexer *lx, size_t at, const char *what)
{
	size_t line = 1;

	for (size_t i = 0; i < at && i < lx->text.len; i++)
		line += lx->text.ptr[i] == '\n';
	return err_set(lx->err, "line %zu of the shell text: %s", line, what);
}

void lexer_note_dollar(struct lexer *lx, enum quotes quotes)
{
	struct carrier *c = lx->shell->carrier;

	*ARENA_PUSH(lx->arena, c->dollars, &c->dollar_cap, c->dollar_count) = (struct dollar){(unsigned)lx->at, quotes};
}

void lexer_note_inner(struct lexer *lx, struct slice commands)
{
	struct shell *sh = lx->shell;

	if (lx->inside > 0)
		return;
	*ARENA_PUSH(lx->arena, sh->inner, &sh->inner_cap, sh->inner_count) = commands;
}

bool shell_is_meta(char c)
{
	return c == '\0' || c == ' ' || c == '\t' || c == '\n' || c == ';' || c == '&' || c == '|' || c == '<' ||
	       c == '>' || c == '(' || c == ')';
}

static bool is_name_start(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The shell joins the lines first. */
static const char joined_dollar[] = "a line ends within what a '$' begins: write it into one line";

static int enter(struct lexer *lx)
{
	if (++lx->depth > LIMIT_SHELL_DEPTH)
		return lexer_fail(lx, lx->at, "expansions nest too deep");
	return 0;
}

static int skip_double_quotes(struct lexer *lx);

static int skip_single_quotes(struct lexer *lx)
{
	const char *close = memchr(lx->text.ptr + lx->at + 1, '\'', lx->text.len - lx->at - 1);

	if (!close)
		return lexer_fail(lx, lx->at, "a single quote is not closed");
	lx->at = (size_t)(close - lx->text.ptr) + 1;
	return 0;
}

int shell_skip_ansi_quotes(struct lexer *lx)
{
	size_t start = lx->at;

	for (lx->at += 2; !lexer_ended(lx); lx->at++) {
		if (lexer_peek(lx, 0) == '\\' && lexer_peek(lx, 1) == '\'') /* where it ends for dash */
			return lexer_fail(lx, start, "\\' in a $' quote ends it in sh: write \"'\" instead");
		if (lexer_peek(lx, 0) == '\\')
			lx->at++;
		else if (lexer_peek(lx, 0) == '\'') {
			lx->at++;
			return 0;
		}
	}
	return lexer_fail(lx, start, "a $' quote is not closed");
}

/* A backslash goes where it is in front of one of these (XCU 2.6.3). */
static struct slice between_backquotes(struct arena *a, struct slice s, const char *special)
{
	struct buf out = buf_in(a);

	if (s.len == 0 || !memchr(s.ptr, '\\', s.len))
		return s;
	for (size_t i = 0; i < s.len; i++) {
		i += s.ptr[i] == '\\' && i + 1 < s.len && strchr(special, s.ptr[i + 1]);
		buf_addc(&out, s.ptr[i]);
	}
	return buf_slice(&out);
}

int shell_skip_backquotes(struct lexer *lx, bool in_quotes)
{
	size_t start = lx->at;

	for (lx->at++; !lexer_ended(lx); lx->at++) {
		if (lexer_peek(lx, 0) == '\\') {
			if (lx->murky > 0 && lexer_peek(lx, 1) == '"')
				return lexer_fail(lx, lx->at, "shells read \\\" in `...` differently here: write $(...) instead");
			lx->at++;
		} else if (lexer_peek(lx, 0) == '`') {
			struct slice inner = {lx->text.ptr + start + 1, lx->at - start - 1};

			lexer_note_inner(lx, between_backquotes(lx->arena, inner, in_quotes ? "$`\\\"" : "$`\\"));
			lx->at++;
			return 0;
		}
	}
	return lexer_fail(lx, start, "a backquote is not closed");
}

/* One byte, escape, quote or expansion inside something larger. */
static int skip_piece(struct lexer *lx, bool in_quotes)
{
	if (lx->arithmetic && lexer_peek(lx, 0) && strchr("'\"", lexer_peek(lx, 0)))
		return lexer_fail(lx, lx->at, "a quote in '$((...))' is none in sh: leave it out");
	switch (lexer_peek(lx, 0)) {
	case '\\':
		lx->at += lx->at + 1 < lx->text.len ? 2 : 1;
		return 0;
	case '\'':
		if (!in_quotes)
			return skip_single_quotes(lx);
		break;
	case '"':
		return skip_double_quotes(lx);
	case '`':
		return shell_skip_backquotes(lx, in_quotes);
	case '$':
		return shell_skip_dollar(lx, in_quotes);
	default:
		break;
	}
	lx->at++;
	return 0;
}

static int skip_double_quotes(struct lexer *lx)
{
	size_t start = lx->at++;

	if (enter(lx) < 0)
		return -1;
	while (!lexer_ended(lx) && lexer_peek(lx, 0) != '"')
		if (skip_piece(lx, true) < 0)
			return -1;
	if (lexer_ended(lx))
		return lexer_fail(lx, start, "a double quote is not closed");
	lx->at++;
	lx->depth--;
	return 0;
}

/* A single quote in "${...}" is one to bash, and an ordinary byte to dash: harmless in pairs, with nothing in them that means
 * anything. */
static int skip_doubtful_quotes(struct lexer *lx)
{
	size_t start = lx->at;

	for (lx->at++; !lexer_ended(lx) && !strchr("}\"$`\\", lexer_peek(lx, 0)); lx->at++)
		if (lexer_peek(lx, 0) == '\'') {
			lx->at++;
			return 0;
		}
	return lexer_fail(lx, start, "shells read a single quote in \"${...}\" differently: leave it out");
}

/* "${x#'"'}", "${1%%'}'*}": here single quotes are quotes to all shells, even within double ones. */
static bool is_trimming(struct lexer *lx)
{
	bool digit = is_digit(lexer_peek(lx, 0));
	size_t n = digit ? 1 : shell_name_length(lexer_rest(lx));

	return n > 0 && (lexer_peek(lx, n) == '#' || lexer_peek(lx, n) == '%');
}

/* What stands behind "${", up to its "}". */
static int skip_braced(struct lexer *lx, bool in_quotes)
{
	bool plain = in_quotes && !is_trimming(lx);

	while (!lexer_ended(lx) && lexer_peek(lx, 0) != '}')
		if ((plain && lexer_peek(lx, 0) == '\'' ? skip_doubtful_quotes(lx) : skip_piece(lx, plain)) < 0)
			return -1;
	return 0;
}

static int skip_braces(struct lexer *lx, bool in_quotes)
{
	size_t start = lx->at;

	lx->at += 2;
	if (lexer_at_joined(lx, 0))
		return lexer_fail(lx, start, joined_dollar);
	if (enter(lx) < 0)
		return -1;
	lx->murky += in_quotes;
	if (skip_braced(lx, in_quotes) < 0)
		return -1;
	if (lexer_ended(lx))
		return lexer_fail(lx, start, "'${' is not closed");
	lx->murky -= in_quotes;
	lx->at++;
	lx->depth--;
	return 0;
}

/* Behind "((": up to "))". Where the parentheses turn out not to close together it was
 * `( (a); b )`, so the rest is commands: no going back, so no repeated work. To dash it is `$((` whatever follows. */
static int skip_arithmetic(struct lexer *lx, bool dollar)
{
	size_t start = lx->at, open = 0;

	while (!lexer_ended(lx)) {
		char c = lexer_peek(lx, 0);

		if (c == ')' && open == 0) {
			if (lexer_peek(lx, 1) != ')') {
				if (dollar)
					return lexer_fail(lx, start, "'$((' is arithmetic in sh: for a subshell write '$( (' with a blank");
				lx->at++;
				return shell_skip_commands(lx);
			}
			lx->at += 2;
			return 0;
		}
		open += c == '(';
		open -= c == ')';
		if (skip_piece(lx, false) < 0)
			return -1;
	}
	return lexer_fail(lx, start, "'((' is not closed");
}

int shell_skip_arithmetic(struct lexer *lx)
{
	return skip_arithmetic(lx, false);
}

static int skip_arithmetic_expansion(struct lexer *lx)
{
	bool around = lx->arithmetic;
	size_t start = lx->at + 2;

	lx->at += 3;
	lx->murky++;
	lx->arithmetic = true;
	if (skip_arithmetic(lx, true) < 0)
		return -1;
	lx->arithmetic = around;
	lx->murky--;
	lexer_note_inner(lx, (struct slice){lx->text.ptr + start, lx->at - 1 - start});
	return 0;
}

static int skip_command_substitution(struct lexer *lx)
{
	int rc;

	if (lexer_at_joined(lx, 2) && lexer_peek(lx, 4) == '(')
		return lexer_fail(lx, lx->at, joined_dollar);
	if (enter(lx) < 0)
		return -1;
	if (lexer_peek(lx, 2) == '(') {
		rc = skip_arithmetic_expansion(lx);
	} else {
		lx->at += 2;
		rc = shell_skip_commands(lx);
	}
	lx->depth--;
	return rc;
}

int shell_skip_dollar(struct lexer *lx, bool in_quotes)
{
	char next = lexer_peek(lx, 1);

	if (lexer_at_pid(lx)) {
		lx->at += lexer_peek(lx, 3) == '$' ? 4 : 3;
		return 0;
	}
	if (next == '(')
		return skip_command_substitution(lx);
	if (next == '{')
		return skip_braces(lx, in_quotes);
	if (next == '\'' && !in_quotes)
		return shell_skip_ansi_quotes(lx);
	if (lexer_at_joined(lx, 1))
		return lexer_fail(lx, lx->at, joined_dollar);
	if (next == '[')
		return lexer_fail(lx, lx->at, "'$[' is arithmetic in bash alone: write '$((...))', or \\$ for the byte");
	lx->at++;
	if (is_name_start(next)) {
		lx->at += shell_name_length(lexer_rest(lx));
		if (lexer_at_joined(lx, 0) && (shell_is_name_byte(lexer_peek(lx, 2)) || lexer_at_joined(lx, 2)))
			return lexer_fail(lx, lx->at, joined_dollar);
	} else if (next && strchr("0123456789@*#?-!", next)) {
		lx->at++;
	}
	return 0;
}

bool shell_is_assignment(struct slice s)
{
	size_t i = shell_name_length(s);

	if (i == 0 || is_digit(s.ptr[0]))
		return false;
	if (i < s.len && s.ptr[i] == '[') {
		const char *close = memchr(s.ptr + i, ']', s.len - i);

		i = close ? (size_t)(close - s.ptr) + 1 : s.len;
	}
	i += i < s.len && s.ptr[i] == '+';
	return i < s.len && s.ptr[i] == '=';
}

/* Does "NAME=" stand right before the parenthesis here? */
bool shell_opens_array(const struct lexer *lx, size_t start)
{
	struct slice head = {lx->text.ptr + start, lx->at - start};

	return lexer_peek(lx, 0) == '(' && head.len && head.ptr[head.len - 1] == '=' && shell_is_assignment(head);
}

/* ( ... ) of bash's NAME=( ... ). */
int shell_skip_array(struct lexer *lx)
{
	size_t start = lx->at++;

	while (!lexer_ended(lx) && lexer_peek(lx, 0) != ')') {
		bool comment = lexer_peek(lx, 0) == '#' && shell_is_meta(lx->text.ptr[lx->at - 1]);

		if (lexer_peek(lx, 0) && strchr("(;&|<>", lexer_peek(lx, 0)))
			return lexer_fail(lx, lx->at, "an operator in an array");
		while (comment && !lexer_ended(lx) && lexer_peek(lx, 0) != '\n')
			lx->at++;
		if (!comment && skip_piece(lx, false) < 0)
			return -1;
	}
	if (lexer_ended(lx))
		return lexer_fail(lx, start, "'=(' is not closed");
	lx->at++;
	return 0;
}

/* <(list) and >(list) are file names (bash). */
bool shell_opens_process(const struct lexer *lx)
{
	return (lexer_peek(lx, 0) == '<' || lexer_peek(lx, 0) == '>') && lexer_peek(lx, 1) == '(';
}

int shell_skip_process(struct lexer *lx)
{
	lx->at += 2;
	return shell_skip_commands(lx);
}

int shell_skip_word(struct lexer *lx, struct word *ret)
{
	*ret = (struct word){.start = lx->at};
	while (!lexer_ended(lx) && (shell_opens_process(lx) || !shell_is_meta(lexer_peek(lx, 0)))) {
		if (shell_opens_process(lx)) {
			if (shell_skip_process(lx) < 0)
				return -1;
			continue;
		}
		ret->quoted |= strchr("'\"\\", lexer_peek(lx, 0)) != NULL;
		if (skip_piece(lx, false) < 0)
			return -1;
		if (lexer_peek(lx, 0) == '(' && shell_opens_array(lx, ret->start) && shell_skip_array(lx) < 0)
			return -1;
	}
	ret->end = lx->at;
	ret->value = (struct slice){lx->text.ptr + ret->start, ret->end - ret->start};
	return 0;
}
