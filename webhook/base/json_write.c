#include "base/json_write.h"
#include "base/number.h"
#include "base/plain.h"
#include "base/utf8.h"

static void add_pair(struct buf *out, char letter)
{
	char *at = buf_reserve(out, 2);

	at[0] = '\\';
	at[1] = letter;
	buf_added(out, 2);
}

static void escape(struct buf *out, unsigned char c)
{
	static const char letters[] = "btn?fr"; /* 0x08..0x0D */

	if (c == '"' || c == '\\')
		add_pair(out, (char)c);
	else if (c >= 0x08 && c <= 0x0D && c != 0x0B)
		add_pair(out, letters[c - 0x08]);
	else
		buf_printf(out, "\\u%04x", c);
}

/* Copy the leading bytes of text that need no look, and return how many they are; `to` has room for all of text. They
 * are copied before they are checked, since most are plain. */
static size_t copy_plain(char *to, struct slice text)
{
	size_t n = 0;

	for (; text.len - n >= PLAIN_STEP; n += PLAIN_STEP) {
		memcpy(to + n, text.ptr + n, PLAIN_STEP);
		size_t plain = plain_step(text.ptr + n);
		if (plain < PLAIN_STEP)
			return n + plain;
	}
	if (n < text.len && plain_tail(text.ptr + n, n, text.len - n)) {
		memcpy(to + n, text.ptr + n, text.len - n);
		return text.len;
	}
	for (; n < text.len && plain_byte(text.ptr[n]); n++)
		to[n] = text.ptr[n];
	return n;
}

/* Write the first byte of text, which needs a look, or the character that begins there; returns its length in text. */
static size_t write_char(struct buf *out, struct slice text)
{
	unsigned char c = (unsigned char)*text.ptr;
	size_t n = c >= 0x80 ? utf8_length((const unsigned char *)text.ptr, text.len) : 0;

	if (n == 2 && c == 0xC2 && (unsigned char)text.ptr[1] < 0xA0)
		escape(out, (unsigned char)text.ptr[1]);
	else if (n > 0)
		buf_add(out, (struct slice){text.ptr, n});
	else if (c >= 0x80)
		buf_adds(out, "\\ufffd");
	else
		escape(out, c);
	return n ? n : 1;
}

/* What is left of a text from a byte on that needs a look. */
static __attribute__((noinline)) void write_rest(struct buf *out, struct slice text)
{
	while (text.len > 0) {
		text = slice_from(text, write_char(out, text));
		size_t plain = copy_plain(buf_reserve(out, text.len), text);
		buf_added(out, plain);
		text = slice_from(text, plain);
	}
	buf_addc(out, '"');
}

static void write_text(struct buf *out, struct slice text)
{
	char *at = buf_reserve(out, text.len + 2);

	*at++ = '"';
	size_t plain = copy_plain(at, text);
	if (plain == text.len) { /* most are */
		at[plain] = '"';
		buf_added(out, plain + 2);
		return;
	}
	buf_added(out, plain + 1);
	write_rest(out, slice_from(text, plain));
}

void json_write_key(struct json_writer *w, struct slice key)
{
	json_write_begin(w);
	write_text(w->out, key);
	buf_addc(w->out, ':');
	w->comma = false;
}

void json_write_string(struct json_writer *w, struct slice text)
{
	json_write_begin(w);
	write_text(w->out, text);
}

void json_write_int(struct json_writer *w, int64_t number)
{
	char digits[NUMBER_CHARS];

	json_write_begin(w);
	buf_adds(w->out, number_print(number, digits));
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
	json_write_begin(w);
	buf_add(w->out, json);
}

void json_write_member_nonempty(struct json_writer *w, const char *key, const char *text)
{
	json_write_member(w, key, text && *text ? text : NULL);
}

void json_write_member_int(struct json_writer *w, const char *key, int64_t number)
{
	json_write_key(w, slice_of(key));
	json_write_int(w, number);
}

void json_write_member_nonzero(struct json_writer *w, const char *key, int64_t number)
{
	if (number)
		json_write_member_int(w, key, number);
	else
		json_write_member(w, key, NULL);
}

void json_write_member_bool(struct json_writer *w, const char *key, bool value)
{
	json_write_key(w, slice_of(key));
	json_write_bool(w, value);
}

void json_write_member_open(struct json_writer *w, const char *key, char bracket)
{
	json_write_key(w, slice_of(key));
	json_write_open(w, bracket);
}
