#include "http/metrics_print.h"

#include "base/log_writer.h"
#include "base/prometheus.h"
#include "http/process.h"
#include "policy/store.h"

struct printer {
	struct buf *out;
	const struct server *server;
	const struct metrics *first; /* of thread 0: tells which counter to add up */
};

/* The sum over all threads of the counter that is *c in the first. */
static uint64_t total(const struct printer *p, const counter *c)
{
	uintptr_t offset = (uintptr_t)c - (uintptr_t)p->first;
	uint64_t sum = 0;

	for (unsigned i = 0; i < server_threads(p->server); i++)
		sum += counter_get((const counter *)((uintptr_t)server_metrics(p->server, i) + offset));
	return sum;
}

static void family(const struct printer *p, const char *name, const char *type, const char *help)
{
	prometheus_family(p->out, name, type, help);
}

static void print_single(const struct printer *p, const char *name, const char *type, const char *help, uint64_t value)
{
	family(p, name, type, help);
	buf_printf(p->out, "%s %llu\n", name, (unsigned long long)value);
}

static const char *word(const char *text)
{
	return text ? text : "none";
}

static void print_requests(const struct printer *p)
{
	family(p, "sparkgate_requests_total", "counter", "Requests answered, by endpoint and HTTP code.");
	for (enum route r = 0; r < ROUTE_COUNT; r++)
		for (size_t i = 0; i < METRICS_CODES; i++) {
			uint64_t n = total(p, &p->first->requests[r][i]);
			if (n > 0)
				buf_printf(p->out, "sparkgate_requests_total{endpoint=\"%s\",code=\"%u\"} %llu\n",
					   route_name(r), metrics_codes[i], (unsigned long long)n);
		}
}

static void print_histogram(const struct printer *p, enum route r)
{
	static const char name[] = "sparkgate_request_duration_seconds";
	const struct histogram *h = &p->first->durations[r];
	uint64_t below = 0;

	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		below += total(p, &h->buckets[i]);
		buf_printf(p->out, "%s_bucket{endpoint=\"%s\",le=\"%g\"} %llu\n", name, route_name(r),
			   (double)metrics_buckets[i] / 1e9, (unsigned long long)below);
	}
	below += total(p, &h->buckets[METRICS_BUCKETS]);
	buf_printf(p->out, "%s_bucket{endpoint=\"%s\",le=\"+Inf\"} %llu\n", name, route_name(r),
		   (unsigned long long)below);
	buf_printf(p->out, "%s_sum{endpoint=\"%s\"} %.9f\n", name, route_name(r), (double)total(p, &h->sum_ns) / 1e9);
	buf_printf(p->out, "%s_count{endpoint=\"%s\"} %llu\n", name, route_name(r), (unsigned long long)below);
}

static void print_durations(const struct printer *p)
{
	family(p, "sparkgate_request_duration_seconds", "histogram",
	       "Time from the last byte of a request to its answer.");
	print_histogram(p, ROUTE_MUTATE);
	print_histogram(p, ROUTE_VALIDATE);
}

/* The labels of a family are the digits of one number, so that one loop visits them all: take the last one off. */
static unsigned digit(unsigned *at, unsigned base)
{
	unsigned last = *at % base;

	*at /= base;
	return last;
}

static void print_decision(const struct printer *p, unsigned at)
{
	unsigned outcome = digit(&at, OUTCOME_COUNT);
	unsigned mode = digit(&at, MODE_COUNT);
	unsigned backend = digit(&at, BACKEND_COUNT);
	unsigned role = digit(&at, ROLE_COUNT);
	unsigned entry = digit(&at, ENTRY_COUNT);
	uint64_t n = total(p, &p->first->decisions[entry][role][backend][mode][outcome]);

	if (n > 0)
		buf_printf(p->out,
			   "sparkgate_decisions_total{webhook=\"%s\",role=\"%s\",backend=\"%s\",mode=\"%s\",decision=\"%s\"} "
			   "%llu\n",
			   entry_name(entry), word(role_name(role)), word(backend_name(backend)),
			   word(mode_name(mode)), outcome_name(outcome), (unsigned long long)n);
}

