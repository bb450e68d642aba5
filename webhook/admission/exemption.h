/*
 * exemption.h - findings that somebody answers for: a policy's Exemptions turn a refusal or a warning into a note for
 * the audit log, until they expire.
 *
 *	const struct exemption_asker who = exemption_asker_of(review);
 *	const struct texts rules = exemption_rules(policy, &who, now, arena);   // what hardening leaves alone
 *	...
 *	exempt(policy, &who, now, arena, &findings, &uses);                     // and which were used for it
 *
 * The asker is the user of the request, as the API server authenticated it. The pods of a controller are created by
 * the controller's own account (system:serviceaccount:kube-system:replicaset-controller, job-controller, ...), never
 * by the author of the Deployment: so `users` and `groups` hold for what people create themselves, and an exemption
 * for a Deployment's pods names the pods (`names: ["connect-*"]`) and no user. What an object says about itself (an
 * annotation, a label) exempts from nothing: its author may write anything.
 *
 * Pure. Ownership: what is returned points into the policy, and lives as long. Threads: no state.
 */
#ifndef ADMISSION_EXEMPTION_H
#define ADMISSION_EXEMPTION_H

#include "admission/review.h"
#include "policy/policy.h"

/* What an exemption's namespaces, names, users and groups are matched against. */
struct exemption_asker {
	const char *namespace, *name;
	const char *user;          /* "" = nobody known */
	const struct json *groups; /* NULL = none */
};

/* An exemption that turned findings into notes. */
struct exemption_use {
	const struct exemption *exemption;
	struct texts rules; /* ids, each once, in the order of the findings */
};

/* At most as many as there were findings. */
struct exemption_uses {
	struct exemption_use *items;
	size_t count, cap;
};

struct exemption_asker exemption_asker_of(const struct review *r);

/* The pods of a controller, before they are there: the asker is not known, and their names begin with the
 * controller's and a '-' (so "connect-*" and "connect*" are theirs, "connect" is not). */
struct exemption_asker exemption_asker_of_pods(struct arena *a, const struct review *r);

/* Does e hold for the asker now (seconds since 1970)? Which rules it is about is another question. */
bool exemption_covers(const struct exemption *e, const struct exemption_asker *who, int64_t now);

/* The rules of all exemptions that hold for the asker: ids, '*' for any run of bytes. */
struct texts exemption_rules(const struct policy *p, const struct exemption_asker *who, int64_t now, struct arena *a);

/* Set every exempted finding that would refuse or warn to ACTION_AUDIT, and record in uses by which exemption: if
 * several would, by the first in the policy. */
void exempt(const struct policy *p, const struct exemption_asker *who, int64_t now, struct arena *a,
	    struct findings *findings, struct exemption_uses *uses);

/* Add from to to; what both have is there once. */
void exemption_uses_add(struct arena *a, const struct exemption_uses *from, struct exemption_uses *to);

/* "until 2027-03-31", "for ever" */
const char *exemption_until(struct arena *a, const struct exemption *e);

/* "ID (owner, until 2027-03-31): rule, rule; ID ...": for people and the audit log. NULL if there are none. */
const char *exemption_uses_text(struct arena *a, const struct exemption_uses *uses);

/* The exemption that covers rule for this request, of a controller for its pods; NULL if none does. For code that explains. */
const struct exemption *exemption_of(const struct policy *p, const struct review *r, int64_t now, const char *rule, struct arena *a);

/* Is the asker one of these users or in one of these groups ('*' for any run of bytes)? */
bool asked_by(const struct texts *users, const struct texts *groups, const struct exemption_asker *who);

#endif
