/*
 * engine.h - the decision: what admission does with one object.
 *
 *	struct needs needs;
 *	engine_needs(&request, policy, arena, &needs);     // which facts
 *	... facts/ fills struct facts ...
 *	engine_decide(&request, &facts, policy, arena, &decision);
 *
 * Pure: no I/O, no clock (now is a fact), no globals. serve, review, audit and
 * explain call the same two functions, so they cannot disagree.
 *
 * Ownership: everything in the arena; it must outlive the decision. Threads: any number, one
 * arena each.
 */
#ifndef ADMISSION_ENGINE_H
#define ADMISSION_ENGINE_H

#include "admission/exemption.h"
#include "admission/review.h"
#include "policy/namespace.h"
#include "policy/policy.h"
#include "spark/spark.h"

enum endpoint { ENDPOINT_MUTATE, ENDPOINT_VALIDATE };

/* The webhook entries (docs/contract.md 3): their names are used in messages, metrics and audit keys. */
enum entry {
	ENTRY_PODS_MUTATE,
	ENTRY_CONFIG_MAPS_MUTATE,
	ENTRY_SERVERS_VALIDATE,
	ENTRY_EXECUTORS_VALIDATE,
	ENTRY_CONFIG_MAPS_VALIDATE,
	ENTRY_WORKLOADS_VALIDATE,
	ENTRY_NAMESPACES_VALIDATE,
	ENTRY_COUNT
};

const char *entry_name(enum entry entry); /* "pods.mutate.sparkgate.io" */

struct engine_request {
	enum endpoint endpoint;
	const struct review *review;
};

/* The facts that a decision needs. */
struct needs {
	const char *namespace; /* NULL = none */
	struct lookups lookups;
	const char *pods;            /* the namespace whose pods it wants to see, those that engine_wants_pod() selects; NULL = none */
	const struct policy *policy; /* by which it selects them */
};

enum namespace_state { NAMESPACE_UNKNOWN, NAMESPACE_KNOWN };

/* Pods of a namespace, for the guard: as many as could be looked at. */
struct pods_seen {
	bool asked;              /* false: the source does not know pods; nothing is said about them */
	bool known;              /* false: they could not be listed */
	const struct json *list; /* array of metadata and spec of those that engine_wants_pod() selects */
	size_t looked_at, total; /* of all the namespace's pods */
};

struct facts {
	enum namespace_state namespace_state; /* UNKNOWN: never seen: validate refuses servers, mutate changes nothing */
	const struct json *namespace;         /* the Namespace object, at least its metadata; NULL while unknown */
	struct lookups lookups;               /* those of needs, filled in */
	struct pods_seen pods;
	int64_t now;                          /* seconds since 1970: exemptions expire */
};

struct decision {
	enum entry entry;
	enum role role;
	const char *role_reason;
	struct namespace ns; /* mode MODE_NONE: not opted in */
	enum backend backend;
	spark_version version;
	bool judged; /* false: nothing to say about this object (role none, not opted in, deleted, unchanged) */

	struct changes changes;   /* what enforce does or would do */
	struct findings findings; /* what enforce says */
	struct json_patch patch;  /* what /mutate returns for this very object; empty = none */

	const char *way_out; /* what to do about Pod Security's refusal, one line; NULL = nothing to add */

	/* Which exemptions turned findings into notes; for a controller those that hold for its pods and, if the policy
	 * refuses controllers, those that hold for its author. */
	struct exemption_uses exemptions;

	bool allowed;    /* in the mode in force */
	bool verdict;    /* under enforce */
	const char *violated; /* of a refusal: only the rules and texts, without the object's name; NULL = allowed */

	/* Of a controller: what becomes of its pods in the mode in force. The pointers of pod_patch start at the
	 * controller. */
	struct json_patch pod_patch;
	bool pods_allowed;
	const char *pods_message; /* NULL if they are allowed */

	struct answer answer; /* to the API server, complete */
};

/* The mode in which a rule counts: the Pod Security half (pss.*, and what is said about executors' pod templates)
 * follows pss_mode, all else mode. */
enum mode engine_rule_mode(const struct namespace *ns, const char *rule);

/* Which facts the decision needs. */
void engine_needs(const struct engine_request *request, const struct policy *policy, struct arena *a,
		  struct needs *ret);

/* What becomes of a finding of d in the mode in force: the Pod Security half has its own. (Whether a controller itself
 * is refused is the policy's choice as well.) */
enum action finding_in_force(const struct decision *d, const struct finding *f);

/* Does the pod have a role that a change of its namespace may matter to, and does it run or will it? */
bool engine_wants_pod(const struct policy *policy, struct arena *a, const struct json *pod);

/* Decide. Never fails: what is wrong with the object is a refusal. */
void engine_decide(const struct engine_request *request, const struct facts *facts, const struct policy *policy,
		   struct arena *a, struct decision *ret);

/* Decide about an object that could not be read, for the reason why: namespace, operation and kind of the review are known.
 * Where enforce would refuse it just for that, warn and audit let it pass and say so (scope.unread). false, and *ret is
 * meaningless: the caller has to refuse it, since the namespace is in enforce, or not known, or the object is a
 * Namespace, which may be about to enter enforce. */
bool engine_decide_unread(const struct engine_request *request, const struct facts *facts, const struct policy *policy,
			  const char *why, struct arena *a, struct decision *ret);

#endif
