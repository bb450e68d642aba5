#include "base/xml.h"

#include "base/utf8.h"

static const char *entity(unsigned char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	default:
		return c < 0x20 || c == 0x7F ? " " : NULL; /* XML 1.0 has no way to write most control characters */
	}
}

/* U+FFFE and U+FFFF are no XML; what nobody sees (C1, marks of direction) is none of a report's. Both, and what is no UTF-8 (the name of
 * a file), become U+FFFD. */
static size_t add_character(struct buf *out, const unsigned char *p)
{
	uint32_t code;
	size_t n = utf8_read(p, strlen((const char *)p), &code);

	if (n > 0 && code != 0xFFFE && code != 0xFFFF && !utf8_is_unseen(code))
		buf_add(out, (struct slice){(const char *)p, n});
	else
		buf_adds(out, "\xEF\xBF\xBD");
	return n > 0 ? n : 1;
}

void xml_text(struct buf *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		const char *written = entity(*p);

		if (*p >= 0x80) {
			p += add_character(out, p);
			continue;
		}
		if (written)
			buf_adds(out, written);
		else
			buf_addc(out, (char)*p);
		p++;
	}
}

void xml_attribute(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " %s=\"", name);
	xml_text(out, value);
	buf_addc(out, '"');
}
