/*
 * json_write.h - JSON out, written straight into a buf: no tree, no printing of
 * the user's objects.
 *
 *	struct json_writer w = json_writer(&b);
 *	json_write_open(&w, '{');
 *	json_write_key(&w, SLICE_LIT("uid"));
 *	json_write_string(&w, uid);
 *	json_write_close(&w, '}');
 *
 * The writer sets the commas. Strings are escaped by RFC 8259, and so are DEL and the C1 control characters, which a
 * terminal obeys; bytes that are not UTF-8 become U+FFFD, so the output is valid whatever goes in. The caller
 * opens and closes in order. Threads: as the buf's arena.
 */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

#include "base/buf.h"

#include <stdint.h>

struct json_writer {
	struct buf *out;
	bool comma; /* is one due before the next value or key? */
};

static inline struct json_writer json_writer(struct buf *out)
{
	return (struct json_writer){.out = out};
}

/* Before a value or key: write the comma that is due; after it another is. */
static inline void json_write_begin(struct json_writer *w)
{
	if (w->comma)
		buf_addc(w->out, ',');
	w->comma = true;
}

/* '{' or '[' */
static inline void json_write_open(struct json_writer *w, char bracket)
{
	json_write_begin(w);
	buf_addc(w->out, bracket);
	w->comma = false;
}

/* '}' or ']' */
static inline void json_write_close(struct json_writer *w, char bracket)
{
	buf_addc(w->out, bracket);
	w->comma = true;
}

void json_write_key(struct json_writer *w, struct slice key);
void json_write_string(struct json_writer *w, struct slice text);
void json_write_int(struct json_writer *w, int64_t number);
void json_write_bool(struct json_writer *w, bool value);
void json_write_null(struct json_writer *w);

/* A value that is JSON already. */
void json_write_raw(struct json_writer *w, struct slice json);

/* key and value in one call. A NULL text is written as null; so are an empty text by _nonempty and a 0 by _nonzero. */
static inline void json_write_member(struct json_writer *w, const char *key, const char *text)
{
	json_write_key(w, slice_of(key)); /* inline: most keys are literals, whose length the compiler knows */
	if (text)
		json_write_string(w, slice_of(text));
	else
		json_write_null(w);
}

void json_write_member_nonempty(struct json_writer *w, const char *key, const char *text);
void json_write_member_int(struct json_writer *w, const char *key, int64_t number);
void json_write_member_nonzero(struct json_writer *w, const char *key, int64_t number);
void json_write_member_bool(struct json_writer *w, const char *key, bool value);
void json_write_member_open(struct json_writer *w, const char *key, char bracket);

#endif
