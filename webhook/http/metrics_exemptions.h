/*
 * metrics_exemptions.h - how often each exemption was used, and until when it holds:
 *
 *	sparkgate_exemption_uses_total{exemption}
 *	sparkgate_exemption_expires_timestamp_seconds{exemption}   none for those that never expire
 *
 * Bounded: printed are the exemptions of the policy in force (so one that was never used is a 0, which can be alerted
 * on), and of their uses a thread remembers METRICS_EXEMPTIONS ids; what is beyond is counted as exemption="other".
 *
 * Threads: one counts into its own table, any number read (http/metrics.h).
 */
#ifndef HTTP_METRICS_EXEMPTIONS_H
#define HTTP_METRICS_EXEMPTIONS_H

#include "admission/exemption.h"
#include "base/buf.h"

#include <stdatomic.h>

#define METRICS_EXEMPTIONS 128

struct exemption_count {
	_Atomic bool used; /* id is set, for ever */
	char id[EXEMPTION_ID_MAX + 1];
	_Atomic uint64_t count;
};

struct exemption_counts {
	struct exemption_count items[METRICS_EXEMPTIONS];
	_Atomic uint64_t other;
};

/* A decision was made, by these. */
void exemption_counts_add(struct exemption_counts *counts, const struct exemption_uses *uses);

/* How often id was used, as counts knows; 0 where it does not. */
uint64_t exemption_counts_get(const struct exemption_counts *counts, const char *id);

/* Who adds up over the threads. */
struct exemption_printer {
	uint64_t (*uses)(const void *context, const char *id); /* id NULL: the other ones */
	const void *context;
};

void exemption_metrics_print(struct buf *out, const struct policy *policy, const struct exemption_printer *printer);

#endif
