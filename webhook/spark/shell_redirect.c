/* Redirections and here-documents (POSIX XCU 2.7): no words of a command, but somebody will read them. */
#include "spark/shell_parser.h"

void parser_note_document(struct parser *p, struct slice body, size_t reader)
{
	struct shell *sh = p->out;

	if (!sh)
		return;
	*ARENA_PUSH(p->lx->arena, sh->documents, &sh->document_cap, sh->document_count) = (struct shell_document){body, reader};
}

/* ---- delimiters ---- */

/* The byte behind the quotes, escapes and joined lines that stand at word[*at]; *at goes on behind it. quote: that of around. '\0' at
 * the end. */
static char next_of_delimiter(struct slice word, size_t *at, char *quote)
{
	while (*at < word.len) {
		char c = word.ptr[(*at)++], next = *at < word.len ? word.ptr[*at] : '\0';

		if (*quote ? c == *quote : (c == '\'' || c == '"')) {
			*quote = *quote ? '\0' : c;
			continue;
		}
		bool escapes = c == '\\' && next && (!*quote || (*quote == '"' && strchr("$`\"\\\n", next)));
		*at += escapes;
		if (!escapes || next != '\n')
			return escapes ? next : c;
	}
	return '\0';
}

/* Without its quotes (XCU 2.7.4, 2.2). */
static struct slice unquote(struct arena *a, struct slice word)
{
	struct buf out = buf_in(a);
	size_t at = 0;
	char quote = '\0';

	for (char c = next_of_delimiter(word, &at, &quote); c; c = next_of_delimiter(word, &at, &quote))
		buf_addc(&out, c);
	return buf_slice(&out);
}

/* A line that is joined is no quote. */
static bool is_quoted(struct slice word)
{
	for (size_t i = 0; i < word.len; i++) {
		bool joined = word.ptr[i] == '\\' && i + 1 < word.len && word.ptr[i + 1] == '\n';

		if (!joined && strchr("'\"\\", word.ptr[i]))
			return true;
		i += joined;
	}
	return false;
}

/* Of these dash and bash read another word each: $'..' and $".." are bash's alone; and so with line ends, and expansions. */
static int read_delimiter(struct parser *p, struct slice source, struct document *doc)
{
	doc->delimiter = unquote(p->lx->arena, source);
	doc->quoted = is_quoted(source);
	if (memchr(source.ptr, '$', source.len) || memchr(source.ptr, '`', source.len) ||
	    (doc->delimiter.len && memchr(doc->delimiter.ptr, '\n', doc->delimiter.len)))
		return parser_fail(p, "shells read the delimiter of a here-document differently: write a plain word, such as EOF");
	return 0;
}

/* ---- bodies ---- */

/* The body from start to end: what the shell puts into it (XCU 2.7.4). Quotes mean nothing there. What it opens it closes: dash
 * would read on behind the delimiter. */
static int read_body(struct parser *p, const struct document *doc, size_t start, size_t end)
{
	struct lexer body = *p->lx;
	int rc = 0;

	body.text.len = end;
	body.murky = 1;
	for (body.at = start; rc == 0 && !lexer_ended(&body);) {
		char c = lexer_peek(&body, 0);

		if (c == '$')
			lexer_note_dollar(&body, doc->quoted ? QUOTES_COMMENT : QUOTES_DOCUMENT);
		if (!doc->quoted && c == '$')
			rc = shell_skip_dollar(&body, true);
		else if (!doc->quoted && c == '`')
			rc = shell_skip_backquotes(&body, true);
		else
			body.at += !doc->quoted && c == '\\' && body.at + 1 < body.text.len ? 2 : 1;
	}
	return rc;
}

