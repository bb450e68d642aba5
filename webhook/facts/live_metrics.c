#include "facts/live_state.h"

#include "base/prometheus.h"

static void print_gets(const struct facts_live *live, struct buf *out)
{
	static const char *const kinds[LIVE_KINDS] = {"namespaces", "configmaps", "pods"};
	static const char *const results[LIVE_RESULTS] = {"found", "missing", "failed", "late", "limited"};

	prometheus_family(out, "sparkgate_facts_live_gets_total", "counter", "Objects asked for while a request waited, by result.");
	for (unsigned k = 0; k < LIVE_KINDS; k++)
		for (unsigned r = 0; r < LIVE_RESULTS; r++)
			buf_printf(out, "sparkgate_facts_live_gets_total{resource=\"%s\",result=\"%s\"} %llu\n", kinds[k],
				   results[r], (unsigned long long)live->results[k][r]);
}

void live_metrics(struct facts_source *source, struct buf *out)
{
	struct facts_live *live = (struct facts_live *)source;
	struct facts_live_state state = facts_live_state(live);
	struct kube_watch_figures figures = kube_watch_figures(live->watch);

	prometheus_family(out, "sparkgate_facts_age_seconds", "gauge",
			  "Since the API server last said something about the namespaces; -1 = never.");
	buf_printf(out, "sparkgate_facts_age_seconds %.3f\n",
		   state.age < 0 ? -1.0 : (double)state.age / (double)CLOCK_SECOND);
	prometheus_family(out, "sparkgate_facts_stale", "gauge", "1: that is longer than --facts-stale-after.");
	buf_printf(out, "sparkgate_facts_stale %d\n", state.stale);
	prometheus_family(out, "sparkgate_facts_namespaces", "gauge", "Namespaces known.");
	buf_printf(out, "sparkgate_facts_namespaces %zu\n", state.namespaces);
	prometheus_family(out, "sparkgate_facts_lists_total", "counter", "Times that the namespaces were listed as a whole.");
	buf_printf(out, "sparkgate_facts_lists_total %llu\n", (unsigned long long)figures.lists);
	prometheus_family(out, "sparkgate_facts_watch_restarts_total", "counter", "Watches of the namespaces that ended.");
	buf_printf(out, "sparkgate_facts_watch_restarts_total %llu\n", (unsigned long long)figures.restarts);
	prometheus_family(out, "sparkgate_facts_waiting", "gauge", "Requests that wait for facts.");
	buf_printf(out, "sparkgate_facts_waiting %u\n", live->waiting);
	print_gets(live, out);
}
