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
 * A line is what stands between line feeds; a carriage return before one is removed. A line longer than the limit
 * is skipped and reported as LINES_LONG with its number: one bad line does not end a week of log.
 * A last line without a line feed is whole (an editor's file) or half (a log that is being written): the caller
 * parses it and knows.
 *
 * Bounds: the buffer grows to the longest line met, at most max and a line end; only lines_close() frees it.
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
	struct slice text; /* without its line end */
	uint64_t number;   /* from 1 */
	bool unended;      /* the last one, without a line feed */
};

/* max: the bytes of a line at most. */
MUST_CHECK int lines_open(const char *path, size_t max, struct lines **ret, struct err *err);
void lines_close(struct lines *lines); /* NULL is fine */

enum lines_state lines_next(struct lines *lines, struct line *ret, struct err *err);

/* Look at the next line that is not blank, without its leading blanks and without consuming anything: for a caller that
 * must see what the text is before it reads it. *at is where to look, in bytes from what lines_next() gives next; 0 at
 * first, then moved past the line that was seen. LINES_LONG: no line ends within the limit, which applies to everything
 * peeked at together. *ret is valid until the next call of anything here. */
enum lines_state lines_peek(struct lines *lines, size_t *at, struct slice *ret, struct err *err);

/* What was read and not yet given (everything peeked at, and maybe more), where the next reader of the path would miss
 * it (a pipe, standard input); nothing for a file. */
struct slice lines_taken(const struct lines *lines);

/* Bytes given so far, and in all; the latter is 0 for a pipe. */
uint64_t lines_done(const struct lines *lines);
uint64_t lines_size(const struct lines *lines);

#endif
