/* policy_testing.h - what tests of decisions share: the shipped policy, and objects parsed from readable text. */
#ifndef POLICY_TESTING_H
#define POLICY_TESTING_H

#include "base/json.h"
#include "policy/load.h"
#include "testing.h"

/* The layer that is built in; the test gives it back with policy_unref(). */
static inline struct policy *shipped(void)
{
	static const struct policy_options options = {.path_count = 0};
	struct policy *policy = NULL;
	struct err err = {""};

	json_setup();
	cr_assert_eq(policy_load(&options, &policy, &err), 0, "%s", err.text);
	return policy;
}

/* JSON with single quotes for double ones; the test fails where it is none. */
static inline const struct json *parsed(struct arena *a, const char *text)
{
	const struct json *v = NULL;
	struct err err = {""};

	cr_assert_eq(json_parse(a, quoted(a, text), &v, &err), 0, "%s: %s", err.text, text);
	return v;
}

#endif
