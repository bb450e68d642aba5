/* fuzzing.h - what fuzz targets share: a condition that must hold, and the shipped policy. */
#ifndef FUZZING_H
#define FUZZING_H

#include "base/json.h"
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

#endif
