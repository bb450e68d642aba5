#include "base/html.h"

#include "base/utf8.h"

/* A document may not contain them. */
static bool is_noncharacter(uint32_t code)
{
	return (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
}

/* As in JSON: a code point above U+FFFF is two units of UTF-16. */
static void add_escape(struct buf *out, uint32_t code)
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
	uint32_t code;
	size_t n = utf8_read(p, left, &code);

	if (n == 0)
		buf_adds(out, "\xEF\xBF\xBD");
	else if (n == 1)
		add_ascii(out, *p);
	else if (utf8_is_unseen(code) || is_noncharacter(code))
		add_escape(out, code);
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
