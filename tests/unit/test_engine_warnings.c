/* What a user reads of a decision: whose warnings they are, and how many. */
#include "engine_testing.h"

/* Both endpoints answer one user, whose API server cuts all beyond 4,096 characters to 256 each. */
Test(engine_warnings, warnings_are_bounded_together)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};
	struct buf b = buf_in(&w.a);
	size_t total = 0;

	for (size_t i = 0; i < 16; i++)
		buf_printf(&b,
			   "%s{'name':'c%zu\xc3\xa4','image':'i','command':[" START ",'--master','spark://h%zu\xc3\xa4\xc3\xa4:1'],"
			   "'env':[{'name':'SPARK_MASTER','value':'x'}]}",
			   i ? "," : "", i, i);
	admit(&w, "warn", STANDALONE,
	      arena_printf(&w.a, "{'kind':'Pod','metadata':{'name':'p'},'spec':{'hostNetwork':true,'containers':[%s]}}", buf_slice(&b).ptr));
	for (size_t i = 0; i < w.sim.warning_count; i++) {
		bool whole = strncmp(w.sim.warnings[i], "would violate PodSecurity", 25) == 0;
		cr_expect(whole || strlen(w.sim.warnings[i]) <= 120, "%s", w.sim.warnings[i]);
		total += whole ? 0 : strlen(w.sim.warnings[i]);
	}
	cr_expect_gt(w.sim.warning_count, 20);
	cr_expect_leq(total, 4000, "%zu", total);
	cr_expect(strstr(warnings_text(&w), "would violate PodSecurity"), "Pod Security's is never what gets lost");
	cr_expect(strstr(warnings_text(&w), "more warnings, see the audit annotations"));
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* Pod Security's own text is not split, but where it alone passed the limit the API server would cut all to 256. */
Test(engine_warnings, a_warning_too_long_for_all_is_cut)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};
	struct buf b = buf_in(&w.a);
	size_t total = 0;

	for (size_t i = 0; i < 400; i++)
		buf_printf(&b, "%s{'name':'container-of-a-long-name-%zu','image':'i','command':[" START "],'securityContext':{'privileged':true}}",
			   i ? "," : "", i);
	admit(&w, "warn", STANDALONE, arena_printf(&w.a, "{'kind':'Pod','metadata':{'name':'p'},'spec':{'containers':[%s]}}", buf_slice(&b).ptr));
	for (size_t i = 0; i < w.sim.warning_count; i++)
		total += strlen(w.sim.warnings[i]);
	cr_expect_leq(total, 4000, "%zu", total);
	cr_expect(strstr(warnings_text(&w), "would violate PodSecurity \"restricted:latest\": "));
	arena_release(&w.a);
	policy_unref(w.policy);
}

#define SPEC(args) "{'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START args "]" FOREGROUND "}]}"
#define DEPLOYED(args) "{'kind':'Deployment','metadata':{'name':'one'},'spec':{'template':{'spec':" SPEC(args) "}}}"
#define LONG_NAME "a-name-that-is-longer-than-forty-bytes-by-far"

/* kubectl prints equal warnings of two objects once, so in warn mode the first says whose they are. */
static const struct {
	const char *name, *mode, *object;
	const char *first, *other; /* of all endpoints; NULL = none */
} heads[] = {
	{"a controller", "warn", DEPLOYED(""), "sparkgate (warn): Deployment one: enforce would change 12 fields and refuse nothing", NULL},
	{"one whose pods are refused", "warn", DEPLOYED(",'--deploy-mode','cluster'"),
	 "sparkgate (warn): Deployment one: enforce would change 12 fields and refuse its pods", NULL},
	{"a pod, by both endpoints", "warn", "{'kind':'Pod','metadata':{'name':'p'},'spec':" SPEC(",'--deploy-mode','cluster'") "}",
	 "sparkgate (warn): Pod p: enforce would change 12 fields", "sparkgate (warn): Pod p: enforce would refuse it"},
	{"a long name", "warn", "{'kind':'Pod','metadata':{'name':'" LONG_NAME "'},'spec':" SPEC("") "}",
	 "sparkgate (warn): Pod a-name-that-is-longer-than-forty-byte...: enforce would change 12 fields", NULL},
	{"none yet", "warn", "{'kind':'Pod','metadata':{'generateName':'p-'},'spec':" SPEC("") "}",
	 "sparkgate (warn): Pod without a name yet: enforce would change 12 fields", NULL},
	{"nothing to say", "warn", "{'kind':'Pod','metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'nginx'}]}}", NULL, NULL},
	{"enforce", "enforce", DEPLOYED(",'--deploy-mode','cluster'"), NULL, NULL},
	{"audit", "audit", DEPLOYED(""), NULL, NULL},
};

static const char *head_after(const struct world *w, size_t at)
{
	for (size_t i = at; i < w->sim.warning_count; i++)
		if (slice_starts(slice_of(w->sim.warnings[i]), "sparkgate (warn): "))
			return w->sim.warnings[i];
	return NULL;
}

Test(engine_warnings, in_warn_the_first_warning_says_whose_they_are)
{
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		struct world w = {.a = ARENA_INIT, .policy = shipped()};
		admit(&w, heads[i].mode, STANDALONE, heads[i].object);
		const char *first = w.sim.warning_count > 0 ? w.sim.warnings[0] : "", *other = head_after(&w, 1);
		if (heads[i].first)
			cr_expect_str_eq(first, heads[i].first, "%s: %s", heads[i].name, first);
		else
			cr_expect_null(head_after(&w, 0), "%s: %s", heads[i].name, first);
		cr_expect_str_eq(other ? other : "", heads[i].other ? heads[i].other : "", "%s: %s", heads[i].name, other);
		arena_release(&w.a);
		policy_unref(w.policy);
	}
}

Test(engine_warnings, in_warn_only_the_half_that_is_in_warn_is_told)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	admit(&w, "warn", STANDALONE ",'sparkgate.io/pssMode':'audit','sparkgate.io/hardening':'off'",
	      "{'kind':'Pod','metadata':{'name':'p'},'spec':" SPEC("") "}");
	cr_expect_not_null(head_after(&w, 0));
	cr_expect_not(strstr(warnings_text(&w), "refuse it"), "Pod Security only audits: %s", warnings_text(&w));
	arena_release(&w.a);
	policy_unref(w.policy);
}
