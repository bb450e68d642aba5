/*
 * rules.h - the backend rules of the policy, evaluated: from what is set to what
 * must be changed. Knows nothing about carriers; pods and ConfigMaps share it.
 *
 *	struct rule_edits edits;
 *	rules_evaluate(&input, arena, &edits);
 *	for each edit: cmdline_set() or a struct property_edit
 *
 * Verbs (docs/contract.md 4)
 *	set      always an edit (the carrier skips it where it already says so)
 *	default  an edit where the key is absent (or its value counts as absent), or where it is
 *		 unseen and the rule is `needed`; one with the value there is, where only a
 *		 variable sets it, or the rule is `needed` and the file is perhaps not read
 *	derive   spark.cores.max from executors x cores; spark.executor.instances the other way round
 *		 sizes that a text of the container names besides are never replaced by another number:
 *		 they are repeated where they can be read, else a file that is not seen keeps them
 *	disable  an edit without a value for keys that break the backend
 *	rename   an edit that moves the value
 *	require, forbid	 no edit; rules_check() finds them
 *
 * Ownership: arena. Threads: no state.
 */
#ifndef SPARK_RULES_H
#define SPARK_RULES_H

#include "policy/namespace.h"
#include "policy/policy.h"
#include "spark/effective.h"
#include "spark/rule_settings.h"
#include "spark/sizes.h"

/* What is said of sizes that a text of the container names and nobody can read: their keys. */
#define RULES_LEFT_TO_SCRIPT "%s: left to the script; write spark.cores.max, else all cores"

/* What the placeholders of a rule's value stand for (policy/template.h); ptr NULL = not available here. */
struct rule_values {
	struct slice master, namespace;
	struct slice pod_ip, pod_name; /* "$(POD_IP)" */
	struct slice image, pull_secrets;
};

struct rule_input {
	const struct policy *policy;
	enum backend backend;
	spark_version version;
	const struct view *view; /* what is set; files for rewriting as their user wrote them */
	struct rule_values values;
	const struct sizes *sizes; /* standalone: what texts of the container say besides, where that may count; NULL: nothing */
	bool in_file; /* a ConfigMap text: rules that need the pod are left out, nothing is unseen */
};

struct rule_edit {
	const struct rule *rule;
	struct slice key;
	struct slice value;  /* ptr NULL: the key must go (disable) */
	struct slice new_key; /* rename: the key that gets value; ptr NULL otherwise */
	bool of_variable;    /* value is the rule's, and has the pod's address or name */
	bool from_unseen;    /* written although a file could not be read: deserves a warning */
	struct setting_group now; /* disable: what is set for key, which is one of thousands perhaps */
};

struct rule_edits {
	struct rule_edit *items;
	size_t count, cap;
	struct rule_edit *skipped; /* default and derive edits left out because a file could not be read, or what sizes say is not known */
	size_t skipped_count, skipped_cap;
};

/* A rule's value with its placeholders filled in; ptr NULL where one is not available. */
struct slice rules_fill(const struct rule_input *input, struct arena *a, const char *template);

void rules_evaluate(const struct rule_input *input, struct arena *a, struct rule_edits *ret);

/* Judge the settings as they are: `set` keys with another value, `needed` keys that are absent, violations of `require`
 * and `forbid`, and `disable` keys that are still there (in a file that is not ours to write, without a harmless
 * value). */
void rules_check(const struct rule_input *input, struct arena *a, struct findings *findings);

#endif
