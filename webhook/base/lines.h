/*
 * lines.h - a text of any length, line by line, in constant memory: logs of gigabytes, from a file or a pipe.
 *
 *	struct lines *lines;
 *	if (lines_open("audit.log", LIMIT, &lines, err) < 0) ...      // "-": standard input
 *	struct line line;
 *	while ((state = lines_next(lines, &line, err)) != LINES_END && state != LINES_FAILED)
 *		...
 *	lines_close(lines);
 *
 * A line is what stands between line feeds; a carriage return in front of one is taken off. A line longer than the
 * limit is passed over and reported as LINES_LONG with its number: one bad line does not end a week of log.
 * A last line without a line feed is whole (an editor's file) or half (a log that is being written): the caller
 * parses it and knows.
 *
 * Bounds: the buffer grows to the longest line met, at most max; it is given back by lines_close() alone.
 * Errors name the path. What may be opened: as in base/file.h.
 *
 * Ownership: line.text is the reader's and valid until the next call. Threads: one.
 */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

struct lines;

enum lines_state {
	LINES_LINE,
	LINES_LONG, /* text is empty */
	LINES_END,
	LINES_FAILED /* it cannot be read any further: err says why */
};

struct line {
	struct slice text; /* without its end */
	uint64_t number;   /* from 1 */
	bool unended;      /* the last one, and no line feed behind it */
};

/* max: bytes of a line. */
MUST_CHECK int lines_open(const char *path, size_t max, struct lines **ret, struct err *err);
void lines_close(struct lines *lines); /* NULL is fine */

enum lines_state lines_next(struct lines *lines, struct line *ret, struct err *err);

/* The next line with more than blanks in it, without the blanks in front and without taking anything: for one who has to see
 * what the text is before he reads it. *at is where to look, in bytes from what lines_next() gives next; 0 at first, then
 * behind the line that was seen. LINES_LONG: none ends within the limit, which is of all that is looked at together. What
 * was seen is valid until the next call of anything here. */
enum lines_state lines_peek(struct lines *lines, size_t *at, struct slice *ret, struct err *err);

/* What was read and not yet given, all that a peek looked at and maybe more, where the next one who reads the path would
 * miss it (a pipe, standard input); of a file nothing. */
struct slice lines_taken(const struct lines *lines);

/* Bytes given so far, and of the whole; the latter is 0 for a pipe. */
uint64_t lines_done(const struct lines *lines);
uint64_t lines_size(const struct lines *lines);

#endif
