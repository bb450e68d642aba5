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

void admission_decide(struct admission *adm)
{
	engine_decide(&adm->request, &adm->facts, adm->policy, adm->arena, &adm->decision);
	adm->decided = true;
	adm->status = 200;
	adm->reply = answer_print(adm->arena, adm->review.uid, &adm->decision.answer);
}
