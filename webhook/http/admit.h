/*
 * admit.h - the way of one AdmissionReview: parse, name the facts, decide,
 * answer. Knows nothing of HTTP connections.
 *
 *	struct admission adm = {.arena = arena, .endpoint = ENDPOINT_MUTATE, .policy = policy};
 *	if (admission_parse(&adm, body)) {
 *		... adm.needs -> adm.facts, now or later ...
 *		admission_decide(&adm);
 *	}
 *	... adm.status, adm.reply ...
 *
 * Everything in between lives in the admission, so any time may pass before the
 * facts are there.
 *
 * Two policies: while replicas change theirs (policy/store.h), an object may have been rewritten by the one and be
 * validated by the other. So what /validate would refuse for rules alone that rewriting serves (set, default, derive,
 * disable, rename) is judged by the other policy too, and passes where that one is content. Checks, exemptions, require and
 * forbid are the policy's in force, always.
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
	const struct policy *policy; /* by which it was decided, in the end */
	const struct policy *other;  /* the one before it, or next; NULL = none */

	struct review review;
	struct engine_request request;
	struct needs needs;
	struct facts facts;
	struct decision decision;
	bool decided; /* decision is set */
	unsigned unread; /* the code of the refusal of a body that could not be read; 0 = it was. err says why */

	/* The answer: */
	unsigned status; /* 200, or 400, 413, 503 where no uid could be read */
	struct slice reply;
	struct err err; /* why, where it is a refusal without a decision */
};

/* Parse body. false: it is answered already (reply is set). A body that cannot be read is refused, but where enough of
 * it can be read to ask for its namespace: it may be one in which nothing is refused. */
bool admission_parse(struct admission *adm, struct slice body);

/* Decide with adm->facts and set reply. */
void admission_decide(struct admission *adm);

/* The same for a body that was not read as a whole, or too late: code 413 or 503 and a text, in a review
 * if its uid stands in the part that there is. */
bool admission_unread(struct admission *adm, struct slice beginning, unsigned code, const char *message);

#endif
