#include "command/policy_case.h"

#include "admission/entry.h"
#include "admission/simulate.h"
#include "admission/subject.h"
#include "command/review.h"
#include "policy/role.h"
#include "spark/places.h"

struct running {
	const struct policy_test *test;
	const struct policy *policy;
	struct arena *a;
	struct review review;
	struct facts facts;
	struct simulation s;
	struct policy_case_result *result;
};

static void fail(struct running *r, const char *what, const char *expected, const char *got, const char *hint)
{
	struct policy_case_result *list = r->result;

	*ARENA_PUSH(r->a, list->failures, &list->cap, list->count) = (struct policy_case_failure){what, expected, got, hint && *hint ? hint : NULL};
}

/* ---- the request and its facts ---- */

static void make_request(struct running *r)
{
	const struct policy_test *t = r->test;

	simulate_create(r->a, t->object, t->namespace_name, &r->review);
	r->review.object = simulate_defaulted(r->a, t->object, r->review.kind);
	r->review.operation = t->update ? OP_UPDATE : OP_CREATE;
	r->review.old_object = t->old_object ? simulate_defaulted(r->a, t->old_object, r->review.kind) : NULL;
	r->review.user = t->user;
	r->review.groups = t->groups;
}

/* A ConfigMap that the case does not give does not exist: what a test leaves out must not be guessed. */
static void fill_facts(struct running *r, int64_t now)
{
	struct facts_index *index = facts_index_new();
	struct needs needs;

	facts_index_add(index, r->test->namespace, r->test->namespace_name);
	JSON_EACH(config_map, r->test->config_maps)
		facts_index_add(index, config_map, r->test->namespace_name);
	simulate_needs(&r->review, r->policy, r->a, &needs);
	r->facts = (struct facts){.now = r->test->now ? r->test->now : now};
	facts_index_fill(index, &needs, LOOKUP_MISSING, &r->facts);
	facts_index_unref(index); /* it owns nothing: the objects are the policy's */
}

/* ---- expectations ---- */

static const char *word(const char *text)
{
	return text ? text : "none";
}

static bool has_no_role(const struct running *r)
{
	return r->s.validate.role == ROLE_NONE && review_subject_kind(&r->review) != SUBJECT_NAMESPACE;
}

/* Why everything passes, where that may be a surprise. */
static const char *not_judged(const struct running *r)
{
	if (has_no_role(r))
		return "the object has no role: nothing is judged";
	if (r->s.validate.ns.mode == MODE_NONE)
		return "the namespace has not opted in: give namespace.mode";
	if (!r->s.validate.judged)
		return simulate_unjudged_why(&r->review);
	return NULL;
}

static void expect_allowed(struct running *r)
{
	bool expected = r->test->expect.allowed, got = r->s.allowed;

	if (r->test->expect.asks_allowed && expected != got)
		fail(r, "allowed", expected ? "true" : "false", got ? "true" : "false", got ? not_judged(r) : r->s.message);
}

static void expect_role(struct running *r)
{
	enum role expected = r->test->expect.role, got = r->s.validate.role;

	if (r->test->expect.asks_role && expected != got)
		fail(r, "role", word(role_name(expected)), word(role_name(got)),
		     r->s.validate.role_reason);
}

static void expect_backend(struct running *r)
{
	enum backend expected = r->test->expect.backend, got = r->s.validate.ns.mode == MODE_NONE ? BACKEND_NONE : r->s.validate.backend;

	if (r->test->expect.asks_backend && expected != got)
		fail(r, "backend", word(backend_name(expected)), word(backend_name(got)), not_judged(r));
}

/* A finding or change whose rule matches; *ret is its id. Rules that are off do not count. */
static bool has_rule(const struct running *r, const char *pattern, const char **ret)
{
	const struct texts wanted = {&pattern, 1};
	const struct simulation *s = &r->s;

	for (size_t i = 0; i < s->findings.count; i++) {
		*ret = s->findings.items[i].rule;
		if (s->findings.items[i].action != ACTION_OFF && texts_has(&wanted, slice_of(*ret)))
			return true;
	}
	for (size_t i = 0; i < s->changes.count; i++) {
		*ret = s->changes.items[i].rule;
		if (texts_has(&wanted, slice_of(*ret)))
			return true;
	}
	return false;
}

/* Long enough to see what happened instead. */
#define RULES_SHOWN 8

struct rules_seen {
	const char *ids[RULES_SHOWN];
	size_t count; /* may be more: those are not kept */
};

static void see_rule(struct rules_seen *seen, const char *rule)
{
	for (size_t i = 0; i < seen->count && i < RULES_SHOWN; i++)
		if (strcmp(seen->ids[i], rule) == 0)
			return;
	if (seen->count < RULES_SHOWN)
		seen->ids[seen->count] = rule;
	seen->count++;
}

static const char *rules_there(const struct running *r)
{
	struct buf list = buf_in(r->a);
	struct rules_seen seen = {.count = 0};

	for (size_t i = 0; i < r->s.findings.count; i++)
		if (r->s.findings.items[i].action != ACTION_OFF)
			see_rule(&seen, r->s.findings.items[i].rule);
	for (size_t i = 0; i < r->s.changes.count; i++)
		see_rule(&seen, r->s.changes.items[i].rule);
	for (size_t i = 0; i < seen.count && i < RULES_SHOWN; i++)
		buf_printf(&list, "%s%s", i > 0 ? ", " : "", seen.ids[i]);
	if (seen.count > RULES_SHOWN)
		buf_adds(&list, ", ...");
	return seen.count ? buf_slice(&list).ptr : "none";
}

