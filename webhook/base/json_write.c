#include "base/json_write.h"
#include "base/utf8.h"

struct json_writer json_writer(struct buf *out)
{
	return (struct json_writer){.out = out};
}

/* Before a value or key: the comma that is due; behind it one will be. */
static void begin(struct json_writer *w)
{
	if (w->comma)
		buf_addc(w->out, ',');
	w->comma = true;
}

void json_write_open(struct json_writer *w, char bracket)
{
	begin(w);
	buf_addc(w->out, bracket);
	w->comma = false;
}

void json_write_close(struct json_writer *w, char bracket)
{
	buf_addc(w->out, bracket);
	w->comma = true;
}

static void escape(struct buf *out, unsigned char c)
{
	static const char letters[] = "btn?fr"; /* 0x08..0x0D */

	if (c == '"' || c == '\\')
		buf_add(out, (struct slice){(char[]){'\\', (char)c}, 2});
	else if (c >= 0x08 && c <= 0x0D && c != 0x0B)
		buf_add(out, (struct slice){(char[]){'\\', letters[c - 0x08]}, 2});
	else
		buf_printf(out, "\\u%04x", c);
}

static void write_text(struct buf *out, struct slice text)
{
	const unsigned char *p = (const unsigned char *)text.ptr;
	size_t plain = 0; /* start of what needs no change */

	buf_addc(out, '"');
	for (size_t i = 0; i < text.len;) {
		if (p[i] >= 0x20 && p[i] < 0x7F && p[i] != '"' && p[i] != '\\') {
			i++;
			continue;
		}
		size_t n = p[i] >= 0x80 ? utf8_length(p + i, text.len - i) : 0;
		if (n > 0) {
			i += n;
			continue;
		}
		buf_add(out, (struct slice){text.ptr + plain, i - plain});
		if (p[i] >= 0x80)
			buf_adds(out, "\\ufffd");
		else
			escape(out, p[i]);
		plain = ++i;
	}
	buf_add(out, (struct slice){text.ptr + plain, text.len - plain});
	buf_addc(out, '"');
}

void json_write_key(struct json_writer *w, struct slice key)
{
	begin(w);
	write_text(w->out, key);
	buf_addc(w->out, ':');
	w->comma = false;
}

void json_write_string(struct json_writer *w, struct slice text)
{
	begin(w);
	write_text(w->out, text);
}

void json_write_int(struct json_writer *w, int64_t number)
{
	begin(w);
	buf_printf(w->out, "%lld", (long long)number);
}

void json_write_bool(struct json_writer *w, bool value)
{
	json_write_raw(w, value ? SLICE_LIT("true") : SLICE_LIT("false"));
}

void json_write_null(struct json_writer *w)
{
	json_write_raw(w, SLICE_LIT("null"));
}

void json_write_raw(struct json_writer *w, struct slice json)
{
	begin(w);
	buf_add(w->out, json);
}

void json_write_member(struct json_writer *w, const char *key, const char *text)
{
	json_write_key(w, slice_of(key));
	if (text)
		json_write_string(w, slice_of(text));
	else
		json_write_null(w);
}
