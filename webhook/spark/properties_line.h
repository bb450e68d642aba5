/*
 * properties_line.h - the lines of a java.util.Properties text: what is one
 * logical line, what is a comment, what is blank.
 *
 *	struct properties_reader r = properties_reader(arena, text);
 *	struct properties_line line;
 *	while (properties_next(&r, &line))
 *		...                  // text[line.start .. line.end)
 *
 * The lines tile the text: each begins where the one before ended. The rules are
 * those of Properties.LineReader of Java 17, the oldest Java that Spark 3.5 and 4.x
 * share, oddities included: a line that is only "\" does not continue if a
 * comment follows (in Java 8 and 11 it does: such a comment is never a mark of ours).
 *
 * Private to spark/properties*.c. Ownership: slices into text, or into the arena where
 * physical lines had to be joined. Threads: as the arena.
 */
#ifndef SPARK_PROPERTIES_LINE_H
#define SPARK_PROPERTIES_LINE_H

#include "base/arena.h"

enum line_kind { LINE_BLANK, LINE_COMMENT, LINE_SETTING };

struct properties_line {
	enum line_kind kind;
	size_t start, end;    /* bytes, line end included */
	unsigned number;      /* of the first physical line, from 1 */
	bool continued;       /* follows a lone "\": some Java versions read it as its continuation */
	bool escaped;         /* holds a backslash somewhere */
	struct slice logical; /* LINE_SETTING: joined, leading blanks removed, still escaped; empty
			       * where the reader has no arena */
	size_t key;           /* of these bytes, those of the key */
};

struct properties_reader {
	struct arena *arena; /* NULL: logical lines are not needed */
	struct slice text;
	size_t at;
	unsigned number; /* of the physical line at `at` */
	bool continued;
};

struct properties_reader properties_reader(struct arena *a, struct slice text);

/* Read the next line into *ret; false at the end of the text. */
bool properties_next(struct properties_reader *r, struct properties_line *ret);

/* Space, tab or form feed: what the grammar calls white space. */
static inline bool properties_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f';
}

/* Take the first physical line, with its end (LF, CR or CRLF), off *text; *content is the line without that end. */
struct slice properties_take_physical(struct slice *text, struct slice *content);

/* The unescaped key of a setting line; false for other lines and malformed keys. In properties.c. */
bool properties_line_key(struct arena *a, const struct properties_line *line, struct slice *ret);

#endif
