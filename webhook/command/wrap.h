/*
 * wrap.h - texts for terminals: words go to the next line where this one is full.
 *
 *	int at = fprintf(out, "  -f FILE");
 *	wrap_print(out, "what to review; may be given several times", 28, at);
 *
 * Texts are ASCII: a byte is a column. A word that is longer than a line stands alone, uncut. Threads: no state.
 */
#ifndef COMMAND_WRAP_H
#define COMMAND_WRAP_H

#include "base/arena.h"

#include <stdio.h>

/* The columns of help. */
#define WRAP_WIDTH 80

/* Print text from column indent on; the cursor is in column at, and where that is too far already, a line is ended first.
 * Ends with a line's end. */
void wrap_print(FILE *out, const char *text, int indent, int at);

/* text with `program` for every "$0". In a. */
const char *wrap_named(struct arena *a, const char *text, const char *program);

#endif
