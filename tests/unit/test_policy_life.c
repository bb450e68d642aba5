/* What a policy keeps beside what it decides by: how long its exemptions hold, and its tests for who runs them. */
#include "policy/life.h"
#include "policy/tests.h"
#include "policy_testing.h"

#define HEAD(kind) "apiVersion: policy.sparkgate.io/v1\nkind: " kind "\n"

static const struct {
	int64_t before_end; /* seconds before 2027-04-01T00:00:00Z */
	enum exemption_life life;
	const char *text; /* a part; "" = nothing is said */
} lives[] = {
	{15 * 86400, EXEMPTION_HOLDS, ""},
	{14 * 86400 + 1, EXEMPTION_HOLDS, ""},
	{14 * 86400, EXEMPTION_EXPIRES_SOON, "exemption 'a' expires on 2027-03-31, in 13 days, ask o"},
	{86400 + 1, EXEMPTION_EXPIRES_SOON, "expires on 2027-03-31, in 1 day, ask o"},
	{86400, EXEMPTION_EXPIRES_SOON, "expires on 2027-03-31, today, ask o"},
	{1, EXEMPTION_EXPIRES_SOON, "today"},
	{0, EXEMPTION_EXPIRED, "exemption 'a' expired on 2027-03-31, ask o"},
	{-86400, EXEMPTION_EXPIRED, "expired on 2027-03-31"},
};

Test(policy_life, exemptions_are_told_before_they_end)
{
	struct arena a = ARENA_INIT;
	struct exemption e = {.id = "a", .owner = "o", .expires = "2027-03-31", .expires_unix = 1806537600};
	const struct exemption for_ever = {.id = "b", .owner = "o", .expires = "never"};

	for (size_t i = 0; i < COUNT(lives); i++) {
		int64_t now = e.expires_unix - lives[i].before_end;
		const char *text = exemption_life_text(&a, &e, now);
		cr_expect_eq(exemption_life(&e, now), lives[i].life, "%zu", i);
		cr_expect(*lives[i].text ? text && strstr(text, lives[i].text) : !text, "%zu: %s", i, text);
	}
	cr_expect_eq(exemption_life(&for_ever, INT64_MAX), EXEMPTION_HOLDS);
	arena_release(&a);
}

static struct policy *with_tests(struct arena *a, bool keep, const char *text)
{
	const struct policy_source source = {"site.yaml", slice_of(text)};
	const struct policy_layer layers[] = {policy_shipped(a), {.sources = &source, .count = 1}};
	const struct policy_options options = {.keep_tests = keep};
	struct policy_problems problems = {0};
	struct policy *p = policy_compile(layers, 2, &options, a, &problems);

	cr_assert_not_null(p, "%s", problems.count ? problems.items[0].message : "");
	return p;
}

Test(policy_life, tests_are_kept_only_where_asked_for)
{
	static const char text[] = HEAD("Tests") "tests:\n- name: a\n  namespace: {name: team, mode: warn, uidRange: \"1/2\"}\n"
						 "  object: {apiVersion: v1, kind: Pod}\n  user: u\n  groups: [g]\n  now: \"1970-01-02\"\n"
						 "  expect: {rules: [backend.master, \"!backend.podName\"], settings: {spark.a: b, spark.c: null}}\n";
	struct arena a = ARENA_INIT;

	json_setup();
	struct policy *p = with_tests(&a, true, text), *serving = with_tests(&a, false, text);
	arena_release(&a); /* what is kept is the policy's own */
	cr_assert_eq(p->test_count, 1);
	cr_expect_eq(serving->test_count, 0);
	cr_expect_eq(serving->tests, NULL);
	cr_expect_str_eq(p->hash, serving->hash);

	const struct policy_test *t = &p->tests[0];
	const struct json *metadata = json_get(t->namespace, "metadata");
	cr_expect_str_eq(t->file, "site.yaml");
	cr_expect_eq(t->line, 4);
	cr_expect_str_eq(json_text(json_get(metadata, "name"), ""), "team");
	cr_expect_str_eq(json_text(json_get(json_get(metadata, "labels"), "sparkgate.io/mode"), ""), "warn");
	cr_expect_str_eq(json_text(json_get(json_get(metadata, "annotations"), "openshift.io/sa.scc.uid-range"), ""), "1/2");
	cr_expect_str_eq(json_text(json_at(t->groups, 0), ""), "g");
	cr_expect_eq(t->now, 86400 + 43200);
	cr_expect(!t->expect.asks_allowed && !t->expect.asks_role);
	cr_expect_str_eq(t->expect.rules.items[0], "backend.master");
	cr_expect_str_eq(t->expect.absent.items[0], "backend.podName");
	cr_assert_eq(t->expect.setting_count, 2);
	cr_expect_eq(t->expect.settings[1].value, NULL);
	policy_unref(p);
	policy_unref(serving);
}
