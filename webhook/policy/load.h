/*
 * load.h - policy files into one compiled policy.
 *
 *	const struct policy_options options = {.paths = paths, .path_count = n};
 *	struct policy *policy;
 *	if (policy_load(&options, &policy, err) < 0)
 *		return err_wrap(err, "policies");   // "site.yaml:7: unknown key 'sett', did you mean 'set'?"
 *	...
 *	policy_unref(policy);
 *
 * Layers: first the one that is built into the program (policies/), then one for each path, a file or a
 * directory (its *.yaml, *.yml and *.json, sorted by name, not recursively). Within a layer the order does
 * not matter and an id occurs once; a later layer overrides an earlier one by id: rules by backend and id,
 * checks, exemptions and entrypoints by theirs, bounds and lists by their key.
 *
 * All or nothing: one problem in one file, or a path without any document (unless it may be
 * empty), and there is no policy. The YAML is strict
 * (base/yaml.h); unknown kinds, keys, verbs, actions, checks and roles are refused
 * with the nearest known word. Selectors of later layers may only narrow the shipped
 * ones, since the API server calls the webhook by those (but see wider_selectors).
 *
 * Ownership: a policy is counted (policy.h), it keeps nothing of its sources. Problems live in the
 * arena given. Threads: no state; loading in one thread while others use older policies is
 * fine. json_setup() must have run.
 */
#ifndef POLICY_LOAD_H
#define POLICY_LOAD_H

#include "policy/policy.h"

#define POLICY_API_VERSION "policy.sparkgate.io/v1"

/* What is wrong in a policy file. */
struct policy_problem {
	const char *file;
	unsigned line; /* 0 = the file as a whole */
	const char *message;
};

struct policy_problems {
	struct policy_problem *items;
	size_t count, cap;
};

/* One text of a layer: a file, a key of a ConfigMap. */
struct policy_source {
	const char *name; /* for messages */
	struct slice text;
};

struct policy_layer {
	const struct policy_source *sources;
	size_t count;
	const char *path; /* it must hold a document, or somebody named the wrong place; NULL = it may be empty */
};

/* Per layer. A ConfigMap has no more; anybody who writes more wants a tool, not a webhook's policy. */
#define POLICY_FILES_MAX 256

struct policy_options {
	const char *const *paths; /* layers above the shipped one, in order */
	size_t path_count;
	const struct policy_layer *above; /* one more, above those; NULL = none */
	/* Selectors may be wider than the shipped ones: somebody else sees to it that the webhook is called for that
	 * too (policy_guard in policy/store.h). */
	bool wider_selectors;
	/* Rule ids that are not in policy files ("pss.runAsNonRoot", ...): what exemptions may name.
	 * NULL: ids that begin with "pss." are taken as they are. */
	const struct texts *known_ids;
	/* A path may hold no document, as the folder does at which a ConfigMap that need not exist is mounted. */
	bool may_be_empty;
	/* The cases of kind Tests stay in the policy (policy/tests.h): for code that runs them. */
	bool keep_tests;
};

/* Load all layers. -1 with the first problem in err ("file:line: message"), *ret untouched. */
MUST_CHECK int policy_load(const struct policy_options *options, struct policy **ret, struct err *err);

/* The same with all problems, for lint: NULL if there is one. */
struct policy *policy_load_all(const struct policy_options *options, struct arena *a, struct policy_problems *problems);

/* ---- texts that are not files ---- */

/* The layer that is built in (policy/shipped.h). */
struct policy_layer policy_shipped(struct arena *a);

/* Compile layers, the shipped one first. Of options only known_ids, wider_selectors and keep_tests count; NULL =
 * none of them. NULL if there are problems. */
struct policy *policy_compile(const struct policy_layer *layers, size_t count, const struct policy_options *options,
			      struct arena *a, struct policy_problems *problems);

#endif
