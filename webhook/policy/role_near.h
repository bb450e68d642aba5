/*
 * role_near.h - why a pod or ConfigMap has its role: everything that says so, and what would have given it another role
 * had it been written a little differently. For explain; no decision depends on it.
 *
 *	struct role_near near;
 *	role_near_of_pod(policy, arena, metadata, spec, "", match.role, &near);
 *	for (size_t i = 0; i < near.miss_count; i++)
 *		...  near.misses[i].kind, .where, .found, .wanted
 *
 * The rules are role.h's (docs/contract.md 2, Roles), looked at from the other side: a label's key with another value, a
 * value under another key, some of several labels, a word in another case, a word only in env, the executor's
 * label without its shape. Signs and misses are in the order of the selectors.
 *
 * Bounds: ROLE_NEAR_MAX of each; `more` says that there were others. Each text is searched once for each word of the policy.
 * Ownership: the arena; slices of the object are copied, values as they are (code that prints them takes care of
 * control characters).
 * Threads: no state. Nothing is printed here.
 */
#ifndef POLICY_ROLE_NEAR_H
#define POLICY_ROLE_NEAR_H

#include "policy/role.h"

#define ROLE_NEAR_MAX 24

/* One thing that gives the object its role. */
struct role_sign {
	const char *text;      /* "label app=spark-connect", "start-connect-server.sh" */
	const char *container; /* NULL for a label */
	const char *pointer;   /* "/metadata/labels/app", "/spec/containers/0/args/2" */
};

enum near_kind {
	NEAR_LABEL_VALUE,   /* the label is there with another value */
	NEAR_LABEL_KEY,     /* the value is under another label, or in another case */
	NEAR_LABEL_MISSING, /* one of several labels is not there */
	NEAR_BEATEN,        /* it is all there, but what the commands say counts more */
	NEAR_WORD_CASE,     /* a word of a command differs in case */
	NEAR_WORD_ENV,      /* the word is only in an environment variable */
	NEAR_SHAPE,         /* the executor's label without the executor's shape */
	NEAR_SHAPE_ALONE,   /* the executor's shape without its label */
	NEAR_TEXT           /* a ConfigMap's text names spark.connect.*, but it is not a properties text, or it does so in a comment */
};

const char *near_kind_name(enum near_kind kind); /* "labelValue", ...: for machines */

struct near_miss {
	enum role role; /* the one it would have had */
	enum near_kind kind;
	const char *where;  /* "label app", "container spark, args[0]", "container spark, env JAVA_OPTS" */
	const char *found;  /* what is there; NULL = nothing */
	const char *wanted; /* what would count there */
};

struct role_near {
	struct role_sign signs[ROLE_NEAR_MAX];
	size_t sign_count;
	struct near_miss misses[ROLE_NEAR_MAX];
	size_t miss_count;
	bool more; /* there were more of either */
};

/* role: the one that role_of_pod() gave; pointer: of metadata and spec in the object, "" or "/spec/template". */
void role_near_of_pod(const struct policy *p, struct arena *a, const struct json *metadata, const struct json *spec,
		      const char *pointer, enum role role, struct role_near *ret);

void role_near_of_config_map(const struct policy *p, struct arena *a, const struct json *config_map, enum role role,
			     struct role_near *ret);

#endif
