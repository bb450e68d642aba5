#include "http/metrics.h"

#include "base/clock.h"

#include <stdio.h>

#define US 1000LL

const unsigned metrics_codes[METRICS_CODES] = {200, 400, 403, 404, 405, 413, 415, 503, 500};

const int64_t metrics_buckets[METRICS_BUCKETS] = {
	10 * US,       25 * US,       50 * US,        100 * US,       250 * US,        500 * US,
	CLOCK_MS,      2500 * US,     5 * CLOCK_MS,   10 * CLOCK_MS,  25 * CLOCK_MS,   50 * CLOCK_MS,
	100 * CLOCK_MS, 250 * CLOCK_MS, 500 * CLOCK_MS, CLOCK_SECOND, 5 * CLOCK_SECOND,
};

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {"allow", "deny", "would-deny", "skip"};

	return names[outcome];
}

enum outcome outcome_of(const struct decision *d)
{
	if (!d->allowed)
		return OUTCOME_DENY;
	if (!d->judged)
		return OUTCOME_SKIP;
	return d->verdict ? OUTCOME_ALLOW : OUTCOME_WOULD_DENY;
}

static void histogram_add(struct histogram *h, int64_t ns)
{
	size_t i = 0;

	while (i < METRICS_BUCKETS && ns > metrics_buckets[i])
		i++;
	counter_add(&h->buckets[i], 1);
	counter_add(&h->sum_ns, ns > 0 ? (uint64_t)ns : 0);
}

void metrics_request(struct metrics *m, enum route route, unsigned code, int64_t ns)
{
	size_t i = 0;

	while (i < METRICS_CODES - 1 && metrics_codes[i] != code)
		i++;
	counter_add(&m->requests[route][i], 1);
	histogram_add(&m->durations[route], ns);
}

_Static_assert(METRICS_RULES == 1u << 9, "slot_of() has nine bits");

/* Where to look first. Ids differ in their mark nearly always. */
static unsigned slot_of(const char *name, enum action action, enum mode mode)
{
	uint32_t mark = slice_mark((struct slice){name, strnlen(name, RULE_ID_MAX)});

	return (mark ^ (unsigned)action << 24 ^ (unsigned)mode << 28) * 0x9E3779B1u >> (32 - 9);
}

static bool is_rule(const struct rule_count *r, const char *name, enum action action, enum mode mode)
{
	return r->action == action && r->mode == mode && strncmp(r->name, name, RULE_ID_MAX) == 0;
}

/* Open addressing; entries are never removed. NULL where the table is full. */
static struct rule_count *find_rule(struct metrics *m, const char *name, enum action action, enum mode mode)
{
	unsigned at = slot_of(name, action, mode);

	for (unsigned i = 0; i < METRICS_RULES; i++, at = (at + 1) % METRICS_RULES) {
		struct rule_count *r = &m->rules[at];
		if (!atomic_load_explicit(&r->used, memory_order_relaxed)) {
			snprintf(r->name, sizeof(r->name), "%s", name);
			r->action = action;
			r->mode = mode;
			/* Readers look at name only after they have seen this. */
			atomic_store_explicit(&r->used, true, memory_order_release);
			return r;
		}
		if (is_rule(r, name, action, mode))
			return r;
	}
	return NULL;
}

static void count_rule(struct metrics *m, const char *name, enum action action, enum mode mode)
{
	struct rule_count *r = find_rule(m, name, action, mode);

	if (r)
		counter_add(&r->count, 1);
	else
		counter_add(action == ACTION_OFF ? &m->other_rewrites : &m->other_violations, 1);
}

/* Upstream knows the minors of its own release; so do we, up to the last in the table. */
unsigned pss_version_label(const char *version)
{
	unsigned minor = 0;

	if (!version || !slice_starts(slice_of(version), "v1."))
		return PSS_VERSION_LATEST;
	for (const char *p = version + 3; *p >= '0' && *p <= '9'; p++) {
		minor = minor * 10 + (unsigned)(*p - '0');
		if (minor >= METRICS_PSS_MINORS)
			return PSS_VERSION_FUTURE;
	}
	return PSS_VERSION_MINOR_0 + minor;
}

static bool pss_resource(const struct review *r, enum entry entry, enum pss_resource *ret)
{
	if (entry == ENTRY_WORKLOADS_VALIDATE)
		*ret = PSS_RESOURCE_CONTROLLER;
	else if (entry != ENTRY_SERVERS_VALIDATE && entry != ENTRY_EXECUTORS_VALIDATE)
		return false;
	else
		*ret = strcmp(r->subresource, "ephemeralcontainers") == 0 ? PSS_RESOURCE_EPHEMERAL : PSS_RESOURCE_POD;
	return true;
}

static void count_pod_security(struct metrics *m, const struct review *r, const struct decision *d)
{
	enum pss_resource resource;
	bool deny = false, exempt = false;

	if (!d->judged || d->ns.mode == MODE_NONE || d->ns.pss_mode == MODE_NONE || !pss_resource(r, d->entry, &resource))
		return;
	for (size_t i = 0; i < d->findings.count; i++) {
		const struct finding *f = &d->findings.items[i];
		deny |= f->upstream && f->action == ACTION_DENY;
		exempt |= f->upstream && f->action == ACTION_AUDIT; /* exempt() left it for the audit log */
	}
	if (exempt && !deny)
		return;
	counter_add(&m->pod_security.evaluations[deny][d->ns.pss_level][pss_version_label(d->ns.pss_version)]
						[d->ns.pss_mode][r->operation == OP_UPDATE][resource],
		    1);
}

static void count_wrong_backend(struct metrics *m, const struct decision *d)
{
	if (d->entry != ENTRY_SERVERS_VALIDATE || d->role != ROLE_CONNECT_SERVER)
		return;
	for (size_t i = 0; i < d->findings.count; i++)
		if (d->findings.items[i].action == ACTION_DENY && rule_is_of_backend(d->findings.items[i].rule)) {
			counter_add(&m->wrong_backend[d->backend], 1);
			return;
		}
}

/* What /mutate did; and what it would do, in the half that is in warn or audit. */
static void count_changes(struct metrics *m, const struct decision *d)
{
	for (size_t i = 0; i < d->changes.count; i++) {
		const char *rule = d->changes.items[i].rule;
		enum mode mode = engine_rule_mode(&d->ns, rule);
		if (mode != MODE_ENFORCE || d->patch.count > 0)
			count_rule(m, rule, ACTION_OFF, mode);
	}
}

static void count_findings(struct metrics *m, const struct decision *d)
{
	for (size_t i = 0; i < d->findings.count; i++) {
		const struct finding *f = &d->findings.items[i];
		if (f->action != ACTION_OFF)
			count_rule(m, f->rule, f->action, engine_rule_mode(&d->ns, f->rule));
	}
}

void metrics_decision(struct metrics *m, const struct engine_request *request, const struct decision *d)
{
	counter_add(&m->decisions[d->entry][d->role][d->backend][d->ns.mode][outcome_of(d)], 1);
	if (request->endpoint == ENDPOINT_MUTATE)
		count_changes(m, d);
	exemption_counts_add(&m->exemptions, &d->exemptions);
	if (request->endpoint == ENDPOINT_VALIDATE) {
		count_findings(m, d);
		count_pod_security(m, request->review, d);
		count_wrong_backend(m, d);
	}
}
