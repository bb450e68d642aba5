/*
 * status.h - a status for people and for machines.
 *
 *	struct status_report all = {.now = now, .namespaces = items, .namespace_count = n, .gate = &gate};
 *	report_status_table(arena, &all, color, &out);
 *
 * Both texts are a pure function of it. What comes from a cluster, and of a driver's answers more than all else, is
 * tamed (report_tame()). Ownership: the arena. Threads: as the arena.
 */
#ifndef REPORT_STATUS_H
#define REPORT_STATUS_H

#include "base/buf.h"
#include "status/status.h"

struct status_report {
	int64_t now; /* seconds since 1970 */
	const char *none; /* why no namespace is shown: "no namespace has opted in"; NULL = some are */
	const struct status_namespace *namespaces;
	size_t namespace_count;
	const struct status_gate *gate;
};

/* How many things are wrong. */
size_t status_problem_count(const struct status_report *all);

/* 80 columns; words that are longer stay whole. */
void report_status_table(struct arena *a, const struct status_report *all, bool color, struct buf *out);

/* One object, as docs/status.schema.json says. */
void report_status_json(const struct status_report *all, struct buf *out);

#endif
