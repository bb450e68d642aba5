/*
 * plan.h - what a switch of one namespace to another backend means, before anything is written.
 *
 *	struct switch_goal goal = {.backend = BACKEND_STANDALONE, .master = "spark://spark-master:7077"};
 *	if (switch_plan_make(source, policy, now, &goal, arena, &plan, err) < 0) ...
 *	if (plan.refusal_count > 0) ...              // cannot: nothing may be written
 *
 * Each object is put to the engine that serves (admission/simulate.h), once with the namespace as it is and once as it
 * will be; the settings of an item are what differs between the two. A server sees ConfigMaps as they will be.
 *
 * A switch is all or nothing: an item that cannot switch (a bare pod, an operator's pod, an immutable ConfigMap, a
 * server that the other backend refuses) refuses the plan, or its namespace would run on two backends.
 *
 * Ownership: arena, which must outlive the source's namespace. Threads: one. Writes nothing. All texts are of the cluster
 * and hostile: whoever prints them tames them.
 */
#ifndef SWITCH_PLAN_H
#define SWITCH_PLAN_H

#include "audit/world.h"

#define SWITCH_MODE_KEY "sparkgate.io/backendMode"
#define SWITCH_MASTER_KEY "sparkgate.io/standaloneMaster"
#define SWITCH_BOUND_KEY "sparkgate.io/switch" /* record.h says what for */
#define SWITCH_RESTART_KEY "kubectl.kubernetes.io/restartedAt"

/* No namespace has more objects of Connect servers, and their names would not fit into the record. */
#define SWITCH_ITEMS_MAX 2000

/* Annotations of a Namespace; NULL = it has none. */
struct switch_words {
	const char *mode, *master;
	const char *bound; /* switch_record_digest() of the record of a switch that is under way */
};

struct switch_goal {
	enum backend backend;
	const char *master; /* --master; NULL: the annotation that is there, or the policy's */
	const struct json *namespace; /* in full, to see which tool manages it: sources leave that out; NULL = as the source has it */
};

enum switch_fate {
	SWITCH_RESTARTS,   /* a controller whose pods are Connect servers */
	SWITCH_READMITTED, /* a ConfigMap, rewritten by admission */
	SWITCH_ENDS,       /* an executor: it ends with its server */
	SWITCH_STAYS,      /* nothing about it changes */
	SWITCH_CANNOT      /* why says it, and what to do */
};

const char *switch_fate_name(enum switch_fate fate); /* "restarts" */

struct switch_setting {
	const char *key, *from, *to; /* from, to NULL: is not set */
};

struct switch_item {
	const char *kind, *name, *uid;
	enum switch_fate fate;
	const char *why;          /* NULL = nothing to say */
	const char *owner;        /* "Argo CD application team-a", which manages the object; NULL = none */
	const struct json *object;
	struct switch_setting *settings;
	size_t setting_count;
};

struct switch_plan {
	const char *namespace;
	const struct json *object; /* the Namespace */
	const char *owner;         /* as of an item */
	struct switch_words before, after;
	const char *from, *to;     /* backends; from "none" where the namespace names none */
	struct switch_item *items;
	size_t count, cap;
	const char **refusals;
	size_t refusal_count, refusal_cap;
	bool managed; /* by Argo CD or Flux: one of the refusals */
};

/* source holds the one namespace. -1 with err where it cannot be read. */
MUST_CHECK int switch_plan_make(struct audit_source *source, const struct policy *policy, int64_t now,
				const struct switch_goal *goal, struct arena *a, struct switch_plan *ret, struct err *err);

void switch_plan_refuse(struct switch_plan *plan, struct arena *a, const char *text);

/* Are from and to as it is after the switch? */
bool switch_plan_is_done(const struct switch_plan *plan);

/* It was found that nothing has to be done: what would restart stays. */
void switch_plan_stays(struct switch_plan *plan);

/* A copy of the Namespace with these annotations. */
const struct json *switch_namespace(struct arena *a, const struct json *namespace, const struct switch_words *words);

/* The annotations of the Namespace. */
struct switch_words switch_words_of(const struct json *namespace);

/* Which tool manages an object, by the labels and annotations that Argo CD and Flux set, and by what last wrote it
 * (managedFields, where they are there): "Flux Kustomization flux-system/apps"; NULL = none. */
const char *switch_owner(struct arena *a, const struct json *metadata);

#endif