static void print_decisions(const struct printer *p)
{
	family(p, "sparkgate_decisions_total", "counter",
	       "Decisions. would-deny: passed, but enforce would refuse; skip: nothing to judge.");
	for (unsigned at = 0; at < ENTRY_COUNT * ROLE_COUNT * BACKEND_COUNT * MODE_COUNT * OUTCOME_COUNT; at++)
		print_decision(p, at);
}

static const struct rule_count *rule_in(const struct metrics *m, const struct rule_count *like)
{
	for (size_t i = 0; i < METRICS_RULES; i++) {
		const struct rule_count *r = &m->rules[i];
		if (atomic_load_explicit(&r->used, memory_order_acquire) && r->action == like->action &&
		    r->mode == like->mode && strcmp(r->name, like->name) == 0)
			return r;
	}
	return NULL;
}

/* Threads meet the rules in different orders; the first thread that knows one speaks for all. */
static bool rule_total(const struct printer *p, unsigned thread, const struct rule_count *like, uint64_t *sum)
{
	*sum = 0;
	for (unsigned i = 0; i < server_threads(p->server); i++) {
		const struct rule_count *r = rule_in(server_metrics(p->server, i), like);
		if (r && i < thread)
			return false;
		if (r)
			*sum += counter_get(&r->count);
	}
	return true;
}

enum rule_family { REWRITES, WOULD_REWRITE, VIOLATIONS };

static enum rule_family family_of(const struct rule_count *r)
{
	if (r->action != ACTION_OFF)
		return VIOLATIONS;
	return r->mode == MODE_ENFORCE ? REWRITES : WOULD_REWRITE;
}

/* A finding of the guard may be about a Namespace that has not opted in. */
static const char *mode_label(enum mode mode)
{
	return mode_name(mode) ? mode_name(mode) : "none";
}

static void print_rule(const struct printer *p, const struct rule_count *r, uint64_t sum)
{
	switch (family_of(r)) {
	case REWRITES:
		buf_printf(p->out, "sparkgate_rewrites_total{rule=\"%s\"} %llu\n", r->name, (unsigned long long)sum);
		return;
	case WOULD_REWRITE:
		buf_printf(p->out, "sparkgate_would_rewrite_total{rule=\"%s\",mode=\"%s\"} %llu\n", r->name, mode_label(r->mode),
			   (unsigned long long)sum);
		return;
	case VIOLATIONS:
		buf_printf(p->out, "sparkgate_violations_total{rule=\"%s\",action=\"%s\",mode=\"%s\"} %llu\n", r->name,
			   action_name(r->action), mode_label(r->mode), (unsigned long long)sum);
	}
}

static void print_rules_of(const struct printer *p, unsigned thread, enum rule_family which)
{
	const struct metrics *m = server_metrics(p->server, thread);
	uint64_t sum;

	for (size_t i = 0; i < METRICS_RULES; i++) {
		const struct rule_count *r = &m->rules[i];
		if (atomic_load_explicit(&r->used, memory_order_acquire) && family_of(r) == which && rule_total(p, thread, r, &sum))
			print_rule(p, r, sum);
	}
}

static void print_rule_family(const struct printer *p, enum rule_family which, const char *name, const char *help)
{
	family(p, name, "counter", help);
	for (unsigned i = 0; i < server_threads(p->server); i++)
		print_rules_of(p, i, which);
}

