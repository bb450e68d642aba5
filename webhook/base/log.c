#include "base/log.h"
#include "base/clock.h"
#include "base/log_writer.h"
#include "base/number.h"
#include "base/plain.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What log_close() needs after the last field: the mark of truncation, the bracket and the line feed. */
#define TAIL_ROOM 24

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const char *const padded_names[] = {"debug", "info ", "warn ", "error"};

static bool is_json(const struct log_line *line)
{
	return line->log->format == LOG_JSON;
}

/* Room for n more bytes; NULL, and the line is cut, if there is none. */
static char *room_for(struct log_line *line, size_t n)
{
	if (line->cut || n > LOG_LINE_MAX - TAIL_ROOM - line->len) {
		line->cut = true;
		return NULL;
	}
	line->len += n;
	return line->text + line->len - n;
}

static void put(struct log_line *line, const char *bytes, size_t n)
{
	char *at = room_for(line, n);

	if (at)
		memcpy(at, bytes, n);
}

static void puts_(struct log_line *line, const char *text)
{
	put(line, text, strlen(text));
}

static void put_escaped(struct log_line *line, unsigned char c)
{
	char text[8];

	if (c == '"' || c == '\\')
		snprintf(text, sizeof(text), "\\%c", c);
	else if (c >= 0x80)
		snprintf(text, sizeof(text), "\\ufffd");
	else
		snprintf(text, sizeof(text), "\\u%04x", c);
	puts_(line, text);
}

/* The first character of text, or of what is no UTF-8 the first byte; returns its length. */
static size_t put_character(struct log_line *line, struct slice text)
{
	const unsigned char *p = (const unsigned char *)text.ptr;
	uint32_t code;
	size_t n = utf8_read(p, text.len, &code);

	if (n > 1 && !utf8_is_unseen(code))
		put(line, text.ptr, n);
	else
		put_escaped(line, *p);
	return n ? n : 1;
}

static void put_plain_quoted(struct log_line *line, struct slice text)
{
	char *at = room_for(line, text.len + 2);

	if (!at)
		return;
	at[0] = '"';
	memcpy(at + 1, text.ptr, text.len);
	at[text.len + 1] = '"';
}

static void put_quoted(struct log_line *line, struct slice text)
{
	if (text.len <= LOG_TEXT_MAX && plain_length(text) == text.len) { /* most are */
		put_plain_quoted(line, text);
		return;
	}
	struct slice left = {text.ptr, utf8_cut(text, LOG_TEXT_MAX)};

	put(line, "\"", 1);
	while (left.len > 0) {
		size_t n = plain_length(left);
		if (n > 0)
			put(line, left.ptr, n);
		else
			n = put_character(line, left);
		left = slice_from(left, n);
	}
	puts_(line, text.len > LOG_TEXT_MAX ? "...\"" : "\"");
}

/* For people, a word needs no quotes. */
static bool is_word(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7F || strchr("\"\\=", text.ptr[i]))
			return false;
	return text.len > 0 && text.len <= LOG_TEXT_MAX;
}

static void put_value(struct log_line *line, struct slice text)
{
	if (!is_json(line) && is_word(text))
		put(line, text.ptr, text.len);
	else
		put_quoted(line, text);
}

static void put_key(struct log_line *line, const char *key)
{
	size_t n = strlen(key);
	bool json = is_json(line);
	char *at = room_for(line, json ? n + 4 : n + 2);

	if (!at)
		return;
	*at++ = json ? ',' : ' ';
	if (json)
		*at++ = '"';
	memcpy(at, key, n);
	at += n;
	if (json)
		*at++ = '"';
	*at = json ? ':' : '=';
}

void log_open(struct log_line *line, const struct log *log, enum log_level level, const char *msg)
{
	char now[CLOCK_TEXT_SIZE];

	line->log = log;
	line->on = log && level >= log->level;
	line->cut = false;
	line->len = 0;
	if (!line->on)
		return;
	clock_print_ms(clock_unix_ms(), now);
	puts_(line, is_json(line) ? "{\"ts\":\"" : "");
	puts_(line, now);
	puts_(line, is_json(line) ? "\",\"level\":\"" : " ");
	puts_(line, is_json(line) ? level_names[level] : padded_names[level]);
	puts_(line, is_json(line) ? "\",\"msg\":" : " ");
	if (is_json(line))
		put_quoted(line, slice_of(msg));
	else
		puts_(line, msg);
}

/* A field that does not fit is removed whole, so that what is written stays valid JSON. */
static void end_field(struct log_line *line, size_t start)
{
	if (line->cut)
		line->len = start;
}

void log_slice(struct log_line *line, const char *key, struct slice text)
{
	if (!line->on || line->cut || !text.ptr)
		return;
	size_t start = line->len;
	put_key(line, key);
	put_value(line, text);
	end_field(line, start);
}

void log_text(struct log_line *line, const char *key, const char *text)
{
	if (text)
		log_slice(line, key, slice_of(text));
}

/* A value that needs no quoting in either format. */
static void log_plain(struct log_line *line, const char *key, const char *value)
{
	if (!line->on || line->cut)
		return;
	size_t start = line->len;
	put_key(line, key);
	puts_(line, value);
	end_field(line, start);
}

void log_int(struct log_line *line, const char *key, int64_t number)
{
	char digits[NUMBER_CHARS];

	log_plain(line, key, number_print(number, digits));
}

void log_bool(struct log_line *line, const char *key, bool value)
{
	log_plain(line, key, value ? "true" : "false");
}

void log_close(struct log_line *line)
{
	if (!line->on)
		return;
	const char *tail = line->cut ? (is_json(line) ? ",\"truncated\":true}\n" : " truncated=true\n")
				     : (is_json(line) ? "}\n" : "\n");
	size_t n = strlen(tail);

	memcpy(line->text + line->len, tail, n);
	line->len += n;
	if (line->log->writer) {
		log_writer_add(line->log->writer, (struct slice){line->text, line->len});
		return;
	}
	ssize_t written = write(line->log->fd, line->text, line->len);
	(void)written;
}
