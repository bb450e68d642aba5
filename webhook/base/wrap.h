/*
 * wrap.h - texts for terminals: words go to the next line where this one is full.
 *
 *	buf_adds(&out, "  label  ");
 *	wrap_add(&out, text, 16, 9);      // from column 16 on, the cursor is in column 9
 *
 * A column is a character, not a byte. A word that is longer than a line stays whole, so that it can be copied: a field path, a
 * name. Runs of blanks are one blank. Line ends and control characters are the caller's (report_tame() in report/report.h).
 *
 * Linear in the text. Ownership: nothing is kept. Threads: no state; wrap_columns() reads the environment.
 */
#ifndef BASE_WRAP_H
#define BASE_WRAP_H

#include "base/buf.h"

#include <stdio.h>

#define WRAP_COLUMNS     80 /* where nobody says another */
#define WRAP_COLUMNS_MIN 60
#define WRAP_COLUMNS_MAX 160

/* The columns of the terminal that fd is, else those of $COLUMNS, within the limits above; where neither tells, WRAP_COLUMNS. */
size_t wrap_columns(int fd);

/* The columns that text takes: its characters. */
size_t wrap_width(struct slice text);

/* Append text from column `column` on; the cursor is in column at, and where that is too far already (and not 0), the line is
 * ended first. Ends with a line's end. */
void wrap_add(struct buf *out, struct slice text, size_t column, size_t at);

/* The same in lines of so many columns. */
void wrap_add_in(struct buf *out, struct slice text, size_t columns, size_t column, size_t at);

/* wrap_add() to a stream. */
void wrap_print(FILE *out, const char *text, size_t column, size_t at);

#endif
