/*
 * tests.h - the cases of kind Tests, as a policy keeps them if asked to (policy_options.keep_tests):
 * an object, where and by whom it is written, and what a policy should make of it.
 *
 *	const struct policy_options options = {.paths = paths, .path_count = n, .keep_tests = true};
 *	...
 *	for (size_t i = 0; i < policy->test_count; i++)
 *		policy_case_run(&policy->tests[i], policy, now, arena, &outcome);     // command/policy_case.h
 *
 * A server keeps none: it checks the form of tests, and forgets them.
 *
 * Ownership: everything in the policy's arena. Threads: read-only.
 */
#ifndef POLICY_TESTS_H
#define POLICY_TESTS_H

#include "base/json.h"
#include "policy/policy.h"

/* The value of a Spark key after admission. */
struct policy_test_setting {
	const char *key;
	const char *value; /* NULL = it must not be set */
};

/* What a case does not state is not checked. */
struct policy_test_expect {
	bool asks_allowed, asks_role, asks_backend;
	bool allowed; /* in the mode of the namespace; of a controller: its pods */
	enum role role;
	enum backend backend;
	struct texts rules;  /* ids of findings or changes, '*' for any run of bytes */
	struct texts absent; /* those that were written with a leading '!' */
	struct policy_test_setting *settings;
	size_t setting_count;
};

struct policy_test {
	const char *file;
	unsigned line;
	const char *name;
	const char *why; /* NULL = not stated */

	const struct json *namespace; /* a Namespace object */
	const char *namespace_name;
	const struct json *object;
	const struct json *old_object;  /* of an UPDATE; NULL = none */
	const struct json *config_maps; /* an array of ConfigMaps; NULL = none */
	bool update;
	const char *user;          /* of the request; "" = nobody in particular */
	const struct json *groups; /* an array of texts; NULL = none */
	int64_t now;               /* seconds since 1970; 0 = not stated */

	struct policy_test_expect expect;
};

#endif
