/*
 * admit.h - one AdmissionReview from bytes to answer: parse, name the facts, decide, answer. Knows nothing of HTTP
 * connections.
 *
 *	struct admission adm = {.arena = arena, .endpoint = ENDPOINT_MUTATE, .policy = policy};
 *	if (admission_parse(&adm, body)) {
 *		... adm.needs -> adm.facts, now or later ...
 *		admission_decide(&adm);
 *	}
 *	... adm.status, adm.reply ...
 *
 * All state in between lives in the admission, so any time may pass before the facts are there.
 *
 * Two policies: while replicas change theirs (policy/store.h), an object may be rewritten by one and validated by the
 * other. So what /validate would refuse only for rules that rewriting serves (set, default, derive, disable, rename) is
 * judged by the other policy, too, and passes if that one allows it. Checks, exemptions, require and forbid are always
 * those of the policy in force.
 *
 * Ownership: the arena; policy is a reference that the caller drops afterwards.
 * Threads: one admission belongs to one request.
 */
#ifndef HTTP_ADMIT_H
#define HTTP_ADMIT_H

#include "admission/engine.h"

struct admission {
	struct arena *arena;
	enum endpoint endpoint;
	const struct policy *policy; /* the one that decided, in the end */
	const struct policy *other;  /* the previous or the next one; NULL = none */

	struct review review;
	struct engine_request request;
	struct needs needs;
	struct facts facts;
	struct decision decision;
	bool decided; /* decision is set */
	unsigned unread; /* code for the refusal of a body that could not be read, err says why; 0 = it was read */

	/* The answer: */
	unsigned status; /* 200, or 400, 413, 503 where no uid could be read */
	struct slice reply;
	struct err err; /* why, if it is a refusal without a decision */
};

/* Parse body. false: it is answered already (reply is set). A body that cannot be read is refused, unless enough of it
 * can be read to ask for its namespace: that may be one in which nothing is refused. */
bool admission_parse(struct admission *adm, struct slice body);

/* Decide with adm->facts and set reply. */
void admission_decide(struct admission *adm);

/* The same for a body that did not arrive as a whole, or arrived too late: a refusal with code (413 or
 * 503) and message, as a review if the part that there is holds its uid. */
bool admission_unread(struct admission *adm, struct slice beginning, unsigned code, const char *message);

#endif
