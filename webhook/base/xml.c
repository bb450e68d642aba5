#include "base/xml.h"

/* XML 1.0 has no way to write most control characters, so all of them become blanks. */
void xml_text(struct buf *out, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '<')
			buf_adds(out, "&lt;");
		else if (*p == '>')
			buf_adds(out, "&gt;");
		else if (*p == '&')
			buf_adds(out, "&amp;");
		else if (*p == '"')
			buf_adds(out, "&quot;");
		else if (*p < 0x20 || *p == 0x7F)
			buf_addc(out, ' ');
		else if (p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE) /* U+FFFE and U+FFFF are not XML either */
			p += 2;
		else
			buf_addc(out, (char)*p);
	}
}

void xml_attribute(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " %s=\"", name);
	xml_text(out, value);
	buf_addc(out, '"');
}