static void print_rules(const struct printer *p)
{
	uint64_t rewrites = total(p, &p->first->other_rewrites), violations = total(p, &p->first->other_violations);

	print_rule_family(p, REWRITES, "sparkgate_rewrites_total", "Changes made by /mutate, by rule.");
	if (rewrites > 0)
		buf_printf(p->out, "sparkgate_rewrites_total{rule=\"other\"} %llu\n", (unsigned long long)rewrites);
	print_rule_family(p, WOULD_REWRITE, "sparkgate_would_rewrite_total",
			  "Changes that /mutate would make under enforce, by rule and the mode in force.");
	print_rule_family(p, VIOLATIONS, "sparkgate_violations_total",
			  "Findings of /validate, by rule, what enforce does and the mode in force.");
	if (violations > 0)
		buf_printf(p->out, "sparkgate_violations_total{rule=\"other\",action=\"none\",mode=\"none\"} %llu\n",
			   (unsigned long long)violations);
}

static void print_pss_version(struct buf *out, unsigned version)
{
	if (version == PSS_VERSION_LATEST)
		buf_adds(out, "latest");
	else if (version == PSS_VERSION_FUTURE)
		buf_adds(out, "future");
	else
		buf_printf(out, "v1.%u", version - PSS_VERSION_MINOR_0);
}

static void print_pss_one(const struct printer *p, unsigned at)
{
	static const char *const resources[PSS_RESOURCE_COUNT][2] = {
		{"pod", ""}, {"pod", "ephemeralcontainers"}, {"controller", ""}};
	unsigned resource = digit(&at, PSS_RESOURCE_COUNT);
	unsigned update = digit(&at, 2);
	unsigned mode = digit(&at, METRICS_PSS_MODES);
	unsigned version = digit(&at, METRICS_PSS_VERSIONS);
	unsigned level = digit(&at, PSS_LEVEL_COUNT);
	unsigned deny = digit(&at, 2);
	uint64_t n = total(p, &p->first->pod_security.evaluations[deny][level][version][mode][update][resource]);

	if (n == 0)
		return;
	buf_printf(p->out, "pod_security_evaluations_total{decision=\"%s\",policy_level=\"%s\",policy_version=\"",
		   deny ? "deny" : "allow", pss_level_name(level));
	print_pss_version(p->out, version);
	buf_printf(p->out,
		   "\",mode=\"%s\",request_operation=\"%s\",resource=\"%s\",subresource=\"%s\"} %llu\n",
		   mode_name(mode), update ? "update" : "create", resources[resource][0], resources[resource][1],
		   (unsigned long long)n);
}

static void print_pss(const struct printer *p)
{
	family(p, "pod_security_evaluations_total", "counter",
	       "Number of policy evaluations that occurred, not counting ignored or exempt requests.");
	for (unsigned at = 0; at < 2 * PSS_LEVEL_COUNT * METRICS_PSS_VERSIONS * METRICS_PSS_MODES * 2 * PSS_RESOURCE_COUNT; at++)
		print_pss_one(p, at);
}

static void print_wrong_backend(const struct printer *p)
{
	family(p, "sparkgate_servers_on_wrong_backend_total", "counter",
	       "Connect servers that arrived at /validate on the wrong backend: was /mutate reachable?");
	for (unsigned b = 0; b < BACKEND_COUNT; b++)
		buf_printf(p->out, "sparkgate_servers_on_wrong_backend_total{backend=\"%s\"} %llu\n",
			   word(backend_name(b)), (unsigned long long)total(p, &p->first->wrong_backend[b]));
}

static void print_reloads(const struct printer *p, const struct service *service)
{
	const struct {
		const char *what;
		const struct reload_counts *counts;
	} all[] = {{"policy", &service->policy_reloads},
		   {"facts", &service->facts_reloads},
		   {"certificate", &service->certificate_reloads},
		   {"client-ca", &service->client_ca_reloads}};

	family(p, "sparkgate_reloads_total", "counter", "Reloads after a change; failed ones left the old in force.");
	for (size_t i = 0; i < COUNT_OF(all); i++)
		buf_printf(p->out,
			   "sparkgate_reloads_total{what=\"%s\",result=\"ok\"} %llu\n"
			   "sparkgate_reloads_total{what=\"%s\",result=\"failed\"} %llu\n",
			   all[i].what, (unsigned long long)all[i].counts->ok, all[i].what,
			   (unsigned long long)all[i].counts->failed);
}

