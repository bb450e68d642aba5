/*
 * Commands of a shell text. The grammar is followed only as far as it takes to know which words
 * stand together: what closes what is checked for parentheses and `case`, whose `)` would be
 * mistaken otherwise; reserved words merely put us back to the start of a command.
 */
#include "spark/shell.h"

#include "base/limits.h"
#include "spark/shell_moves.h"
#include "spark/shell_names.h"
#include "spark/shell_parser.h"

struct slice parser_source(const struct parser *p, size_t from, size_t to)
{
	return (struct slice){p->lx->text.ptr + from, to - from};
}

int parser_fail(struct parser *p, const char *what)
{
	return lexer_fail(p->lx, p->lx->at, what);
}

void lexer_skip_blanks(struct lexer *lx)
{
	for (;;) {
		if (lexer_peek(lx, 0) == ' ' || lexer_peek(lx, 0) == '\t')
			lx->at++;
		else if (lexer_peek(lx, 0) == '\\' && lexer_peek(lx, 1) == '\n')
			lx->at += 2;
		else
			return;
	}
}

static void lexer_skip_comment(struct lexer *lx)
{
	for (; !lexer_ended(lx) && lexer_peek(lx, 0) != '\n'; lx->at++)
		if (lexer_peek(lx, 0) == '$')
			lexer_note_dollar(lx, QUOTES_COMMENT);
}

void lexer_skip_blank_lines(struct lexer *lx)
{
	for (;;) {
		lexer_skip_blanks(lx);
		if (lexer_peek(lx, 0) == '#')
			lexer_skip_comment(lx);
		else if (lexer_peek(lx, 0) == '\n')
			lx->at++;
		else
			return;
	}
}

int parser_read_word(struct parser *p, struct word *ret)
{
	return p->out ? shell_word(p->lx, ret) : shell_skip_word(p->lx, ret);
}

static bool inside(const struct parser *p, enum inside what)
{
	return p->depth > 0 && p->stack[p->depth - 1] == what;
}

static void push(struct parser *p, enum inside what)
{
	*ARENA_PUSH(p->lx->arena, p->stack, &p->depth_cap, p->depth) = what;
}

static void pop(struct parser *p)
{
	p->depth--;
	p->nesting -= p->nesting > 0;
}

/* ---- commands ---- */

/* The arrays of this command are set in a shell of their own, or for a program. */
static void doubt_arrays(struct parser *p)
{
	for (size_t i = p->first_array; p->out && i < p->out->array_count; i++)
		p->out->arrays[i].certain = false;
}

static void end_command(struct parser *p)
{
	if (p->out && p->count > 0) {
		struct shell *sh = p->out;
		struct word **words = ARENA_ARRAY(p->lx->arena, p->count, struct word *);

		memcpy(words, p->words, p->count * sizeof(struct word *));
		*ARENA_PUSH(p->lx->arena, sh->commands, &sh->cap, sh->count) = (struct shell_command){words, p->count};
	}
	p->first_array = p->out ? p->out->array_count : 0;
	p->count = 0;
	p->at_start = true;
	p->in_list = p->behind_both = false;
}

static struct word *store_word(struct parser *p, const struct word *read, size_t gap)
{
	struct word *word;

	if (++p->total > LIMIT_WORDS) {
		lexer_fail(p->lx, read->start, "too many words");
		return NULL;
	}
	word = ARENA_NEW(p->lx->arena, struct word);
	*word = *read;
	word->gap = gap;
	for (; p->counted < word->start; p->counted++)
		p->line += p->lx->text.ptr[p->counted] == '\n';
	word->line = p->line;
	word_append(p->out->carrier, word);
	return word;
}

/* The words between the parentheses of NAME=( ), which shell_word() has just passed. They stand behind
 * the assignment in the carrier. */
