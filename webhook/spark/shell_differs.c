/*
 * What bash reads in one way and dash, which is sh on Debian and Ubuntu, in another: nobody tells which of them runs the text. What
 * dash would run is noted, too; where that cannot be said, the text cannot be read.
 */
#include "spark/shell_parser.h"

static bool ends_command(char c)
{
	return c == '\n' || c == ';' || c == '&' || c == '|' || c == '(' || c == ')';
}

/* Line ends in something that other shells read as several commands: a body would begin behind the first. */
static int refuse_documents(struct parser *p, size_t from)
{
	struct slice passed = parser_source(p, from, p->lx->at);

	if (p->pending_count == 0 || !passed.len || !memchr(passed.ptr, '\n', passed.len))
		return 0;
	return parser_fail(p, "a here-document begins in the middle of a command: write the command in one line");
}

/* ---- lines that are joined ---- */

/* The word without the ends of lines that the shell joins; only one so short can be reserved. */
static struct slice unjoined(struct slice s, char to[9])
{
	size_t n = 0;

	for (size_t i = 0; i < s.len && n < 9; i++)
		if (s.ptr[i] == '\\' && i + 1 < s.len && s.ptr[i + 1] == '\n')
			i++;
		else
			to[n++] = s.ptr[i];
	return (struct slice){to, n};
}

int parser_check_joined(struct parser *p, const struct word *word)
{
	static const char *const reserved[] = {"if", "then", "elif", "else", "fi", "while", "until", "do", "done", "!", "{", "}", "coproc",
					       "time", "for", "select", "case", "in", "esac", "function", "[[", "]]"};
	struct slice source = parser_source(p, word->start, word->end);
	char to[9];

	if (!source.len || !memchr(source.ptr, '\n', source.len))
		return 0;
	struct slice s = unjoined(source, to);

	if (s.len < source.len && SLICE_IS_ONE_OF(s, reserved))
		return parser_fail(p, "a line ends within a reserved word: write it into one line");
	return 0;
}

int parser_check_joined_operator(struct parser *p, const char *next)
{
	size_t n = 0;

	while (lexer_at_joined(p->lx, n))
		n += 2;
	if (n == 0 || !lexer_peek(p->lx, n) || !strchr(next, lexer_peek(p->lx, n)))
		return 0;
	return parser_fail(p, "a line ends within an operator: write it into one line");
}

/* ---- [[ ]] ---- */

/* To dash "[[" is a program that is not there, and what stands behind an operator a command. Each line is read for itself: it
 * is run before those behind it are looked at. */
static void note_commands(struct parser *p, size_t from, size_t to)
{
	struct slice rest = parser_source(p, from, to);

	while (rest.len > 0)
		parser_note_document(p, slice_cut(&rest, '\n'), SIZE_MAX);
}

static size_t first_operator(const struct parser *p, size_t from)
{
	while (from < p->lx->at && !ends_command(p->lx->text.ptr[from]))
		from++;
	return from;
}

/* Inside [[ ]] operators are not the shell's. */
int parser_take_test(struct parser *p)
{
	size_t start = p->lx->at, from = SIZE_MAX;
	struct word word;

	p->at_start = false;
	for (;;) {
		size_t before = p->lx->at;

		/* `[[ x =~ (#) ]]`: of the pattern, no comment */
		if (lexer_peek(p->lx, 0) == '#' && before > start && strchr("(|&<>", p->lx->text.ptr[before - 1]))
			return parser_fail(p, "'#' stands behind '(' or '|' in '[[': put it into quotes");
		lexer_skip_blank_lines(p->lx);
		if (lexer_ended(p->lx))
			return parser_fail(p, "'[[' is not closed");
		if (from == SIZE_MAX && (first_operator(p, before) < p->lx->at || ends_command(lexer_peek(p->lx, 0))))
			from = before;
		if (shell_is_meta(lexer_peek(p->lx, 0))) {
			p->lx->at++;
			continue;
		}
		if (shell_skip_word(p->lx, &word) < 0 || parser_check_joined(p, &word) < 0)
			return -1;
		if (slice_is(word.value, "]]"))
			break;
	}
	if (from != SIZE_MAX)
		note_commands(p, from, p->lx->at);
	return refuse_documents(p, start);
}

/* ---- (( )) ---- */

/* Where dash, and bash if the parentheses do not close together, see subshells. */
int parser_take_arithmetic(struct parser *p)
{
	size_t start = ++p->lx->at;

	p->at_start = false;
	if (shell_skip_arithmetic(p->lx) < 0)
		return -1;
	parser_note_document(p, parser_source(p, start, p->lx->at), SIZE_MAX);
	return refuse_documents(p, start);
}

/* ---- words ---- */

int parser_check_array(struct parser *p)
{
	return refuse_documents(p, p->lx->array_start);
}

/* Words behind "&>file" are the command's own, or another command: "a & >file b". */
int parser_check_behind_both(struct parser *p)
{
	if (!p->behind_both)
		return 0;
	return parser_fail(p, "words follow '&>', which sh takes for '&': write '>FILE 2>&1' at the end of the command");
}

/* `. spark-submit --master X`: of dash the file has the text's own "$@". (Spark's other scripts set -o posix, which ends dash.) */
int parser_check_sourced(struct parser *p)
{
	const struct word *dot = p->count > 1 ? p->words[p->count - 2] : NULL;

	if (!dot || !slice_is(dot->value, ".") || !slice_ends(p->words[p->count - 1]->value, "spark-submit"))
		return 0;
	return parser_fail(p, "'.' reads spark-submit, and sh gives it none of the words after it: write 'exec' instead");
}
