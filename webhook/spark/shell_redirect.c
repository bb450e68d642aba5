/* Redirections and here-documents (POSIX XCU 2.7): no words of a command, but somebody will read them. */
#include "spark/shell_parser.h"

void parser_note_document(struct parser *p, struct slice body)
{
	struct shell *sh = p->out;

	if (!sh)
		return;
	sh->documents = arena_grow(p->lx->arena, sh->documents, &sh->document_cap, sh->document_count + 1,
				   sizeof(*sh->documents));
	sh->documents[sh->document_count++] = body;
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

/* Up to the delimiter's line or, as bash does with a warning, to the end of the text. */
static void skip_document(struct parser *p, const struct document *doc)
{
	struct lexer *lx = p->lx;
	size_t start = lx->at;

	while (!lexer_ended(lx)) {
		struct slice rest = parser_source(p, lx->at, lx->text.len);
		struct slice line = slice_cut(&rest, '\n');

		lx->at = (size_t)(rest.ptr - lx->text.ptr);
		while (doc->strip_tabs && slice_skip(&line, SLICE_LIT("\t")))
			;
		if (slice_eq(line, doc->delimiter)) {
			parser_note_document(p, parser_source(p, start, (size_t)(line.ptr - lx->text.ptr)));
			return;
		}
	}
	parser_note_document(p, parser_source(p, start, lx->at));
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
	if (string)
		parser_note_document(p, parser_source(p, target.start, target.end));
	if (!document)
		return 0;
	p->pending = arena_grow(p->lx->arena, p->pending, &p->pending_cap, p->pending_count + 1, sizeof(*p->pending));
	p->pending[p->pending_count++] =
		(struct document){unquote(p->lx->arena, parser_source(p, target.start, target.end)), strip};
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
