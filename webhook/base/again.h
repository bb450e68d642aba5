/*
 * again.h - what could not be read is read again, though nothing changed: a disk that was full, a table of
 * descriptors that was, or a volume that was away for a moment leave no other stamp behind.
 *
 *	if (!changed && !again_due(&again))
 *		return 0;
 *	int failed = load(...);
 *	if (again_note(&again, failed, err) && !changed)
 *		return 0; // said already
 *
 * A reason is said once, however often it is met. Threads: the caller's lock.
 */
#ifndef BASE_AGAIN_H
#define BASE_AGAIN_H

#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>
#include <string.h>

/* A bad file of facts may take a second to read, and may stay bad for a week: ever more rarely, but never later than
 * somebody who looks on would wait. */
#define AGAIN_NS (5 * CLOCK_SECOND)
#define AGAIN_MOST_NS (40 * CLOCK_SECOND)

struct again {
	int64_t at; /* monotonic; 0 = the last time went well */
	int64_t pause;
	struct err said;
};

static inline bool again_due(const struct again *a)
{
	return a->at != 0 && clock_mono_ns() >= a->at;
}

/* How it went. true: it failed as the last time. */
static inline bool again_note(struct again *a, int failed, const struct err *err)
{
	bool same = failed < 0 && a->at != 0 && strcmp(a->said.text, err->text) == 0;

	if (!same)
		a->pause = AGAIN_NS;
	else if (a->pause < AGAIN_MOST_NS)
		a->pause *= 2;
	a->at = failed < 0 ? clock_mono_ns() + a->pause : 0;
	if (failed < 0)
		a->said = *err;
	return same;
}

#endif
