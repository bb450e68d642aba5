/*
 * metrics.h - what is counted, without locks.
 *
 * Each worker thread counts into a struct metrics of its own; the metrics
 * endpoint adds them up (http/counter.h).
 *
 * Label sets are bounded by construction: tables over enums, and rule ids up to
 * METRICS_RULES per thread (further ones are counted as rule="other").
 *
 * Names and buckets: metrics_print.h. Pod Security evaluations are counted and folded
 * as upstream does (k8s.io/pod-security-admission/metrics).
 */
#ifndef HTTP_METRICS_H
#define HTTP_METRICS_H

#include "admission/engine.h"
#include "http/counter.h"
#include "http/metrics_exemptions.h"
#include "http/route.h"

/* HTTP codes that we answer; anything else would be a bug and counts as the last. */
extern const unsigned metrics_codes[];
#define METRICS_CODES 9

/* Upper bounds of the histogram in nanoseconds. */
extern const int64_t metrics_buckets[];
#define METRICS_BUCKETS 17

struct histogram {
	counter buckets[METRICS_BUCKETS + 1]; /* not cumulative; the last is beyond all bounds */
	counter sum_ns;
};

/* What became of an object: passed or refused in the mode in force, or passed although
 * enforce would refuse it, or there was nothing to judge. */
enum outcome { OUTCOME_ALLOW, OUTCOME_DENY, OUTCOME_WOULD_DENY, OUTCOME_SKIP, OUTCOME_COUNT };

const char *outcome_name(enum outcome outcome);
enum outcome outcome_of(const struct decision *d);

/* Counts by rule id; action: of a finding, or ACTION_OFF for a rewrite; mode: that of the rule's half. */
#define METRICS_RULES 512

struct rule_count {
	_Atomic bool used; /* name, action and mode are set, for good */
	char name[RULE_ID_MAX + 1];
	enum action action;
	enum mode mode; /* a rewrite in another mode than MODE_ENFORCE was not made, but would be */
	counter count;
};

/* Pod Security: folded as upstream. */
enum pss_version_label { PSS_VERSION_LATEST, PSS_VERSION_FUTURE, PSS_VERSION_MINOR_0 };
#define METRICS_PSS_MINORS 64
#define METRICS_PSS_VERSIONS (PSS_VERSION_MINOR_0 + METRICS_PSS_MINORS)
#define METRICS_PSS_MODES MODE_NONE /* those before it */
enum pss_resource { PSS_RESOURCE_POD, PSS_RESOURCE_EPHEMERAL, PSS_RESOURCE_CONTROLLER, PSS_RESOURCE_COUNT };

struct pss_counts {
	counter evaluations[2][PSS_LEVEL_COUNT][METRICS_PSS_VERSIONS][METRICS_PSS_MODES][2][PSS_RESOURCE_COUNT];
};

struct metrics {
	counter requests[ROUTE_COUNT][METRICS_CODES];
	struct histogram durations[ROUTE_COUNT];
	counter decisions[ENTRY_COUNT][ROLE_COUNT][BACKEND_COUNT][MODE_COUNT][OUTCOME_COUNT];
	struct rule_count rules[METRICS_RULES];
	counter other_rewrites, other_violations; /* beyond METRICS_RULES */
	struct exemption_counts exemptions;
	struct pss_counts pod_security;
	counter wrong_backend[BACKEND_COUNT]; /* servers that reached validate on the wrong backend */
	counter body_bytes;
	counter bodies_too_large, bodies_over_budget, deadlines;
	counter clients_refused;
};

/* A request was answered. ns: from its last byte to the answer. */
void metrics_request(struct metrics *m, enum route route, unsigned code, int64_t ns);

/* A decision was made. */
void metrics_decision(struct metrics *m, const struct engine_request *request, const struct decision *d);

/* How upstream folds a version: "latest", "future" beyond what is known, else the minor. Exposed for tests. */
unsigned pss_version_label(const char *version);

#endif
