/*
 * shipped.h - the policy files that are built into the program: policies/ of the
 * source tree, byte for byte, in the order of their paths. The Makefile generates the
 * source (tests/lib/embed). Constant for the life of the process.
 */
#ifndef POLICY_SHIPPED_H
#define POLICY_SHIPPED_H

#include <stddef.h>

struct shipped_policy {
	const char *path; /* "policies/x.yaml", for messages */
	const char *text; /* NUL-terminated */
	size_t len;
};

extern const struct shipped_policy shipped_policies[];
extern const size_t shipped_policy_count;

#endif