/* Does the next line belong to this one? */
static bool is_joined(struct slice line)
{
	size_t n = 0;

	while (n < line.len && line.ptr[line.len - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

static void skip_tabs(struct slice *s)
{
	while (slice_skip(s, SLICE_LIT("\t")))
		;
}

/* What is left of the delimiter behind the lines that have been joined. */
struct joined {
	bool open; /* the line before goes on in this one */
	bool fits; /* so far all of it is the delimiter's beginning */
	struct slice rest;
};

/* A delimiter that is made of several lines ends the document in bash alone. */
static int follow_line(struct parser *p, const struct document *doc, struct slice line, struct joined *j)
{
	bool goes_on = is_joined(line);
	struct slice part = {line.ptr, line.len - goes_on};

	if (!j->open)
		*j = (struct joined){false, true, doc->delimiter};
	if (doc->strip_tabs)
		skip_tabs(&part);
	j->fits = j->fits && slice_skip(&j->rest, part);
	if (j->open && !goes_on && j->fits && j->rest.len == 0)
		return parser_fail(p, "the end of a here-document is written over several lines: write it in one");
	j->open = goes_on;
	return 0;
}

/* In $( ) bash ends a document at "EOF)". */
static bool ends_at_parenthesis(const struct parser *p, const struct document *doc, struct slice line)
{
	return p->until_parenthesis && slice_skip(&line, doc->delimiter) && line.len && memchr(line.ptr, ')', line.len);
}

/* Up to the delimiter's line or, as bash does with a warning, to the end of the text. */
static int skip_document(struct parser *p, const struct document *doc)
{
	struct lexer *lx = p->lx;
	size_t start = lx->at, end = lx->text.len;
	struct joined joined = {.open = false};

	while (!lexer_ended(lx)) {
		struct slice rest = parser_source(p, lx->at, lx->text.len);
		struct slice line = slice_cut(&rest, '\n');
		bool inside = joined.open;

		lx->at = (size_t)(rest.ptr - lx->text.ptr);
		if (!doc->quoted && follow_line(p, doc, line, &joined) < 0)
			return -1;
		if (doc->strip_tabs)
			skip_tabs(&line);
		if (ends_at_parenthesis(p, doc, line))
			return parser_fail(p, "a here-document ends at its delimiter and ')' in some shells: write the ')' into a line of its own");
		if (!inside && slice_eq(line, doc->delimiter)) {
			end = (size_t)(line.ptr - lx->text.ptr);
			break;
		}
	}
	if (p->out && read_body(p, doc, start, end) < 0)
		return -1;
	parser_note_document(p, parser_source(p, start, end), doc->reader);
	return 0;
}

int parser_skip_documents(struct parser *p)
{
	for (size_t i = 0; i < p->pending_count; i++)
		if (skip_document(p, &p->pending[i]) < 0)
			return -1;
	p->pending_count = 0;
	return 0;
}

/* <<< 'a b': what is read is a b. */
static struct slice without_outer_quotes(struct slice word)
{
	char quote = word.len >= 2 ? word.ptr[0] : '\0';

	if ((quote != '\'' && quote != '"') || word.ptr[word.len - 1] != quote)
		return word;
	return (struct slice){word.ptr + 1, word.len - 2};
}

/* The operator at lx->at. *document is set for << and <<-, *strip for <<- and *string for <<<. */
static void skip_redirection_operator(struct lexer *lx, bool *document, bool *strip, bool *string)
{
	char c = lexer_peek(lx, 0), next = lexer_peek(lx, 1);

	*string = c == '<' && next == '<' && lexer_peek(lx, 2) == '<';
	*document = c == '<' && next == '<' && !*string;
	*strip = *document && lexer_peek(lx, 2) == '-';
	if (*string || *strip)
		lx->at += 3;
	else if (next && strchr(c == '<' ? "<&>" : ">&|", next))
		lx->at += 2;
	else
		lx->at++;
}

int parser_read_redirection(struct parser *p)
{
	bool document, strip, string;
	struct word target;

	skip_redirection_operator(p->lx, &document, &strip, &string);
	if (document && lexer_peek(p->lx, 0) == '\\' && lexer_peek(p->lx, 1) == '\n') /* "<<-" may be written so */
		return parser_fail(p, "a line ends right after '<<': write the delimiter into the same line");
	lexer_skip_blanks(p->lx);
	if (parser_read_word(p, &target) < 0)
		return -1;
	if (target.end == target.start)
		return parser_fail(p, "a redirection without a target");
	size_t reader = p->out && p->count > 0 ? p->out->count : SIZE_MAX;
	if (string)
		parser_note_document(p, without_outer_quotes(parser_source(p, target.start, target.end)), reader);
	if (!document)
		return 0;
	struct document doc = {.strip_tabs = strip, .reader = reader};
	if (read_delimiter(p, parser_source(p, target.start, target.end), &doc) < 0)
		return -1;
	*ARENA_PUSH(p->lx->arena, p->pending, &p->pending_cap, p->pending_count) = doc;
	return 0;
}

static bool is_redirection(char c)
{
	return c == '<' || c == '>';
}

/* {name}> of bash, which gives the number to a variable. */
static int check_named_number(struct parser *p)
{
	struct lexer *lx = p->lx;
	size_t n = 1;

	if (lexer_peek(lx, 0) != '{')
		return 0;
	while (shell_is_name_byte(lexer_peek(lx, n)) || lexer_peek(lx, n) == '[' || lexer_peek(lx, n) == ']' || lexer_at_joined(lx, n))
		n += 1 + lexer_at_joined(lx, n);
	n += lexer_peek(lx, n) == '}';
	while (lexer_at_joined(lx, n))
		n += 2;
	return is_redirection(lexer_peek(lx, n)) ? parser_fail(p, "'{name}' before a redirection is a word in sh: write a number, or quotes") : 0;
}

int parser_take_io_number(struct parser *p)
{
	struct lexer *lx = p->lx;
	bool joined = false;
	size_t n = 0;

	if (check_named_number(p) < 0)
		return -1;
	for (; (lexer_peek(lx, n) >= '0' && lexer_peek(lx, n) <= '9') || lexer_at_joined(lx, n); n++) {
		joined |= lexer_at_joined(lx, n);
		n += lexer_at_joined(lx, n);
	}
	if (!is_redirection(lexer_peek(lx, n)))
		return 0;
	if (joined)
		return parser_fail(p, "a line ends between a number and a redirection: write them into one line");
	lx->at += n;
	return 1;
}