static int read_elements(struct parser *p, const struct word *assignment)
{
	struct lexer *lx = p->lx;
	struct slice name = parser_source(p, assignment->start, lx->array_start - 1);
	struct shell_array array = {.name = name, .end = assignment->end, .certain = p->nesting == 0 && !p->conditional};
	size_t end = lx->array_end, gap = lx->array_start + 1, cap = 0;

	if (slice_ends(name, "+")) {
		array.name.len--;
		array.certain = false;
		array.appends = true;
	}
	for (lx->at = gap; lexer_skip_blank_lines(lx), lx->at < end - 1; gap = lx->at) {
		struct word read;

		if (shell_is_meta(lexer_peek(lx, 0))) {
			lx->at++;
			continue;
		}
		if (shell_word(lx, &read) < 0)
			return -1;
		read.assignment = false;
		array.words = arena_grow(lx->arena, array.words, &cap, array.count + 1, sizeof(struct word *));
		array.words[array.count] = store_word(p, &read, gap);
		if (!array.words[array.count++])
			return -1;
	}
	lx->at = assignment->end;
	*ARENA_PUSH(lx->arena, p->out->arrays, &p->out->array_cap, p->out->array_count) = array;
	return 0;
}

static int keep_word(struct parser *p, const struct word *read)
{
	struct word *word;

	if (!p->out) {
		p->count++; /* for name() */
		return 0;
	}
	p->words = arena_grow(p->lx->arena, p->words, &p->cap, p->count + 1, sizeof(struct word *));
	word = store_word(p, read, p->gap);
	if (!word)
		return -1;
	p->words[p->count++] = word;
	if (!word->assignment && p->words[0]->assignment) /* A=(x) cmd */
		doubt_arrays(p);
	if (parser_check_sourced(p) < 0 || (p->lx->array_end && parser_check_array(p) < 0))
		return -1;
	return p->lx->array_end ? read_elements(p, word) : 0;
}

/* ---- reserved words ---- */

static int read_case(struct parser *p)
{
	struct word subject, in;

	lexer_skip_blanks(p->lx);
	if (parser_read_word(p, &subject) < 0)
		return -1;
	lexer_skip_blank_lines(p->lx);
	if (parser_read_word(p, &in) < 0)
		return -1;
	if (!slice_is(parser_source(p, in.start, in.end), "in"))
		return parser_fail(p, "'case' without 'in'");
	push(p, CASE_PATTERN);
	p->nesting++;
	return 0;
}

static void note_function(struct parser *p)
{
	if (p->out)
		p->out->functions = true;
}

static int read_function(struct parser *p)
{
	struct word name;

	note_function(p);
	lexer_skip_blanks(p->lx);
	if (parser_read_word(p, &name) < 0)
		return -1;
	lexer_skip_blanks(p->lx);
	if (lexer_peek(p->lx, 0) == '(' && lexer_peek(p->lx, 1) == ')')
		p->lx->at += 2;
	return 0;
}

static bool is_separator(struct slice s)
{
	static const char *const words[] = {"if", "then", "elif", "else", "fi", "while", "until",
					    "do", "done", "!", "{", "}", "coproc", "time"};

	return SLICE_IS_ONE_OF(s, words);
}

static void note_loop(struct parser *p)
{
	if (p->out)
		p->out->loops = true;
}

/* Deal with a reserved word at the start of a command. 1: it was one; 0: no; -1: bad. */
static int reserved(struct parser *p, const struct word *word)
{
	struct slice s = parser_source(p, word->start, word->end);

	if (word->quoted || s.len > 8)
		return 0;
	if (is_separator(s)) {
		p->nesting += slice_is(s, "if") || slice_is(s, "while") || slice_is(s, "until") || slice_is(s, "{");
		if (slice_is(s, "while") || slice_is(s, "until"))
			note_loop(p);
		p->nesting -= p->nesting > 0 && (slice_is(s, "fi") || slice_is(s, "done") || slice_is(s, "}"));
		return 1;
	}
	if (slice_is(s, "esac") && inside(p, CASE_BODY)) {
		pop(p);
		p->at_start = false;
		return 1;
	}
	if (slice_is(s, "for") || slice_is(s, "select")) {
		p->nesting++;
		p->in_list = p->loop_begins = true;
		p->at_start = false;
		note_loop(p);
		return 1;
	}
	if (slice_is(s, "case"))
		return read_case(p) < 0 ? -1 : 1;
	if (slice_is(s, "function"))
		return read_function(p) < 0 ? -1 : 1;
	if (slice_is(s, "[["))
		return parser_take_test(p) < 0 ? -1 : 1;
	return 0;
}

