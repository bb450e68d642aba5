/*
 * progress.h - how far a long job is, on a terminal's standard error and nowhere else: one line, written over at most
 * PROGRESS_PER_SECOND times a second, and gone at the end.
 *
 *	struct progress progress = progress_start(wanted, total_bytes);
 *	progress_tick(&progress, bytes, events);       // cheap: as often as you like
 *	progress_end(&progress);                       // before anything else is printed
 *
 * Threads: one.
 */
#ifndef COMMAND_PROGRESS_H
#define COMMAND_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#define PROGRESS_PER_SECOND 5

struct progress {
	bool on, drawn;
	uint64_t total; /* bytes; 0 = not known */
	int64_t started, drawn_at;
	unsigned ticks;
};

/* wanted: false where standard error is a terminal, and something else must not be disturbed on it. */
struct progress progress_start(bool wanted, uint64_t total);
void progress_tick(struct progress *progress, uint64_t bytes, uint64_t events);
void progress_end(struct progress *progress);

#endif
