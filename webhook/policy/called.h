/*
 * called.h - compares what the API server calls us for, as the two webhook configurations in force say it, with what
 * the policy has a role for: whatever has a role must be called for.
 *
 *	struct called_gaps gaps = {0};
 *	called_compare(CALLED_MUTATING, configuration, policy, arena, &gaps);
 *	for (size_t i = 0; i < gaps.count; i++)
 *		puts(gaps.items[i].text);
 *	// "label 'app=spark-connect' of role connect-server is not in the matchConditions of pods.mutate.sparkgate.io"
 *
 * Checked for each of our entries: that it is there; that failurePolicy, reinvocationPolicy, namespaceSelector
 * (sparkgate.io/mode Exists) and objectSelector are as we ship them (manifests/webhook-configurations.yaml); that no
 * matchCondition has a name that we do not ship, since it might leave out anything; and that the condition that selects
 * is surely true (policy/condition.h) for each label and each word of the policy's Selectors, its entrypoints and its
 * ConfigMap labels. To be called for more than that is fine: an entry without conditions has no gap.
 *
 * failurePolicy can be an operator's choice (to look around without the risk of an outage): a changed one is reported,
 * but does not count as a miss.
 *
 * The rules of an entry, and the conditions that do not select (not-being-deleted, ...), are not compared.
 * tests/conformance/selectors asks the API server's own code about what we ship.
 *
 * Ownership: the arena. Threads: no state.
 */
#ifndef POLICY_CALLED_H
#define POLICY_CALLED_H

#include "base/json.h"
#include "policy/policy.h"

enum called_kind { CALLED_MUTATING, CALLED_VALIDATING, CALLED_KINDS };

/* Is that the name of a webhook of sparkgate's, of whatever release? "pods.mutate.sparkgate.io" */
bool called_is_ours(struct slice webhook);

/* "mutating", "validating" */
const char *called_kind_name(enum called_kind kind);

struct called_gap {
	const char *text;
	bool selector; /* about a selector of the policy's: a narrower policy would not have it */
	bool choice;   /* only failurePolicy or reinvocationPolicy: all is called for, but not as shipped */
};

#define CALLED_GAPS_MAX 256

struct called_gaps {
	struct called_gap *items;
	size_t count, cap;
	bool unread; /* a condition could not be read: what it is true for is not known */
};

/* Is there a gap that is not a choice? */
bool called_misses(const struct called_gaps *gaps);

/* Add the gaps, CALLED_GAPS_MAX at most. configuration: the object, whatever it holds; NULL = there is none. */
void called_compare(enum called_kind kind, const struct json *configuration, const struct policy *p, struct arena *a,
		    struct called_gaps *ret);

#endif
