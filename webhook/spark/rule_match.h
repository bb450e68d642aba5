/*
 * rule_match.h - does a rule of the policy concern a setting: its backend and version, its key, its value?
 *
 * Ownership: nothing is copied or allocated. Threads: no state.
 */
#ifndef SPARK_RULE_MATCH_H
#define SPARK_RULE_MATCH_H

#include "policy/policy.h"
#include "spark/setting.h"

/* Does the rule concern this backend and version? Asked of all rules: of half of them the backend is another. */
static inline bool rule_applies(const struct rule *rule, enum backend backend, spark_version version)
{
	return rule->backend == backend && version_in(rule->versions, version);
}

/* What a rule is about: a key, or all keys with a prefix ("spark.kubernetes.*"). */
struct wanted {
	struct slice text;
	bool prefix;
};

struct wanted rule_wants(const struct rule *rule);

static inline bool key_fits(const struct wanted *wanted, struct slice key)
{
	if (key.len < wanted->text.len || (!wanted->prefix && key.len != wanted->text.len))
		return false;
	return memcmp(key.ptr, wanted->text.ptr, wanted->text.len) == 0;
}

/* Does value match the rule's `match`? One with a '*' is a pattern for the whole value without surrounding blanks; any
 * other may occur anywhere in the value, in any letter case. */
bool rule_matches(const struct rule *rule, struct slice value);

/* Does it match, or may it? Spark replaces ${...} (core/internal/config/ConfigReader.scala), the kubelet $(...), and a shell more. */
bool rule_may_match(const struct rule *rule, const struct setting *s);

/* Does s have the value that a `disable` rule calls harmless? */
bool rule_is_content(const struct rule *rule, const struct setting *s);

/* The `disable` rule by which s breaks the backend, or may; NULL: there is none, or s has the value that the rule calls harmless. */
const struct rule *rule_broken_by(const struct policy *p, enum backend backend, spark_version version, const struct setting *s);

/* May one of the settings be one of policy's wrong_keys (policy_wrong_key())? Nearly never, which is known without asking for each. */
bool wrong_keys_possible(const struct policy *p, const struct settings *list);

#endif
