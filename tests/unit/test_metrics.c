#include "base/clock.h"
#include "engine_testing.h"
#include "http/metrics.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct metrics *new_metrics(void)
{
	struct metrics *m = calloc(1, sizeof(*m));

	cr_assert(m);
	return m;
}

struct bucket_case {
	int64_t ns;
	size_t bucket;
};

static const struct bucket_case buckets[] = {
	{0, 0}, {10000, 0}, {10001, 1}, {25000, 1}, {99999, 3}, {CLOCK_MS, 6}, {CLOCK_SECOND, 15},
	{5 * CLOCK_SECOND, 16}, {5 * CLOCK_SECOND + 1, METRICS_BUCKETS}, {-5, 0},
};

Test(metrics, histogram)
{
	for (size_t i = 0; i < sizeof(buckets) / sizeof(*buckets); i++) {
		struct metrics *m = new_metrics();
		metrics_request(m, ROUTE_MUTATE, 200, buckets[i].ns);
		cr_expect_eq(m->durations[ROUTE_MUTATE].buckets[buckets[i].bucket], 1, "%lld", (long long)buckets[i].ns);
		free(m);
	}
}

Test(metrics, buckets_ascend)
{
	for (size_t i = 1; i < METRICS_BUCKETS; i++)
		cr_expect_lt(metrics_buckets[i - 1], metrics_buckets[i]);
	cr_expect_eq(metrics_buckets[0], 10000);
}

Test(metrics, unknown_code_is_the_last)
{
	struct metrics *m = new_metrics();

	metrics_request(m, ROUTE_NONE, 418, 1);
	cr_expect_eq(m->requests[ROUTE_NONE][METRICS_CODES - 1], 1);
	metrics_request(m, ROUTE_NONE, 404, 1);
	cr_expect_eq(m->requests[ROUTE_NONE][3], 1);
	free(m);
}

/* Upstream: "latest", what is newer than known is "future", else the version. */
Test(metrics, pod_security_versions)
{
	cr_expect_eq(pss_version_label("latest"), PSS_VERSION_LATEST);
	cr_expect_eq(pss_version_label(NULL), PSS_VERSION_LATEST);
	cr_expect_eq(pss_version_label("v1.0"), PSS_VERSION_MINOR_0);
	cr_expect_eq(pss_version_label("v1.34"), PSS_VERSION_MINOR_0 + 34u);
	cr_expect_eq(pss_version_label("v1.999"), PSS_VERSION_FUTURE);
	cr_expect_eq(pss_version_label("v1.99999999999999999999"), PSS_VERSION_FUTURE);
}

static const struct review created = {.operation = OP_CREATE, .subresource = ""};

/* A decision with one finding. */
static struct decision decision(struct finding *finding, enum entry entry)
{
	struct decision d = {.entry = entry, .role = ROLE_CONNECT_SERVER, .backend = BACKEND_K8S, .judged = true};

	d.ns.pss_level = PSS_RESTRICTED;
	d.ns.pss_version = "latest";
	d.findings = (struct findings){.items = finding, .count = 1, .cap = 1};
	return d;
}

Test(metrics, decision)
{
	struct metrics *m = new_metrics();
	struct finding f = {.rule = "backend.master", .action = ACTION_DENY};
	struct decision d = decision(&f, ENTRY_SERVERS_VALIDATE);
	struct engine_request request = {ENDPOINT_VALIDATE, &created};

	metrics_decision(m, &request, &d);
	cr_expect_eq(m->decisions[ENTRY_SERVERS_VALIDATE][ROLE_CONNECT_SERVER][BACKEND_K8S][MODE_ENFORCE][OUTCOME_DENY], 1);
	cr_expect_eq(m->wrong_backend[BACKEND_K8S], 1);
	cr_expect_eq(m->pod_security.evaluations[0][PSS_RESTRICTED][PSS_VERSION_LATEST][MODE_ENFORCE][0][PSS_RESOURCE_POD], 1);
	free(m);
}

struct evaluation_case {
	const char *about, *namespace, *container; /* more of each */
	enum action pods; /* what a failed check of upstream's becomes: exempt() is about that alone */
	uint64_t allow, deny;
};

#define HARDENED "'allowPrivilegeEscalation':false,'capabilities':{'drop':['ALL']},'runAsNonRoot':true,'seccompProfile':{'type':'RuntimeDefault'}"

/* Upstream's question alone: would its checks refuse the pod? What else is said of its user is of the same half, and no refusal. */
static const struct evaluation_case evaluations[] = {
	{"a pod that passes", "", HARDENED, ACTION_DENY, 1, 0},
	{"one that does not", "", "'privileged':true", ACTION_DENY, 0, 1},
	{"a user outside of OpenShift's range", ",'openshift.io/sa.scc.uid-range':'1000/10'", HARDENED ",'runAsUser':185", ACTION_DENY, 1, 0},
	{"only warned of, as executors are", "", "'privileged':true", ACTION_WARN, 1, 0},
	{"exempt: not counted", "", "'privileged':true", ACTION_AUDIT, 0, 0},
};

