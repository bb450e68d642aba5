/*
 * policy_facts.h - a policy as a sorted list of small facts, so that two of them can be compared without knowing what
 * they are about. Private to command/.
 *
 *	rule       "k8s backend.master"    value   "{master}"
 *	check      "connect.deployMode"    action  "deny"
 *	bound      "controllers"           value   "warn"
 *
 * Ownership: arena, and the policy, which must live as long. Threads: no state.
 */
#ifndef COMMAND_POLICY_FACTS_H
#define COMMAND_POLICY_FACTS_H

#include "policy/policy.h"

/* In the order in which they are shown. */
enum policy_section {
	SECTION_RULE,
	SECTION_CHECK,
	SECTION_BOUND,
	SECTION_SELECTOR,
	SECTION_ENTRYPOINT,
	SECTION_WRONG_KEY,
	SECTION_EXEMPTION,
	SECTIONS
};

const char *policy_section_name(enum policy_section section); /* "rule" */

struct policy_fact {
	enum policy_section section;
	const char *id, *field, *value; /* a value of "" is not listed */
	unsigned order;                 /* of the field in its thing */
};

struct policy_facts {
	struct policy_fact *items; /* by section, id and field; each thing has one at least */
	size_t count, cap;
};

void policy_facts_of(const struct policy *p, struct arena *a, struct policy_facts *ret);

/* Section and id: below, equal to or above 0. */
int policy_fact_compare(const struct policy_fact *x, const struct policy_fact *y);

#endif
