/*
 * clock.h - the two clocks, the text of a moment, and durations as Go writes
 * them.
 *
 * Durations and deadlines are measured on the monotonic clock, in nanoseconds; the wall
 * clock serves what others date or read (logs, Events, reports, certificates, credentials, exemptions). The decision reads no
 * clock at all (admission/engine.h: now is a fact).
 *
 * Threads: no state, no locale, no time zone.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

#define CLOCK_MS 1000000LL
#define CLOCK_SECOND 1000000000LL

/* Nanoseconds since some moment in the past; never goes back. */
int64_t clock_mono_ns(void);

/* Seconds and milliseconds since 1970, UTC. */
int64_t clock_unix(void);
int64_t clock_unix_ms(void);

#define CLOCK_TEXT_SIZE 32

/* A moment as RFC 3339 in UTC, "2025-01-31T23:59:59.042Z" / "2025-01-31T23:59:59Z", into text. */
void clock_print_ms(int64_t unix_ms, char text[CLOCK_TEXT_SIZE]);
void clock_print(int64_t unix_seconds, char text[CLOCK_TEXT_SIZE]);

/* The same as a metav1.MicroTime of Kubernetes, which has six digits after the point: "2025-01-31T23:59:59.042000Z". */
void clock_print_micro(int64_t unix_ms, char text[CLOCK_TEXT_SIZE]);

/* The moment of an RFC 3339 text ("2025-01-31T23:59:59Z", as Kubernetes writes it, or "...59+05:30"), in seconds since 1970; -1
 * for any other text, and for days and hours that there are not. A fraction ("59.042Z") is read and left out; leap seconds are refused,
 * as Go refuses them. */
MUST_CHECK int clock_parse_time(struct slice text, int64_t *ret);

/* A duration as Go's time.ParseDuration takes it ("5s", "1m30s", "250ms", "1.5h", "0"), in
 * nanoseconds. Negative ones and those beyond about 290 years are errors. */
MUST_CHECK int clock_parse_duration(struct slice text, int64_t *ret, struct err *err);

/* The same of at most so many hours: what is longer was meant to be something else. */
MUST_CHECK int clock_parse_duration_within(struct slice text, unsigned hours, int64_t *ret, struct err *err);

#endif
