#include "http/admit.h"

#include "http/peek.h"

#include <stdio.h>

static const char *reason_of(unsigned code)
{
	switch (code) {
	case 413:
		return "RequestEntityTooLarge";
	case 503:
		return "ServiceUnavailable";
	default:
		return "BadRequest";
	}
}

/* The API server shows HTTP errors to nobody: with a uid, the refusal is an answer like any other. */
static void refuse(struct admission *adm, const char *uid, unsigned code, const char *message)
{
	const char *text = arena_printf(adm->arena, "sparkgate: %s", message);
	struct answer answer = {
		.allowed = false,
		.code = (int)code,
		.reason = reason_of(code),
		.message = text,
	};

	err_set(&adm->err, "%s", message);
	adm->status = uid ? 200 : code;
	adm->reply = uid ? answer_print(adm->arena, uid, &answer)
			 : slice_of(arena_printf(adm->arena, "%s\n", text));
}

/* What the body says of itself before the object. true: enough to judge by its namespace. */
static bool take_peeked(struct admission *adm, const struct peeked *p)
{
	struct review r = {.uid = arena_dup(adm->arena, slice_of(p->uid)), .group = "", .version = "", .kind = "",
			   .resource = "", .subresource = "", .namespace = "", .name = "", .user = ""};
	bool enough = p->namespace[0] && p->kind[0] && operation_parse(p->operation, &r.operation);

	if (enough) {
		r.namespace = arena_dup(adm->arena, slice_of(p->namespace));
		r.group = arena_dup(adm->arena, slice_of(p->group));
		r.kind = arena_dup(adm->arena, slice_of(p->kind));
		r.name = arena_dup(adm->arena, slice_of(p->name));
	}
	adm->review = r;
	return enough;
}

bool admission_unread(struct admission *adm, struct slice beginning, unsigned code, const char *message)
{
	struct peeked peeked;

	if (!peek(beginning, &peeked) || !take_peeked(adm, &peeked)) {
		refuse(adm, adm->review.uid, code, message);
		return false;
	}
	adm->unread = code;
	err_set(&adm->err, "%s", message);
	adm->request = (struct engine_request){adm->endpoint, &adm->review};
	adm->needs = (struct needs){.namespace = adm->review.namespace, .policy = adm->policy};
	return true;
}

bool admission_parse(struct admission *adm, struct slice body)
{
	int code = 400;
	struct err err;

	if (review_parse(adm->arena, body, &adm->review, &code, &err) < 0)
		return admission_unread(adm, body, (unsigned)code, err.text);
	adm->request = (struct engine_request){adm->endpoint, &adm->review};
	engine_needs(&adm->request, adm->policy, adm->arena, &adm->needs);
	return true;
}

/* Does the policy have rules with this id, and does rewriting serve them all? */
static bool is_rewritten(const struct policy *p, const char *id)
{
	bool some = false;

	for (size_t i = 0; i < p->rule_count; i++) {
		const struct rule *rule = &p->rules[i];
		if (strcmp(rule->id, id) != 0)
			continue;
		if (rule->verb == VERB_REQUIRE || rule->verb == VERB_FORBID)
			return false;
		some = true;
	}
	return some;
}

static bool only_rewriting_failed(const struct admission *adm)
{
	const struct findings *findings = &adm->decision.findings;

	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].action == ACTION_DENY && !is_rewritten(adm->policy, findings->items[i].rule))
			return false;
	return true;
}

/* In place, since a decision may point into itself: so the first one is made again if the other policy refuses, too. */
static void ask_the_other(struct admission *adm)
{
	const struct policy *first = adm->policy;

	adm->policy = adm->other;
	engine_decide(&adm->request, &adm->facts, adm->policy, adm->arena, &adm->decision);
	if (adm->decision.allowed)
		return;
	adm->policy = first;
	engine_decide(&adm->request, &adm->facts, adm->policy, adm->arena, &adm->decision);
}

static void decide(struct admission *adm)
{
	engine_decide(&adm->request, &adm->facts, adm->policy, adm->arena, &adm->decision);
	if (adm->other && adm->endpoint == ENDPOINT_VALIDATE && !adm->decision.allowed && only_rewriting_failed(adm))
		ask_the_other(adm);
}

/* An object that could not be read passes if its namespace refuses nothing, and the answer says so. */
static bool decide_unread(struct admission *adm)
{
	char why[ERR_TEXT_MAX];

	snprintf(why, sizeof(why), "%s", adm->err.text);
	if (!engine_decide_unread(&adm->request, &adm->facts, adm->policy, why, adm->arena, &adm->decision)) {
		refuse(adm, adm->review.uid, adm->unread, why);
		return false;
	}
	return true;
}

void admission_decide(struct admission *adm)
{
	if (adm->unread) {
		if (!decide_unread(adm))
			return;
	} else {
		decide(adm);
	}
	adm->decided = true;
	adm->status = 200;
	adm->reply = answer_print(adm->arena, adm->review.uid, &adm->decision.answer);
}
