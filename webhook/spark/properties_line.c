#include "spark/properties_line.h"
#include "base/buf.h"
#include "base/plain.h"

struct properties_reader properties_reader(struct arena *a, struct slice text)
{
	return (struct properties_reader){.arena = a, .text = text.len > 0 ? text : SLICE_LIT(""), .number = 1};
}

/* Up to the line end or the end of the text; lines have few bytes that plain_length() stops at. */
static size_t line_length(struct slice text)
{
	size_t n = 0;

	for (;;) {
		n += plain_length((struct slice){text.ptr + n, text.len - n});
		if (n == text.len || text.ptr[n] == '\n' || text.ptr[n] == '\r')
			return n;
		n++;
	}
}

struct slice properties_take_physical(struct slice *text, struct slice *content)
{
	size_t n = line_length(*text);

	*content = (struct slice){text->ptr, n};
	if (n < text->len)
		n += text->ptr[n] == '\r' && n + 1 < text->len && text->ptr[n + 1] == '\n' ? 2 : 1;

	if (n == 0) /* the end of the text; its ptr may be NULL */
		return *text;
	struct slice line = {text->ptr, n};
	*text = (struct slice){text->ptr + n, text->len - n};
	return line;
}

static struct slice skip_blanks(struct slice s)
{
	while (s.len > 0 && properties_is_blank(*s.ptr))
		s = (struct slice){s.ptr + 1, s.len - 1};
	return s;
}

/* Take a backslash that escapes the line end off *s. */
static bool take_continuation(struct slice *s)
{
	size_t n = 0;

	while (n < s->len && s->ptr[s->len - 1 - n] == '\\')
		n++;
	if (n % 2 == 0)
		return false;
	s->len--;
	return true;
}

/* Add a physical line to the logical one: a slice as long as it is the only one. */
static void join(struct properties_reader *r, struct buf *joined, struct properties_line *line, struct slice piece)
{
	if (!r->arena) {
		line->logical.len += piece.len; /* only "is it empty?" is asked */
		return;
	}
	if (line->logical.len == 0) {
		line->logical = piece;
		return;
	}
	if (!joined->ptr)
		buf_add(joined, line->logical);
	buf_add(joined, piece);
	line->logical = buf_slice(joined);
}

static void finish(struct properties_reader *r, struct properties_line *line, enum line_kind kind, size_t end)
{
	line->kind = kind;
	line->end = r->at = end;
	if (!r->arena)
		line->logical = SLICE_LIT("");
}

/* Properties.LineReader.readLine, one physical line a turn. */
bool properties_next(struct properties_reader *r, struct properties_line *ret)
{
	struct properties_line line = {.start = r->at, .number = r->number, .continued = r->continued};
	struct buf joined = buf_in(r->arena);
	struct slice rest = {r->text.ptr + r->at, r->text.len - r->at};
	enum line_kind kind = LINE_SETTING;

	line.logical = SLICE_LIT("");
	r->continued = false;
	while (rest.len > 0) {
		struct slice here = rest, content;
		bool first = r->number == line.number;

		struct slice physical = properties_take_physical(&rest, &content);
		bool crlf = physical.len == content.len + 2;
		content = skip_blanks(content);
		bool comment = content.len > 0 && (*content.ptr == '#' || *content.ptr == '!');
		if (line.logical.len == 0 && comment && !first) {
			rest = here; /* it is a line of its own */
			kind = LINE_BLANK;
			r->continued = true;
			break;
		}
		r->number++;
		if (line.logical.len == 0 && (comment || content.len == 0)) {
			kind = comment ? LINE_COMMENT : LINE_BLANK;
			break;
		}
		bool more = take_continuation(&content);
		join(r, &joined, &line, content);
		if (!more)
			break;
		if (rest.len == 0 && line.logical.len == 0 && crlf)
			kind = LINE_BLANK; /* a lone "\" at the end: an empty key, but for Java not with CRLF */
	}
	if (line.start == r->text.len)
		return false;
	finish(r, &line, kind, r->text.len - rest.len);
	*ret = line;
	return true;
}
