#include "command/progress.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* The clock is read once in this many ticks. */
#define TICKS 64

struct progress progress_start(bool wanted, uint64_t total)
{
	bool on = wanted && isatty(STDERR_FILENO);

	return (struct progress){.on = on, .total = total, .started = on ? clock_mono_ns() : 0};
}

static void draw(struct progress *p, int64_t now, uint64_t bytes, uint64_t events)
{
	uint64_t ms = (uint64_t)((now - p->started) / CLOCK_MS) + 1;

	fputs("\r\033[K", stderr);
	if (p->total > 0)
		fprintf(stderr, "%3" PRIu64 "%%", bytes < p->total ? bytes * 100 / p->total : 100);
	else
		fprintf(stderr, "%" PRIu64 " MB", bytes / 1000000);
	fprintf(stderr, "  %" PRIu64 " events, %" PRIu64 " a second", events, events * 1000 / ms);
	fflush(stderr);
	p->drawn = true;
	p->drawn_at = now;
}

void progress_tick(struct progress *p, uint64_t bytes, uint64_t events)
{
	if (!p->on || ++p->ticks % TICKS != 0)
		return;
	int64_t now = clock_mono_ns();
	if (now - (p->drawn ? p->drawn_at : p->started) >= CLOCK_SECOND / PROGRESS_PER_SECOND)
		draw(p, now, bytes, events);
}

void progress_end(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->on = p->drawn = false;
}
