/* fuzzing.h - what fuzz targets share: a condition that must hold, and policies. */
#ifndef FUZZING_H
#define FUZZING_H

#include "base/json.h"
#include "policy/compile.h"
#include "policy/load.h"

#include <stdio.h>
#include <stdlib.h>

/* Ends the run, naming the condition: libFuzzer keeps the input. */
static inline void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* The same, said by the condition itself. */
#define must(condition) require(condition, #condition)

/* Made once: loading takes longer than all that an input is asked. */
static inline const struct policy *shipped(void)
{
	static struct policy *policy;
	struct policy_options options = {.path_count = 0};
	struct err err = {""};

	if (!policy) {
		json_setup();
		require(policy_load(&options, &policy, &err) == 0, "the shipped policy loads");
	}
	return policy;
}

/* One of each thing that a site may add: whoever and whatever is asked about, exemptions, editors and rules are asked, too. */
static inline const struct policy *of_a_site(void)
{
	static const char site[] =
		"apiVersion: policy.sparkgate.io/v1\nkind: Exemptions\nexemptions:\n"
		"- {id: e, owner: o, reason: r, expires: never, rules: [pss.host*], namespaces: [\"a*\"], names: [\"*b\"], users: [c], groups: [d]}\n"
		"---\napiVersion: policy.sparkgate.io/v1\nkind: Checks\nbounds: {namespaceEditorUsers: [c], namespaceEditorGroups: [d]}\n"
		"---\napiVersion: policy.sparkgate.io/v1\nkind: Backend\nbackend: standalone\nrules:\n"
		"- {id: backend.old, why: w, versions: all, rename: {key: spark.old, to: spark.new}}\n"
		"- {id: backend.bad, why: w, versions: all, disable: {key: spark.bad, value: harmless}}\n"
		"- {id: backend.drop, why: w, versions: all, disable: {key: \"spark.drop.*\"}}\n"
		"- {id: backend.pods, why: w, versions: all, set: {key: spark.pods, value: \"{podIP} {podIP} {podName}\"}}\n"
		"- {id: backend.cpus, why: w, versions: all, default: {key: spark.task.cpus, value: \"{executorCores}\"}}\n";
	static const struct policy *policy;
	const struct policy_source source = {"site.yaml", slice_of(site)};
	struct policy_problems problems = {0};

	if (!policy) {
		json_setup();
		struct arena a = ARENA_INIT;
		const struct policy_layer layers[] = {policy_shipped(&a), {.sources = &source, .count = 1}};
		policy = policy_compile(layers, 2, NULL, &a, &problems);
		require(policy != NULL, problems.count > 0 ? problems.items[0].message : "the policy of a site compiles");
		arena_release(&a);
	}
	return policy;
}

#endif
