/* Redirections and here-documents (POSIX XCU 2.7): no words of a command, but somebody will read them. */
#include "spark/shell_parser.h"

void parser_note_document(struct parser *p, struct slice body, size_t reader)
{
	struct shell *sh = p->out;

	if (!sh)
		return;
	sh->documents = arena_grow(p->lx->arena, sh->documents, &sh->document_cap, sh->document_count + 1,
				   sizeof(*sh->documents));
	sh->documents[sh->document_count++] = (struct shell_document){body, reader};
}

/* The delimiter without its quotes; expansions in it are not expanded (XCU 2.7.4). */
static struct slice unquote(struct arena *a, struct slice word)
{
	struct buf out = buf_in(a);

	for (size_t i = 0; i < word.len; i++)
		if (!strchr("'\"\\", word.ptr[i]))
			buf_addc(&out, word.ptr[i]);
	return buf_slice(&out);
}

/* The body from start to end: what the shell puts into it (XCU 2.7.4). Quotes mean nothing there. */
static void read_body(struct parser *p, const struct document *doc, size_t start, size_t end)
{
	struct lexer body = *p->lx;
	struct err ignored = {""}; /* of what is not closed: the shell will say so */
	bool open = !doc->quoted;

	body.text.len = end;
	body.err = &ignored;
	for (body.at = start; !lexer_ended(&body);) {
		char c = lexer_peek(&body, 0);

		if (c == '$')
			lexer_note_dollar(&body, doc->quoted ? QUOTES_COMMENT : QUOTES_DOCUMENT);
		if (open && c == '$')
			open = shell_skip_dollar(&body, true) == 0;
		else if (open && c == '`')
			open = shell_skip_backquotes(&body) == 0;
		else
			body.at += open && c == '\\' && body.at + 1 < body.text.len ? 2 : 1;
	}
}

/* Up to the delimiter's line or, as bash does with a warning, to the end of the text. */
static void skip_document(struct parser *p, const struct document *doc)
{
	struct lexer *lx = p->lx;
	size_t start = lx->at, end = lx->text.len;

	while (!lexer_ended(lx)) {
		struct slice rest = parser_source(p, lx->at, lx->text.len);
		struct slice line = slice_cut(&rest, '\n');

		lx->at = (size_t)(rest.ptr - lx->text.ptr);
		while (doc->strip_tabs && slice_skip(&line, SLICE_LIT("\t")))
			;
		if (slice_eq(line, doc->delimiter)) {
			end = (size_t)(line.ptr - lx->text.ptr);
			break;
		}
	}
	if (p->out)
		read_body(p, doc, start, end);
	parser_note_document(p, parser_source(p, start, end), doc->reader);
}

void parser_skip_documents(struct parser *p)
{
	for (size_t i = 0; i < p->pending_count; i++)
		skip_document(p, &p->pending[i]);
	p->pending_count = 0;
}

/* The operator at lx->at; *document is set for << and <<-. */
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
	lexer_skip_blanks(p->lx);
	if (parser_read_word(p, &target) < 0)
		return -1;
	if (target.end == target.start)
		return parser_fail(p, "a redirection without a target");
	size_t reader = p->out && p->count > 0 ? p->out->count : SIZE_MAX;
	if (string)
		parser_note_document(p, parser_source(p, target.start, target.end), reader);
	if (!document)
		return 0;
	p->pending = arena_grow(p->lx->arena, p->pending, &p->pending_cap, p->pending_count + 1, sizeof(*p->pending));
	struct slice source = parser_source(p, target.start, target.end), delimiter = unquote(p->lx->arena, source);
	p->pending[p->pending_count++] = (struct document){delimiter, strip, delimiter.len < source.len, reader};
	return 0;
}

bool lexer_take_io_number(struct lexer *lx)
{
	size_t n = 0;

	while (lexer_peek(lx, n) >= '0' && lexer_peek(lx, n) <= '9')
		n++;
	if (lexer_peek(lx, n) != '<' && lexer_peek(lx, n) != '>')
		return false;
	lx->at += n;
	return true;
}
