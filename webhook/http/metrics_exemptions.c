#include "http/metrics_exemptions.h"

#include "base/prometheus.h"

#include <stdio.h>

static bool is_used(const struct exemption_count *c)
{
	/* Readers look at id only after they have seen this. */
	return atomic_load_explicit(&c->used, memory_order_acquire);
}

static void count_use(struct exemption_counts *counts, const char *id)
{
	for (size_t i = 0; i < METRICS_EXEMPTIONS; i++) {
		struct exemption_count *c = &counts->items[i];
		if (!is_used(c)) {
			snprintf(c->id, sizeof(c->id), "%s", id);
			atomic_store_explicit(&c->used, true, memory_order_release);
		}
		if (strcmp(c->id, id) == 0) {
			counter_add(&c->count, 1);
			return;
		}
	}
	counter_add(&counts->other, 1);
}

void exemption_counts_add(struct exemption_counts *counts, const struct exemption_uses *uses)
{
	for (size_t i = 0; i < uses->count; i++)
		count_use(counts, uses->items[i].exemption->id);
}

uint64_t exemption_counts_get(const struct exemption_counts *counts, const char *id)
{
	for (size_t i = 0; i < METRICS_EXEMPTIONS && is_used(&counts->items[i]); i++)
		if (strcmp(counts->items[i].id, id) == 0)
			return counter_get(&counts->items[i].count);
	return 0;
}

/* ---- printing ---- */

/* A label's value: the text format escapes three characters, and ids have no line breaks. */
static void print_id(struct buf *out, const char *id)
{
	for (; *id; id++) {
		if (*id == '"' || *id == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *id);
	}
}

static void print_line(struct buf *out, const char *name, const char *id, uint64_t value)
{
	buf_printf(out, "%s{exemption=\"", name);
	print_id(out, id);
	buf_printf(out, "\"} %llu\n", (unsigned long long)value);
}

void exemption_metrics_print(struct buf *out, const struct policy *policy, const struct exemption_printer *printer)
{
	static const char uses[] = "sparkgate_exemption_uses_total";
	static const char expires[] = "sparkgate_exemption_expires_timestamp_seconds";
	uint64_t other = printer->uses(printer->context, NULL);

	prometheus_family(out, uses, "counter", "Decisions that an exemption of the policy in force made milder.");
	for (size_t i = 0; i < policy->exemption_count; i++)
		print_line(out, uses, policy->exemptions[i].id, printer->uses(printer->context, policy->exemptions[i].id));
	if (other > 0)
		print_line(out, uses, "other", other);
	prometheus_family(out, expires, "gauge", "When an exemption of the policy in force ends, or ended.");
	for (size_t i = 0; i < policy->exemption_count; i++)
		if (policy->exemptions[i].expires_unix)
			print_line(out, expires, policy->exemptions[i].id, (uint64_t)policy->exemptions[i].expires_unix);
}
