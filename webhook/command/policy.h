/*
 * policy.h - what the files of `sparkgate policy` share. Private to command/.
 */
#ifndef COMMAND_POLICY_H
#define COMMAND_POLICY_H

#include "policy/load.h"

#include <stdio.h>

/* p as a table of at most 80 columns. now: seconds since 1970. */
void policy_print_table(FILE *out, const struct policy *p, struct arena *a, int64_t now);

/* p as one JSON object. */
struct slice policy_print_json(const struct policy *p, struct arena *a);

#endif