static uint64_t evaluated(const struct metrics *m, bool deny)
{
	return m->pod_security.evaluations[deny][PSS_RESTRICTED][PSS_VERSION_LATEST][MODE_ENFORCE][0][PSS_RESOURCE_POD];
}

Test(metrics, pod_security_evaluations)
{
	for (size_t i = 0; i < sizeof(evaluations) / sizeof(*evaluations); i++) {
		const struct evaluation_case *c = &evaluations[i];
		struct world w = {.policy = shipped()};
		struct metrics *m = new_metrics();
		struct review review = review_of(&w.a, arena_printf(&w.a,
			"{'kind':'Pod','metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START
			",'--master','spark://m:7077']" FOREGROUND ",'securityContext':{%s}}]}}", c->container));
		struct engine_request request = {ENDPOINT_VALIDATE, &review};

		w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN,
					 .namespace = namespace_of(&w.a, "enforce", arena_join(&w.a, STANDALONE, c->namespace))};
		struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
		for (size_t k = 0; k < d.findings.count; k++)
			if (d.findings.items[k].action == ACTION_DENY && rule_is_of_pod_security(d.findings.items[k].rule))
				d.findings.items[k].action = c->pods;
		metrics_decision(m, &request, &d);
		cr_expect_eq(evaluated(m, false), c->allow, "%s", c->about);
		cr_expect_eq(evaluated(m, true), c->deny, "%s", c->about);
		free(m);
		policy_unref(w.policy);
		arena_release(&w.a);
	}
}

struct outcome_case {
	bool judged, allowed, verdict;
	enum outcome outcome;
};

static const struct outcome_case outcomes[] = {
	{true, true, true, OUTCOME_ALLOW},
	{true, false, false, OUTCOME_DENY},
	{true, true, false, OUTCOME_WOULD_DENY},
	{false, true, true, OUTCOME_SKIP},
	{false, false, false, OUTCOME_DENY},
};

Test(metrics, outcomes)
{
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++) {
		struct decision d = {.judged = outcomes[i].judged, .allowed = outcomes[i].allowed, .verdict = outcomes[i].verdict};
		cr_expect_eq(outcome_of(&d), outcomes[i].outcome, "%zu", i);
	}
}

/* The ids are a policy's, which may change for ever: the table is bounded and says "other". */
Test(metrics, more_rules_than_fit)
{
	struct metrics *m = new_metrics();
	struct engine_request request = {ENDPOINT_VALIDATE, &created};
	char name[100];

	for (int i = 0; i < METRICS_RULES + 10; i++) {
		snprintf(name, sizeof(name), "site.rule%d", i);
		struct finding f = {.rule = name, .action = ACTION_WARN};
		struct decision d = decision(&f, ENTRY_CONFIG_MAPS_VALIDATE);
		metrics_decision(m, &request, &d);
		metrics_decision(m, &request, &d);
	}
	cr_expect_eq(m->other_violations, 20);
	for (size_t i = 0; i < METRICS_RULES; i++)
		cr_expect(m->rules[i].used && m->rules[i].count == 2, "%zu", i);
	free(m);
}

/* The longest ids that a policy can have are two where their last bytes differ; a longer one is cut, and is one all the same. */
Test(metrics, long_rules)
{
	static const char longest[] = "backend.aNameThatIsAsLongAsThatOfAnyRuleMayEverBeWhichIsMoreThanSixtyB";
	static const char *const ends[] = {"xx", "xy", "xyz"};
	struct metrics *m = new_metrics();
	struct engine_request request = {ENDPOINT_VALIDATE, &created};
	size_t used = 0;

	cr_assert_eq(strlen(longest) + 2, RULE_ID_MAX);
	for (size_t i = 0; i < 6; i++) {
		char name[RULE_ID_MAX + 2];
		snprintf(name, sizeof(name), "%s%s", longest, ends[i % 3]);
		struct finding f = {.rule = name, .action = ACTION_WARN};
		struct decision d = decision(&f, ENTRY_CONFIG_MAPS_VALIDATE);
		metrics_decision(m, &request, &d);
	}
	for (size_t i = 0; i < METRICS_RULES; i++)
		used += m->rules[i].used;
	cr_expect_eq(used, 2);
	free(m);
}

/* The ids are a policy's, and policies change: what does not fit is counted together. */
Test(metrics, more_exemptions_than_fit)
{
	struct metrics *m = new_metrics();
	char id[EXEMPTION_ID_MAX + 1];

	for (int i = 0; i < METRICS_EXEMPTIONS + 5; i++) {
		snprintf(id, sizeof(id), "inc-%d", i);
		const struct exemption e = {.id = id};
		struct exemption_use use = {&e, {NULL, 0}};
		const struct exemption_uses uses = {&use, 1, 1};
		exemption_counts_add(&m->exemptions, &uses);
		exemption_counts_add(&m->exemptions, &uses);
	}
	cr_expect_eq(exemption_counts_get(&m->exemptions, "inc-0"), 2);
	cr_expect_eq(exemption_counts_get(&m->exemptions, "inc-127"), 2);
	cr_expect_eq(exemption_counts_get(&m->exemptions, "inc-128"), 0);
	cr_expect_eq(m->exemptions.other, 10);
	free(m);
}