static bool is_ready(struct service *service)
{
	struct arena arena = ARENA_INIT;
	struct buf listing = buf_in(&arena);
	bool ready = health_ready(&service->health, &listing);

	arena_release(&arena);
	return ready;
}

static uint64_t exemption_uses_of(const void *context, const char *id)
{
	const struct printer *p = context;
	uint64_t sum = 0;

	for (unsigned i = 0; i < server_threads(p->server); i++) {
		const struct exemption_counts *counts = &server_metrics(p->server, i)->exemptions;
		sum += id ? exemption_counts_get(counts, id) : counter_get(&counts->other);
	}
	return sum;
}

static void print_state(const struct printer *p, struct service *service)
{
	struct policy *policy = policy_store_get(service->policies);

	family(p, "sparkgate_build_info", "gauge", "The version that runs.");
	buf_printf(p->out, "sparkgate_build_info{version=\"%s\"} 1\n", service->version);
	family(p, "sparkgate_policy_info", "gauge", "The hash of the policy in force.");
	buf_printf(p->out, "sparkgate_policy_info{hash=\"%s\"} 1\n", policy->hash);
	exemption_metrics_print(p->out, policy, &(struct exemption_printer){exemption_uses_of, p});
	policy_unref(policy);
	print_reloads(p, service);
	print_single(p, "sparkgate_ready", "gauge", "1: /readyz says yes.", is_ready(service));
	print_single(p, "sparkgate_certificate_expiry_timestamp_seconds", "gauge",
		     "When the serving certificate expires.", (uint64_t)tls_store_not_after(service->certificates));
	print_single(p, "sparkgate_connections", "gauge", "Open HTTPS connections.", server_connections(p->server));
	print_single(p, "sparkgate_requests_in_flight", "gauge", "Requests begun and not answered.",
		     server_in_flight(p->server));
	print_single(p, "sparkgate_inflight_bytes", "gauge", "Memory that request bodies hold.",
		     service->budget.used);
	print_single(p, "sparkgate_inflight_limit_bytes", "gauge", "How much they may hold (--max-inflight-bytes).",
		     service->budget.limit);
	print_single(p, "sparkgate_log_lines_lost_total", "counter",
		     "Lines of the log that were lost: nobody read it, or it could not be written.", log_writer_lost(service->log));
}

static void print_refusals(const struct printer *p)
{
	print_single(p, "sparkgate_body_bytes_total", "counter", "Bytes of request bodies received.",
		     total(p, &p->first->body_bytes));
	family(p, "sparkgate_bodies_refused_total", "counter", "Bodies that were not judged for their size.");
	buf_printf(p->out,
		   "sparkgate_bodies_refused_total{reason=\"too-large\"} %llu\n"
		   "sparkgate_bodies_refused_total{reason=\"over-budget\"} %llu\n",
		   (unsigned long long)total(p, &p->first->bodies_too_large),
		   (unsigned long long)total(p, &p->first->bodies_over_budget));
	print_single(p, "sparkgate_deadlines_exceeded_total", "counter", "Requests that did not arrive in time.",
		     total(p, &p->first->deadlines));
	print_single(p, "sparkgate_clients_refused_total", "counter", "Requests without an acceptable client certificate.",
		     total(p, &p->first->clients_refused));
}

void metrics_print(struct buf *out, const struct server *server, struct service *service)
{
	struct printer p = {out, server, server_metrics(server, 0)};

	print_requests(&p);
	print_durations(&p);
	print_decisions(&p);
	print_rules(&p);
	print_wrong_backend(&p);
	print_pss(&p);
	print_refusals(&p);
	print_state(&p, service);
	facts_metrics(service->facts, out);
	if (service->metrics.print)
		service->metrics.print(service->metrics.context, out);
	process_print(out, service->started);
}
