/* What the action of a rule comes to in the mode of its half, in words. The rest of explain: tests/review/test_explain.py. */
#include "explain/explain.h"
#include "report/openreport_write.h"
#include "engine_testing.h"

#define PSS_MODE(mode) K8S ",'sparkgate.io/pssMode':'" mode "'"
#define TEMPLATE "{'kind':'ConfigMap','metadata':{'name':'m'},'data':{'spark-defaults.conf':'spark.connect.a=1','x-pod-template.yaml':'a: [1'}}"
#define SHARED "{'kind':'ConfigMap','metadata':{'name':'m'},'data':{'spark-defaults.conf':'spark.connect.a=1\\nspark.master=local'}}"

static const struct {
	const char *mode, *annotations, *object, *rule, *effect;
} effects[] = {
	{"enforce", K8S, TEMPLATE, "config.podTemplate", "warned of"},
	{"enforce", PSS_MODE("warn"), TEMPLATE, "config.podTemplate", "warned of"},
	{"enforce", PSS_MODE("audit"), TEMPLATE, "config.podTemplate", "in the audit log only: mode is audit"},
	{"warn", PSS_MODE("audit"), TEMPLATE, "config.podTemplate", "in the audit log only: mode is audit"},
	{"audit", K8S ",'sparkgate.io/configMaps':'check'", SHARED, "config.backend", "in the audit log only: mode is audit"},
	{"warn", K8S, ROOT_POD, "pss.runAsNonRoot", "only warned of: mode is warn, enforce would refuse it"},
	{"enforce", PSS_MODE("audit"), ROOT_POD, "pss.runAsNonRoot", "in the audit log only: mode is audit"},
	{"enforce", "'openshift.io/sa.scc.uid-range':'1000/10'",
	 "{'kind':'Pod','metadata':{'name':'p'},'spec':{'securityContext':{'runAsUser':5},'containers':[{'name':'c','command':[" START "]}]}}",
	 "pss.uidRange", "in the audit log only, whatever the mode"},
};

static const char *effect_of(const struct explanation *e, const char *rule)
{
	for (size_t i = 0; i < e->rule_count; i++)
		if (e->rules[i].finding && strcmp(e->rules[i].rule, rule) == 0)
			return e->rules[i].effect;
	return "(not found)";
}

Test(explain, an_action_comes_to_what_the_mode_of_its_half_makes_of_it)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(effects); i++) {
		struct review review = review_of(&w.a, effects[i].object);
		struct explanation e;
		struct err err = {""};

		w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, effects[i].mode, effects[i].annotations)};
		const struct explain_input in = {.review = &review, .facts = &w.facts, .policy = w.policy};
		cr_assert_eq(explain_object(&in, &w.a, &e, &err), 0, "%s", err.text);
		cr_expect_str_eq(effect_of(&e, effects[i].rule), effects[i].effect, "row %zu", i);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

Test(explain, and_a_report_names_that_mode)
{
	const struct decision d = {.ns = {.mode = MODE_WARN, .pss_mode = MODE_AUDIT}}, outside = {.ns = {.mode = MODE_NONE, .pss_mode = MODE_NONE}};

	cr_expect_str_eq(openreport_mode(&d, "pss.runAsNonRoot"), "audit");
	cr_expect_str_eq(openreport_mode(&d, "config.podTemplate"), "audit");
	cr_expect_str_eq(openreport_mode(&d, "config.backend"), "warn");
	cr_expect_null(openreport_mode(&outside, "pss.runAsNonRoot"));
}
