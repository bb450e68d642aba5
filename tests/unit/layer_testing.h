/* layer_testing.h - what tests of policy layers share: short ways to write one, and to compile it above the shipped one. */
#ifndef LAYER_TESTING_H
#define LAYER_TESTING_H

#include "policy_testing.h"

#define HEAD(kind) "apiVersion: policy.sparkgate.io/v1\nkind: " kind "\n"
#define RULE(body) HEAD("Backend") "backend: k8s\nrules:\n- id: backend.x\n  why: w\n  versions: all\n  " body "\n"
#define CHECKS(body) HEAD("Checks") body "\n"
#define ROLE(body) HEAD("Selectors") "roles:\n- role: connect-server\n  " body "\n"
#define EXEMPT(body) HEAD("Exemptions") "exemptions:\n- {id: a, owner: o, reason: r, " body "}\n"

#define TEST(body) \
	HEAD("Tests") "tests:\n- name: a\n  expect: {allowed: true}\n  object: {kind: Pod, metadata: {namespace: team}}\n  " body "\n"

#define EXPECT(body) HEAD("Tests") "tests:\n- name: a\n  object:\n    kind: Pod\n  expect: " body "\n"

static inline struct policy *layered(const char *yaml, struct arena *a, struct policy_problems *problems)
{
	json_setup();
	const struct policy_source source = {"site.yaml", slice_of(yaml)};
	const struct policy_layer layers[] = {policy_shipped(a), {.sources = &source, .count = 1}};

	*problems = (struct policy_problems){0};
	return policy_compile(layers, 2, NULL, a, problems);
}

/* A layer that must be good; the caller drops it. */
static inline struct policy *good_layer(const char *yaml)
{
	struct arena a = ARENA_INIT;
	struct policy_problems problems;
	struct policy *p = layered(yaml, &a, &problems);

	cr_assert(p, "%s:%u: %s", problems.items[0].file, problems.items[0].line, problems.items[0].message);
	arena_release(&a);
	return p;
}

#endif
