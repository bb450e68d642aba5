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
 * Ownership: the arena; policy is a reference that the caller drops afterwards.
 * Threads: one admission belongs to one request.
 */
#ifndef HTTP_ADMIT_H
#define HTTP_ADMIT_H

#include "admission/engine.h"

struct admission {
	struct arena *arena;
	enum endpoint endpoint;
	const struct policy *policy;

	struct review review;
	struct engine_request request;
	struct needs needs;
	struct facts facts;
	struct decision decision;
	bool decided; /* decision is set */

	/* The answer: */
	unsigned status; /* 200, or 400, 413, 503 where no uid could be read */
	struct slice reply;
	struct err err; /* why, where it is a refusal without a decision */
};

/* Parse body. false: it is answered already (reply is set). */
bool admission_parse(struct admission *adm, struct slice body);

/* Decide with adm->facts and set reply. */
void admission_decide(struct admission *adm);

/* Answer a body that was not read as a whole, or too late: code 413 or 503 and a text, in a review
 * if its uid stands in the part that there is. */
void admission_refuse(struct admission *adm, struct slice beginning, unsigned code, const char *message);

#endif
