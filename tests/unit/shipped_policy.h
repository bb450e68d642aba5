/* The shipped policy, for tests: loaded anew by each test, which must drop it. */
#ifndef TESTS_SHIPPED_POLICY_H
#define TESTS_SHIPPED_POLICY_H

#include "base/json.h"
#include "policy/load.h"

#include <criterion/criterion.h>

static inline struct policy *shipped_policy(void)
{
	const struct policy_options options = {0};
	struct policy *p = NULL;
	struct err err = {""};

	json_setup();
	cr_assert_eq(policy_load(&options, &p, &err), 0, "%s", err.text);
	return p;
}

/* Parse JSON written with ' instead of ". */
static inline const struct json *json_of(struct arena *a, const char *text)
{
	const struct json *v = NULL;
	struct err err = {""};
	char *copy = arena_dup(a, slice_of(text));

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	cr_assert_eq(json_parse(a, slice_of(copy), &v, &err), 0, "%s: %s", text, err.text);
	return v;
}

#endif
