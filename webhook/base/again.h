/*
 * again.h - retry what could not be read, even though no stamp changed: a full disk, a full table of
 * descriptors or a volume that was away for a moment leave no trace when they recover.
 *
 *	if (!changed && !again_due(&again))
 *		return 0;
 *	int failed = load(...);
 *	if (again_note(&again, failed, err) && !changed)
 *		return 0; // said already
 *
 * A reason is reported once, however often it recurs. Threads: under the caller's lock.
 */
#ifndef BASE_AGAIN_H
#define BASE_AGAIN_H

#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>
#include <string.h>

/* A bad file of facts may take a second to read and may stay bad for a week: retry ever more rarely, but never so
 * rarely that somebody watching would give up. */
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

/* Record how it went. true: it failed for the same reason as last time. */
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

/* May it be said now, at most once in ns? Then it is noted as said. *said: monotonic; 0 = never. */
static inline bool again_say(int64_t *said, int64_t ns)
{
	int64_t now = clock_mono_ns();

	if (*said != 0 && now - *said < ns)
		return false;
	*said = now;
	return true;
}

#endif
