/*
 * Every text as a policy layer: it is compiled or refused with reasons, each one line; what was
 * compiled keeps the promises that nobody checks again, and its tests are run: each failure says what. Every JSON object as a Namespace,
 * a Pod and a ConfigMap: problems are few, short, one line.
 *
 * The first byte picks: 'p' a policy, else an object.
 */
#include "command/policy_case.h"
#include "policy/namespace.h"
#include "policy/role.h"
#include "fuzzing.h"

#include <stdint.h>

static bool is_one_line(const char *text)
{
	return *text && !strpbrk(text, "\r\n\033");
}

/* ---- policies ---- */

static void check_policy(const struct policy *p)
{
	size_t masters = 0;

	for (size_t i = 0; i < p->rule_count; i++) {
		const struct rule *r = &p->rules[i];
		must(r->id && r->why && r->key && strncmp(r->key, "spark.", 6) == 0);
		must((r->verb != VERB_SET && r->verb != VERB_DEFAULT && r->verb != VERB_RENAME) || r->value);
		masters += r->verb == VERB_SET && strcmp(r->key, "spark.master") == 0 && strcmp(r->id, "backend.master") == 0;
	}
	must(masters == 2);
	must(p->check_count > 40 && p->selector_count == 4);
	must(policy_knows_version(p, p->default_spark_version));
	for (size_t i = 0; i < p->exemption_count; i++)
		must(p->exemptions[i].owner && p->exemptions[i].expires && p->exemptions[i].expires_unix >= 0);
}

/* Objects of any shape, settings of any name: run to the end, with texts that can be printed. */
static void run_tests(const struct policy *p, struct arena *a)
{
	for (size_t i = 0; i < p->test_count; i++) {
		const struct policy_test *t = &p->tests[i];
		struct policy_case_result result, again;

		must(t->file && t->name && t->line > 0 && t->namespace && t->object && t->user);
		policy_case_run(t, p, 1800000000, a, &result);
		policy_case_run(t, p, 1800000000, a, &again);
		must(result.count == again.count);
		for (size_t k = 0; k < result.count; k++) {
			must(result.failures[k].what && (result.failures[k].expected || result.failures[k].got));
			must(!result.failures[k].hint || *result.failures[k].hint);
		}
	}
}

static void fuzz_layer(struct arena *a, struct slice text)
{
	const struct policy_source source = {"fuzz.yaml", text};
	const struct policy_layer layers[] = {policy_shipped(a), {.sources = &source, .count = 1}};
	const struct policy_options options = {.keep_tests = true};
	struct policy_problems problems = {0};
	struct policy *p = policy_compile(layers, 2, &options, a, &problems);

	must(!p == (problems.count > 0));
	for (size_t i = 0; i < problems.count; i++)
		must(problems.items[i].file && is_one_line(problems.items[i].message));
	if (p) {
		check_policy(p);
		run_tests(p, a);
	}
	policy_unref(p);
}

/* ---- objects ---- */

static void check_namespace(const struct namespace *ns)
{
	must(ns->mode != MODE_NONE || ns->problem_count == 0);
	must(ns->pss_mode >= ns->mode && ns->problem_count <= 32);
	for (size_t i = 0; i < ns->problem_count; i++) {
		const struct namespace_problem *problem = &ns->problems[i];
		must(is_one_line(problem->message) && strlen(problem->message) < ERR_TEXT_MAX); /* a bad master is in it twice */
		must(strncmp(problem->rule, "scope.", 6) == 0);
	}
}

static void fuzz_object(struct arena *a, struct slice text)
{
	const struct policy *p = shipped();
	const struct json *object;
	struct namespace ns, own;
	struct err err;

	if (json_parse(a, text, &object, &err) < 0)
		return;
	namespace_parse(p, a, object, &ns);
	check_namespace(&ns);
	ns.allow_override = true;
	namespace_override(p, a, &ns, json_get(object, "metadata"), &own);
	must(own.problem_count >= ns.problem_count);
	struct role_match pod = role_of_pod(p, a, json_get(object, "metadata"), json_get(object, "spec"));
	must(pod.reason && (!pod.label_only || pod.role != ROLE_NONE));
	must(role_of_config_map(p, a, object).reason != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct arena a = ARENA_INIT;

	if (!ready)
		json_setup();
	ready = true;
	if (size == 0)
		return 0;
	struct slice rest = {(const char *)data + 1, size - 1};
	if (data[0] == 'p')
		fuzz_layer(&a, rest);
	else
		fuzz_object(&a, rest);
	arena_release(&a);
	return 0;
}
