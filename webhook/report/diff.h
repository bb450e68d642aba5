/*
 * diff.h - a unified diff of two texts.
 *
 * Myers' O(ND) algorithm on lines, after the common beginning and end are taken off. Texts that differ in more
 * than DIFF_EDITS_MAX lines are shown as one block that goes and one that comes: nobody reads such a diff,
 * and the time would grow with the square.
 *
 * Private to report/. Ownership: the arena.
 */
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H

#include "base/buf.h"

#define DIFF_EDITS_MAX 1000
#define DIFF_CONTEXT 3

/* Append "--- name", "+++ name" and the hunks; nothing where the texts are equal. */
void diff_lines(struct arena *a, const char *name, struct slice before, struct slice after, bool color,
		struct buf *out);

#endif
