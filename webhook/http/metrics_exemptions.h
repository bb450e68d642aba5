/*
 * metrics_exemptions.h - how often each exemption was used, and until when it holds:
 *
 *	sparkgate_exemption_uses_total{exemption}
 *	sparkgate_exemption_expires_timestamp_seconds{exemption}   none for those that never expire
 *
 * Bounded: only the exemptions of the policy in force are printed (one that was never used as a 0, which can be
 * alerted on), and a thread counts the uses of METRICS_EXEMPTIONS ids; further ones are counted as exemption="other".
 *
 * Threads: each counts into a table of its own, any number may read it (http/metrics.h).
 */
#ifndef HTTP_METRICS_EXEMPTIONS_H
#define HTTP_METRICS_EXEMPTIONS_H

#include "admission/exemption.h"
#include "base/buf.h"
#include "http/counter.h"

#define METRICS_EXEMPTIONS 128

struct exemption_count {
	_Atomic bool used; /* id is set, for good */
	char id[EXEMPTION_ID_MAX + 1];
	counter count;
};

struct exemption_counts {
	struct exemption_count items[METRICS_EXEMPTIONS];
	counter other;
};

/* A decision used these exemptions. */
void exemption_counts_add(struct exemption_counts *counts, const struct exemption_uses *uses);

/* How often id was used according to counts; 0 if it does not know it. */
uint64_t exemption_counts_get(const struct exemption_counts *counts, const char *id);

/* Adds up over all threads. */
struct exemption_printer {
	uint64_t (*uses)(const void *context, const char *id); /* id NULL: the other ones */
	const void *context;
};

void exemption_metrics_print(struct buf *out, const struct policy *policy, const struct exemption_printer *printer);

#endif
