/*
 * wrap.h - texts for terminals: words go to the next line when this one is full.
 *
 *	buf_adds(&out, "  label  ");
 *	wrap_add(&out, text, 16, 9);      // from column 16 on, the cursor is in column 9
 *
 * A column is a character, not a byte. A word longer than a line is broken after a '.' or ',' in it, as in field paths
 * (spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation:); a word without one that fits stays
 * whole. Runs of blanks become one. Line ends and control characters are the caller's to remove (report_tame() in
 * report/report.h).
 *
 * Linear in the text. Ownership: nothing is kept. Threads: no state.
 */
#ifndef BASE_WRAP_H
#define BASE_WRAP_H

#include "base/buf.h"

#include <stdio.h>

#define WRAP_COLUMNS 80

/* The columns that text takes: its characters. */
size_t wrap_width(struct slice text);

/* Append text with its lines starting at column `column`; the cursor is in column at: if that is too far already (and
 * not 0), the line is ended first. Ends with a line feed. */
void wrap_add(struct buf *out, struct slice text, size_t column, size_t at);

/* The same to a stream. */
void wrap_print(FILE *out, const char *text, size_t column, size_t at);

#endif
