#include "base/html.h"

#include "base/utf8.h"

/* A sequence of n bytes that utf8_length() took. */
static unsigned decode(const unsigned char *p, size_t n)
{
	unsigned code = n == 2 ? p[0] & 0x1FU : n == 3 ? p[0] & 0x0FU : p[0] & 0x07U;

	for (size_t i = 1; i < n; i++)
		code = code << 6 | (p[i] & 0x3FU);
	return code;
}

/* Zero-width characters, direction marks, line separators, C1 controls (U+200B-F, 2028-E, 2060-F, 061C, FEFF), and
 * HTML's noncharacters, which a document may not contain. */
static bool is_unseen(unsigned code)
{
	return (code >= 0x80 && code < 0xA0) || code == 0x61C || (code >= 0x200B && code <= 0x200F) ||
	       (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
	       (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
}

/* As in JSON: a code point above U+FFFF is two units of UTF-16. */
static void add_escape(struct buf *out, unsigned code)
{
	if (code > 0xFFFF)
		buf_printf(out, "\\u%04x\\u%04x", 0xD7C0 + (code >> 10), 0xDC00 + (code & 0x3FF));
	else
		buf_printf(out, "\\u%04x", code);
}

/* How many leading bytes need no escape. */
static size_t plain_length(struct slice text)
{
	size_t n = 0;

	while (n < text.len) {
		unsigned char c = (unsigned char)text.ptr[n];
		if ((c < 0x20 && c != '\t' && c != '\n') || c >= 0x7F || c == '<' || c == '>' || c == '&' || c == '"')
			break;
		n++;
	}
	return n;
}

static void add_ascii(struct buf *out, unsigned char c)
{
	if (c == '<')
		buf_adds(out, "&lt;");
	else if (c == '>')
		buf_adds(out, "&gt;");
	else if (c == '&')
		buf_adds(out, "&amp;");
	else if (c == '"')
		buf_adds(out, "&quot;");
	else
		add_escape(out, c);
}

/* Append the character at p; returns how many bytes it has. */
static size_t add_character(struct buf *out, const unsigned char *p, size_t left)
{
	size_t n = *p < 0x80 ? 1 : utf8_length(p, left);

	if (*p < 0x80)
		add_ascii(out, *p);
	else if (n == 0)
		buf_adds(out, "\xEF\xBF\xBD");
	else if (is_unseen(decode(p, n)))
		add_escape(out, decode(p, n));
	else
		buf_add(out, (struct slice){(const char *)p, n});
	return n ? n : 1;
}

void html_text(struct buf *out, struct slice text)
{
	while (text.len > 0) {
		size_t plain = plain_length(text);
		buf_add(out, (struct slice){text.ptr, plain});
		if (plain == text.len)
			return;
		plain += add_character(out, (const unsigned char *)text.ptr + plain, text.len - plain);
		text = (struct slice){text.ptr + plain, text.len - plain};
	}
}

void html_attribute(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " %s=\"", name);
	html_text(out, slice_of(value));
	buf_addc(out, '"');
}