/* ---- tokens ---- */

/* The first word after `for` or `select` is a name; the others are what it stands for. */
static void note_loop_word(struct parser *p, const struct word *word)
{
	struct shell *sh = p->out;
	struct shell_names *list = sh ? (p->loop_begins ? &sh->loop_names : &sh->loop_words) : NULL;

	p->loop_begins = false;
	if (!list)
		return;
	*ARENA_PUSH(p->lx->arena, list->items, &list->cap, list->count) = word->value;
}

static int take_word(struct parser *p)
{
	struct word word;
	int rc;

	if (parser_check_behind_both(p) < 0 || parser_read_word(p, &word) < 0)
		return -1;
	if (word.end == word.start)
		return parser_fail(p, "a byte that no word can begin with");
	if ((p->at_start || p->in_list || inside(p, CASE_PATTERN)) && parser_check_joined(p, &word) < 0)
		return -1;
	if (inside(p, CASE_PATTERN)) {
		if (!slice_is(parser_source(p, word.start, word.end), "esac"))
			return 0;
		pop(p);
		p->at_start = false;
		return 0;
	}
	if (p->in_list) {
		note_loop_word(p, &word);
		if (slice_is(parser_source(p, word.start, word.end), "do")) {
			p->in_list = false;
			p->at_start = true;
		}
		return 0;
	}
	rc = p->at_start && p->count == 0 ? reserved(p, &word) : 0; /* none behind A=1 */
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	word.assignment &= p->at_start;
	p->at_start &= word.assignment;
	return keep_word(p, &word);
}

static int take_open(struct parser *p)
{
	struct lexer *lx = p->lx;

	lx->at++;
	if (inside(p, CASE_PATTERN))
		return 0; /* "(a) ..." is "a) ..." */
	if (((p->at_start && p->count == 0) || p->in_list) && lexer_peek(lx, 0) == '(')
		return parser_take_arithmetic(p);
	if (parser_check_joined_operator(p, "(") < 0)
		return -1;
	if (p->at_start && p->count == 0) {
		push(p, IN_PARENTHESES);
		p->nesting++;
		return 0;
	}
	lexer_skip_blanks(lx);
	if (p->count != 1 || lexer_peek(lx, 0) != ')')
		return parser_fail(p, "'(' where none can stand");
	lx->at++;
	note_function(p);
	p->count = 0; /* name(): what follows is its body */
	p->at_start = true;
	return 0;
}

/* 1: this is the end that we were asked to read up to. */
static int take_close(struct parser *p)
{
	p->lx->at++;
	if (inside(p, CASE_PATTERN)) {
		p->stack[p->depth - 1] = CASE_BODY;
		p->at_start = true;
		return 0;
	}
	end_command(p);
	if (inside(p, IN_PARENTHESES)) {
		pop(p);
		p->at_start = false;
		return 0;
	}
	if (p->until_parenthesis && p->depth == 0)
		return 1;
	return parser_fail(p, "')' that closes nothing");
}

static int take_operator(struct parser *p)
{
	struct lexer *lx = p->lx;

	if (lexer_peek(lx, 0) == '&' && lexer_peek(lx, 1) == '>') {
		lx->at++;
		p->behind_both = true;
		return parser_read_redirection(p);
	}
	if (inside(p, CASE_PATTERN)) { /* "a | b)" */
		lx->at++;
		return 0;
	}
	char c = lexer_peek(lx, 0);
	bool both = lexer_peek(lx, 1) == c;

	if (c != ';' && !both) /* a |, a & */
		doubt_arrays(p);
	end_command(p);
	p->conditional = c == '|' || (c == '&' && both);
	if (lexer_peek(lx, 0) == ';' && (lexer_peek(lx, 1) == ';' || lexer_peek(lx, 1) == '&') && inside(p, CASE_BODY))
		p->stack[p->depth - 1] = CASE_PATTERN;
	while (lexer_peek(lx, 0) && strchr(";&|", lexer_peek(lx, 0)) && lexer_peek(lx, 1) != '>')
		lx->at++;
	if (lexer_peek(lx, 0) && strchr(";|", lexer_peek(lx, 0)))
		lx->at++; /* ";>file": an operator, then a redirection */
	return parser_check_joined_operator(p, ";&|>");
}

