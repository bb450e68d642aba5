#include "spark/properties_line.h"
#include "base/buf.h"
#include "base/plain.h"

#ifdef __SSE2__ /* on every x86-64 */
#include <emmintrin.h>
#endif

struct properties_reader properties_reader(struct arena *a, struct slice text)
{
	return (struct properties_reader){.arena = a, .text = text.len > 0 ? text : SLICE_LIT(""), .number = 1};
}

/* The length up to the first line end or backslash, or to the end of the text. */
static size_t plain_length_of(struct slice text)
{
	size_t n = 0;

#ifdef __SSE2__
	for (; text.len - n >= sizeof(__m128i); n += sizeof(__m128i)) {
		const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text.ptr + n));
		__m128i stop = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'));

		stop = _mm_or_si128(stop, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r')));
		stop = _mm_or_si128(stop, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
		unsigned mask = (unsigned)_mm_movemask_epi8(stop);
		if (mask)
			return n + (size_t)__builtin_ctz(mask);
	}
#endif
	while (n < text.len && text.ptr[n] != '\n' && text.ptr[n] != '\r' && text.ptr[n] != '\\')
		n++;
	return n;
}

/* Where a key ends: at the first unescaped separator or blank (Properties.load0), or with its line. */
static const bool ends_key[256] = {['='] = true,  [':'] = true,	 [' '] = true,	['\t'] = true,
				   ['\f'] = true, ['\n'] = true, ['\r'] = true, ['\\'] = true};

/* Up to the first of these bytes, escaped or not. */
static size_t key_length_of(struct slice text)
{
	size_t n = plain_key_length(text);

	while (n < text.len && !ends_key[(unsigned char)text.ptr[n]])
		n++;
	return n;
}

/* Of a logical line, in which an escaped byte ends nothing. */
static size_t key_length(struct slice line)
{
	size_t n = key_length_of(line);

	while (n < line.len && line.ptr[n] == '\\') {
		n = n + 2 < line.len ? n + 2 : line.len;
		n += key_length_of(slice_from(line, n));
	}
	return n;
}

/* The length of the line end at text[n]; 0 at the end of the text. */
static size_t end_length(struct slice text, size_t n)
{
	if (n == text.len)
		return 0;
	return text.ptr[n] == '\r' && n + 1 < text.len && text.ptr[n + 1] == '\n' ? 2 : 1;
}

static struct slice take_line(struct slice *text, struct slice *content, bool *escaped)
{
	size_t n = plain_length_of(*text);

	while (n < text->len && text->ptr[n] == '\\') {
		*escaped = true;
		n++;
		n += plain_length_of(slice_from(*text, n));
	}
	*content = (struct slice){text->ptr, n};
	n += end_length(*text, n);
	if (n == 0) /* the end of the text; its ptr may be NULL */
		return *text;
	struct slice line = {text->ptr, n};
	*text = (struct slice){text->ptr + n, text->len - n};
	return line;
}

struct slice properties_take_physical(struct slice *text, struct slice *content)
{
	bool ignored = false;

	return take_line(text, content, &ignored);
}

static inline struct slice skip_blanks(struct slice s)
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

/* Add a physical line to the logical one, which stays a slice of the text as long as it has only one. */
static void join(struct properties_reader *r, struct buf *joined, struct properties_line *line, struct slice piece)
{
	if (!r->arena) {
		line->logical.len += piece.len; /* only whether it is empty matters */
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
	line->key = key_length(line->logical);
}

static bool is_comment(struct slice content)
{
	return content.len > 0 && (*content.ptr == '#' || *content.ptr == '!');
}

/* The case of nearly every line: one physical line without a backslash, whatever is before and after it. false: it is
 * not, and nothing has happened. *ret is filled in directly: copying it would cost as much as the rest. */
static bool take_simple(struct properties_reader *r, struct properties_line *ret)
{
	struct slice rest = slice_from(r->text, r->at), content = skip_blanks(rest);
	bool comment = is_comment(content);
	size_t key = comment ? 0 : key_length_of(content), n = key + plain_length_of(slice_from(content, key));

	if (rest.len == 0 || (n < content.len && content.ptr[n] == '\\'))
		return false;
	ret->kind = n == 0 ? LINE_BLANK : comment ? LINE_COMMENT : LINE_SETTING;
	ret->logical = ret->kind == LINE_SETTING && r->arena ? (struct slice){content.ptr, n} : SLICE_LIT("");
	ret->key = ret->logical.len > 0 ? key : 0;
	n += rest.len - content.len;
	ret->start = r->at;
	ret->end = r->at += n + end_length(rest, n);
	ret->number = r->number++;
	ret->continued = r->continued;
	ret->escaped = r->continued = false;
	return true;
}

/* Properties.LineReader.readLine, one physical line per iteration. A function of its own, so that simple lines do not pay for it. */
static __attribute__((noinline)) bool take_any(struct properties_reader *r, struct properties_line *ret)
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

		struct slice physical = take_line(&rest, &content, &line.escaped);
		bool crlf = physical.len == content.len + 2;
		content = skip_blanks(content);
		bool comment = is_comment(content);
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
			kind = LINE_BLANK; /* a lone "\" at the end: an empty key, but not for Java if CRLF follows */
	}
	if (line.start == r->text.len)
		return false;
	finish(r, &line, kind, r->text.len - rest.len);
	*ret = line;
	return true;
}

bool properties_next(struct properties_reader *r, struct properties_line *ret)
{
	return take_simple(r, ret) || take_any(r, ret);
}
