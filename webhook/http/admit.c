#include "http/admit.h"

#include "http/uid.h"

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

/* The API server shows HTTP errors to nobody: with a uid the refusal is an answer like any other. */
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

void admission_refuse(struct admission *adm, struct slice beginning, unsigned code, const char *message)
{
	char uid[REVIEW_UID_MAX + 1];

	if (uid_peek(beginning, uid))
		adm->review.uid = arena_dup(adm->arena, slice_of(uid));
	refuse(adm, adm->review.uid, code, message);
}

bool admission_parse(struct admission *adm, struct slice body)
{
	int code = 400;
	struct err err;

	if (review_parse(adm->arena, body, &adm->review, &code, &err) < 0) {
		if (adm->review.uid)
			refuse(adm, adm->review.uid, (unsigned)code, err.text);
		else
			admission_refuse(adm, body, (unsigned)code, err.text);
		return false;
	}
	adm->request = (struct engine_request){adm->endpoint, &adm->review};
	engine_needs(&adm->request, adm->policy, adm->arena, &adm->needs);
	return true;
}

/* Does the policy have a rule of this id, and rewriting serves it? */
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

/* In place, since a decision may lead into itself: so the first is made again where the other policy refuses too. */
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

void admission_decide(struct admission *adm)
{
	engine_decide(&adm->request, &adm->facts, adm->policy, adm->arena, &adm->decision);
	if (adm->other && adm->endpoint == ENDPOINT_VALIDATE && !adm->decision.allowed && only_rewriting_failed(adm))
		ask_the_other(adm);
	adm->decided = true;
	adm->status = 200;
	adm->reply = answer_print(adm->arena, adm->review.uid, &adm->decision.answer);
}