static void expect_rules(struct running *r)
{
	const struct policy_test_expect *e = &r->test->expect;
	const char *id;

	for (size_t i = 0; i < e->rules.count; i++)
		if (!has_rule(r, e->rules.items[i], &id))
			fail(r, "rules", e->rules.items[i], rules_there(r), not_judged(r));
	for (size_t i = 0; i < e->absent.count; i++)
		if (has_rule(r, e->absent.items[i], &id))
			fail(r, "rules", arena_printf(r->a, "no %s", e->absent.items[i]), id, NULL);
}

/* ---- settings ---- */

/* -1 where the object has no settings of Spark's. */
static int open_pod(struct running *r, struct spark_pod *ret)
{
	struct subject subject;

	if (subject_of(r->s.result, r->review.kind, &subject) < 0)
		return -1;
	*ret = (struct spark_pod){.metadata = subject.metadata, .spec = subject.spec, .pointer = subject.prefix,
				  .lookups = &r->facts.lookups, .ns = &r->s.validate.ns,
				  .match = role_of_pod(r->policy, r->a, subject.metadata, subject.spec)};
	if (ret->match.role != ROLE_CONNECT_SERVER)
		return -1;
	spark_pod_open(r->policy, r->a, ret);
	return ret->match.role == ROLE_CONNECT_SERVER ? 0 : -1;
}

static void read_places(struct running *r, struct spark_places *ret)
{
	struct spark_pod pod;

	ret->invocations = 0;
	if (r->s.validate.role == ROLE_CONNECT_CONFIG)
		spark_places_of_config_map(r->policy, r->a, r->s.result, ret);
	else if (open_pod(r, &pod) == 0)
		spark_places_of(r->a, &pod, ret);
}

static bool is_as_expected(const struct place_value *v, const char *expected)
{
	return expected ? v && slice_is(v->value, expected) : !v;
}

static const char *which(const struct running *r, const struct spark_places *places, size_t invocation, const struct place_value *v)
{
	if (v && v->config_map)
		return arena_printf(r->a, "it stands in ConfigMap '%s'", v->config_map);
	if (v && v->how && v->server)
		return arena_printf(r->a, "it stands in %s of container '%s'", v->how, v->server);
	return places->invocations > 1 ? arena_printf(r->a, "in invocation %zu of %zu", invocation + 1, places->invocations) : NULL;
}

/* A pod may start several servers, a ConfigMap have several texts: the expectation is of each. */
static void expect_setting(struct running *r, const struct spark_places *places, const struct policy_test_setting *setting)
{
	if (places->invocations == 0 && setting->value)
		fail(r, setting->key, setting->value, NULL, "nothing in the object reads Spark's settings");
	for (size_t i = 0; i < places->invocations; i++) {
		const struct place_value *v = spark_places_winner_in(places, i, slice_of(setting->key));
		if (!is_as_expected(v, setting->value))
			fail(r, setting->key, setting->value, v ? v->shown : NULL, which(r, places, i, v));
	}
}

static void expect_settings(struct running *r)
{
	const struct policy_test_expect *e = &r->test->expect;
	struct spark_places places;

	if (e->setting_count == 0)
		return;
	read_places(r, &places);
	for (size_t i = 0; i < e->setting_count; i++)
		expect_setting(r, &places, &e->settings[i]);
}

/* ---- what holds whatever the policy says ---- */

static bool asks_allowed_alone(const struct policy_test_expect *e)
{
	return e->asks_allowed && e->allowed && !e->asks_role && !e->asks_backend &&
	       e->rules.count + e->absent.count + e->setting_count == 0;
}

/* A misspelt label or command makes an object of no role, and such an object is always allowed. */
static void judge_worth(struct running *r)
{
	const struct policy_test_expect *e = &r->test->expect;

	if (!has_no_role(r) || (e->asks_role && e->role == ROLE_NONE))
		return;
	r->result->hint = not_judged(r);
	r->result->empty = asks_allowed_alone(e);
	if (r->result->empty)
		fail(r, "role", "any", "none",
		     arena_printf(r->a, "%s. Expect role: none where that is meant", r->result->hint));
}

/* ---- the whole ---- */

void policy_case_run(const struct policy_test *test, const struct policy *policy, int64_t now, struct arena *a,
		     struct policy_case_result *ret)
{
	struct running r = {.test = test, .policy = policy, .a = a, .result = ret};
	struct err err = {""};

	*ret = (struct policy_case_result){.count = 0};
	make_request(&r);
	fill_facts(&r, now);
	if (simulate(&r.review, &r.facts, policy, a, &r.s, &err) < 0) {
		fail(&r, "admission", "a patch that applies", "none", arena_printf(a, "%s", err.text));
		return;
	}
	expect_allowed(&r);
	expect_role(&r);
	expect_backend(&r);
	expect_rules(&r);
	expect_settings(&r);
	judge_worth(&r);
}
