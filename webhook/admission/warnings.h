/*
 * warnings.h - what kubectl prints after "Warning:", within the API server's
 * limits: no control character (such a warning vanishes), at most LIMIT_WARNING_CHARS each
 * (Pod Security's own text excepted: it is never split) and LIMIT_WARNINGS_CHARS
 * in all (beyond that the API server cuts every one to 256). Equal ones are merged and counted. Add
 * first what must not be lost.
 */
#ifndef ADMISSION_WARNINGS_H
#define ADMISSION_WARNINGS_H

#include "base/arena.h"

struct warnings {
	struct arena *arena;
	struct warning {
		const char *text;
		unsigned times;
		bool whole;
	} * items;
	size_t count, cap, limit;
	size_t *slots, slot_count; /* a hash table of the texts: which item, from 1 */
};

/* limit: what all of them may take. One request's endpoints share LIMIT_WARNINGS_CHARS. */
struct warnings warnings_in(struct arena *a, size_t limit);

/* text in at most max bytes, with "..." if it was cut, which never happens inside a UTF-8 character. */
char *text_cut(struct arena *a, const char *text, size_t max);

/* Add one line; it is cut if it is too long. */
void warnings_add(struct warnings *list, const char *text);

/* Add one that must not be cut, unless it exceeds what those before it left of the limit: the API server would cut all to 256 then. */
void warnings_add_whole(struct warnings *list, const char *text);

/* The final texts. What does not fit into the total is counted in a last line. */
const char *const *warnings_done(struct warnings *list, size_t *count);

#endif
