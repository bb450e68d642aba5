/*
 * hygiene_rules.h - private to audit/: the rules that hygiene.c asks, one file each, and what they share.
 *
 * A rule looks at one struct hygiene_case and says what it has found by hygiene_say(); it never fails. Ownership: arena of
 * the case. Threads: one.
 */
#ifndef AUDIT_HYGIENE_RULES_H
#define AUDIT_HYGIENE_RULES_H

#include "admission/subject.h"
#include "audit/hygiene.h"
#include "pss/pss.h"
#include "spark/ask.h"

struct hygiene_case {
	struct hygiene *h;
	struct arena *a;
	struct findings *ret;

	/* For an object; NULL for the Namespace. */
	const struct hygiene_seen *seen;
	const struct decision *d;  /* what the engine read of it: role, its namespace with overrides */
	bool has_pod;              /* it is a pod or a controller; then */
	struct subject created;    /* the pod as it will be created in the mode in force, */
	struct role_match match;   /* and its role */

	/* Only for a Connect server. */
	struct spark_pod pod; /* created, opened */
	struct spark_asks asks;
};

/* Nothing where the policy says off. */
void hygiene_say(const struct hygiene_case *c, const char *rule, const char *pointer, const char *message);
bool hygiene_is_on(const struct hygiene_case *c, const char *rule);

const char *hygiene_name(const struct hygiene_case *c);  /* of the object */
bool hygiene_is_server(const struct hygiene_case *c);    /* a Connect server that could start Spark */
bool hygiene_is_daemon(const struct hygiene_case *c);
bool hygiene_hardens(const struct hygiene_case *c);      /* are pods hardened, in the mode in force? */

/* How to replace the running pod: "kubectl rollout restart deployment/x -n ns". */
const char *hygiene_restart(const struct hygiene_case *c);

void hygiene_backend_drift(const struct hygiene_case *c);
void hygiene_config_map_drift(const struct hygiene_case *c);
void hygiene_security_drift(const struct hygiene_case *c);
void hygiene_opt_in(const struct hygiene_case *c);
void hygiene_native(const struct hygiene_case *c);
void hygiene_count(const struct hygiene_case *c);
void hygiene_demanded(const struct hygiene_case *c);
void hygiene_limit_range(const struct hygiene_case *c);
void hygiene_service(const struct hygiene_case *c);
void hygiene_shared(const struct hygiene_case *c);

/* Once a namespace: what its LimitRanges say, so that a container costs the same however many there are. */
void hygiene_read_bounds(struct hygiene *h);

/* For the Namespace. */
void hygiene_namespace_opt_in(const struct hygiene_case *c);
void hygiene_namespace_native(const struct hygiene_case *c);
void hygiene_namespace_quota(const struct hygiene_case *c);
void hygiene_namespace_service(const struct hygiene_case *c);

/* An executor pod as Spark would make it for ask; hygiene_ask.c. NOT_SET where Spark sets nothing. *known: false where
 * a number is known at run time only. */
struct amounts hygiene_executor_amounts(const struct hygiene_case *c, const struct spark_ask *ask, bool *known);

#endif
