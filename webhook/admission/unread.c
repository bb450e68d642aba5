/*
 * Objects that cannot be looked at: larger than what is read, or not strict JSON. Whether that means a refusal is up
 * to the namespace, like everything else.
 */
#include "admission/judge.h"

bool engine_decide_unread(const struct engine_request *request, const struct facts *facts, const struct policy *policy,
			  const char *why, struct arena *a, struct decision *ret)
{
	struct judge j = judge_begin(request, facts, policy, a, ret);

	if (j.kind == SUBJECT_NAMESPACE || facts->namespace_state == NAMESPACE_UNKNOWN)
		return false;
	judge_read_namespace(&j, facts->namespace, &ret->ns);
	if (ret->ns.mode == MODE_ENFORCE)
		return false;
	if (ret->ns.mode == MODE_NONE) {
		compose_pass(&j);
		return true;
	}
	ret->judged = true;
	ret->backend = ret->ns.backend;
	findings_add(&ret->findings, a,
		     (struct finding){.rule = "scope.unread", .action = ACTION_DENY, .message = arena_printf(a, "not looked at: %s", why)});
	compose_answer(&j);
	return true;
}
