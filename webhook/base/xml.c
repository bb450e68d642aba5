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

/* Of UTF-8, U+FFFE and U+FFFF are no XML either. What is no UTF-8 (the name of a file) becomes U+FFFD. */
static size_t add_character(struct buf *out, const unsigned char *p)
{
	size_t n = utf8_length(p, strlen((const char *)p));
	bool forbidden = n == 3 && p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE;

	if (n > 0 && !forbidden)
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