static int take_token(struct parser *p)
{
	struct lexer *lx = p->lx;
	char c = lexer_peek(lx, 0);
	int number;

	switch (c) {
	case '\n':
		lx->at++;
		p->conditional &= p->count == 0; /* "a &&" goes on in the next line */
		if (!inside(p, CASE_PATTERN))
			end_command(p);
		return parser_skip_documents(p);
	case '#':
		lexer_skip_comment(lx);
		return 0;
	case ';':
	case '&':
	case '|':
		return take_operator(p);
	case '(':
		return take_open(p);
	case ')':
		return take_close(p);
	case '<':
	case '>':
		return lexer_peek(lx, 1) == '(' ? take_word(p) : parser_read_redirection(p);
	default:
		number = parser_take_io_number(p);
		return number < 0 ? -1 : number > 0 ? parser_read_redirection(p) : take_word(p);
	}
}

static int parse(struct parser *p)
{
	int rc = 0;

	p->at_start = true;
	while (rc == 0) {
		p->gap = p->lx->at;
		lexer_skip_blanks(p->lx);
		if (lexer_ended(p->lx))
			break;
		rc = take_token(p);
	}
	if (rc < 0)
		return -1;
	if (rc == 0 && (p->until_parenthesis || p->depth > 0))
		return parser_fail(p, "something is not closed");
	end_command(p);
	return 0;
}

int shell_skip_commands(struct lexer *lx)
{
	struct parser p = {.lx = lx, .until_parenthesis = true};
	size_t start = lx->at;

	unsigned murky = lx->murky;
	bool arithmetic = lx->arithmetic;

	if (++lx->depth > LIMIT_SHELL_DEPTH)
		return parser_fail(&p, "commands nest too deep");
	lx->inside++;
	lx->murky = lx->arithmetic = 0;
	if (parse(&p) < 0)
		return -1;
	lx->murky = murky;
	lx->arithmetic = arithmetic;
	lx->inside--;
	lx->depth--;
	lexer_note_inner(lx, parser_source(&p, start, lx->at - 1));
	return 0;
}

/* Those that more than one word may change are not certain. */
static void settle_arrays(struct arena *a, struct shell *sh)
{
	if (sh->array_count == 0)
		return;

	bool few = sh->array_count <= SHELL_ARRAYS_MAX && sh->array_count * sh->carrier->text.len <= SHELL_ARRAY_BYTES;
	bool room = few && !sh->functions && !shell_upsets(sh) && !shell_sets_variables_unseen(sh);
	struct slice unquoted = room ? shell_without_quotes(a, sh->carrier->text) : SLICE_NONE;

	for (size_t i = 0; i < sh->array_count; i++) {
		struct shell_array *array = &sh->arrays[i];

		array->certain = array->certain && room && !shell_moves_array(sh, unquoted, array);
	}
}

int shell_parse(struct arena *a, struct slice text, struct kube_env *env, struct shell *ret, struct err *err)
{
	struct shell sh = {.carrier = ARENA_NEW(a, struct carrier)};
	struct lexer lx = {.arena = a, .text = text, .env = env, .shell = &sh, .err = err, .scratch = buf_in(a)};
	struct parser p = {.lx = &lx, .out = &sh, .line = 1};

	if (text.len && memchr(text.ptr, '\0', text.len))
		return err_set(err, "a shell text cannot hold a NUL");
	*sh.carrier = (struct carrier){.kind = CARRIER_TEXT, .text = text};
	if ((env && kube_left_read(a, env, text, &lx.left, err) < 0) || parse(&p) < 0)
		return -1;
	if (lx.left.open) /* in quotes, or a comment */
		return err_set(err, "a '$(' is never closed, so Kubernetes would take what is put in after it for its name");
	settle_arrays(a, &sh);
	*ret = sh;
	return 0;
}
