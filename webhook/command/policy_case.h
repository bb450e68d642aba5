/*
 * policy_case.h - run a case of kind Tests (policy/tests.h): the whole admission of its object, by the engine that
 * serves, and what of it is not as expected. Private to command/.
 *
 * Ownership: arena. Threads: any number, one arena each; json_setup() must have run. No clock: now is an argument.
 */
#ifndef COMMAND_POLICY_CASE_H
#define COMMAND_POLICY_CASE_H

#include "policy/tests.h"

/* One expectation that was not met. */
struct policy_case_failure {
	const char *what;     /* "allowed", "role", "backend", "rules", or a Spark key */
	const char *expected; /* NULL = absent */
	const char *got;      /* NULL = absent */
	const char *hint;     /* one more line: the refusal, what has not been given; NULL = none */
};

struct policy_case_result {
	struct policy_case_failure *failures; /* none: it passed */
	size_t count, cap;
	const char *hint; /* why it would hold whatever the policy says, against expectation; NULL = it would not */
	bool empty;       /* with that hint, and it expects no more than allowed: true. A failure says it */
};

/* now: seconds since 1970, of a case that names no day itself. */
void policy_case_run(const struct policy_test *test, const struct policy *policy, int64_t now, struct arena *a,
		     struct policy_case_result *ret);

#endif
