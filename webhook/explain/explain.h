/*
 * explain.h - why an object is (not) changed or refused, and what would change that: one decision taken apart.
 *
 *	struct explain_input in = {.review = &review, .facts = &facts, .policy = policy};
 *	struct explanation e;
 *	if (explain_object(&in, arena, &e, err) < 0) ...
 *
 * Everything is read off the same engine that decides (admission/simulate.h): nothing here judges. What would change the
 * verdict is found by asking the engine again with one thing changed, so each line of it holds.
 *
 * Values of settings are redacted as elsewhere (spark/setting.h). Explain reads with the rights of whoever runs it, so
 * values of looked-up ConfigMaps are shown, which an admission response never does.
 *
 * Bounds: those of the parts; EXPLAIN_RUNS_MAX runs of the engine, and eight for exemptions.
 * Ownership: the arena; the explanation points into review, facts and policy. Threads: no state. Nothing is printed here:
 * report/explain_table.c and report/explain_json.c do.
 */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include "admission/simulate.h"
#include "explain/past.h"
#include "policy/role_near.h"
#include "spark/places.h"

#define EXPLAIN_RUNS_MAX 40

struct explain_input {
	const struct review *review;
	const struct facts *facts;
	const struct policy *policy;
};

/* ---- the verdict ---- */

enum explain_verdict {
	EXPLAIN_NOT_OURS, /* no role: sparkgate says nothing about it */
	EXPLAIN_UNKNOWN,  /* nothing is known of its namespace */
	EXPLAIN_ALLOWED,  /* as it is */
	EXPLAIN_CHANGED,  /* changed, and then allowed */
	EXPLAIN_REFUSED
};

const char *explain_verdict_name(enum explain_verdict verdict); /* "notOurs", ...: for machines */

/* "refused", "changed and allowed", ...: for people. */
const char *explain_verdict_words(enum explain_verdict verdict);

/* ---- the parts ---- */

/* One fact of the namespace. */
struct explain_fact {
	const char *name;  /* "backend" */
	const char *value; /* "standalone"; NULL = none */
	const char *from;  /* "annotation sparkgate.io/backendMode", "default", "policy" */
};

/* One Spark key of one invocation. */
struct explain_setting {
	const char *key;
	const char *server;               /* the container; NULL in a ConfigMap */
	const struct place_value *places; /* as the object is; NULL where none sets it */
	size_t count;
	const struct place_value *after;  /* the winner after sparkgate's rewriting; NULL = none */
	bool changed;                     /* is after another value than the winner before? */
};

/* One rule that did or found something. */
struct explain_rule {
	const char *rule;
	const char *why;      /* by the policy, or which check of Pod Security it is */
	const char *versions; /* of Spark, of Kubernetes for pss.*: "all", "4.0 and later", "in this form since v1.8" */
	enum action action;   /* by the policy; of a change ACTION_OFF */
	enum action in_force; /* in this mode */
	const char *effect;   /* "refuses it", "only warned of: mode is warn", "exempted by 'x' until ..." */
	const struct change *change;   /* either of the two */
	const struct finding *finding;
	struct place place;            /* its place */
	bool again; /* the rule came up before: its why need not be repeated */
};

/* One thing that, changed alone, gives another verdict. */
struct explain_way {
	const char *what;    /* "sparkgate.io/hardening: force", "ConfigMap 'x' readable" */
	enum explain_verdict verdict;
	const char *outcome; /* "it is changed and allowed", "it runs on k8s" */
	const char *command; /* that does it; NULL = none can be named */
	/* The id of an exemption that is for others: what says whom it is for, the verdict is theirs (of a controller, whose
	 * pods nobody creates by hand, its own). NULL = no exemption. */
	const char *exemption;
};

struct explanation {
	const struct review *review;
	const struct policy *policy;
	const struct simulation *simulation;
	const struct decision *decision; /* of simulation: the one that knows most */
	enum explain_verdict verdict;
	const char *why; /* one sentence */

	struct role_match match;
	struct role_near near;

	struct explain_fact *facts;
	size_t fact_count, fact_cap;
	struct namespace_problem *problems; /* of the namespace and of the object's override */
	size_t problem_count;

	struct texts rewritten; /* names of looked-up ConfigMaps whose text is sparkgate's writing, not their author's */
	size_t rewritten_cap;

	struct spark_places before, after;
	struct explain_setting *settings;
	size_t setting_count, setting_cap;

	struct explain_rule *rules;
	size_t rule_count, rule_cap;

	struct explain_way *ways;
	size_t way_count, way_cap;

	const struct past *past; /* a decision that was recorded; NULL = none. Set by the caller */
};

/* -1 where our own patch does not apply (admission/simulate.h). */
MUST_CHECK int explain_object(const struct explain_input *in, struct arena *a, struct explanation *ret, struct err *err);

#endif
