/* What is decided of updates of a pod that runs. */
#include "engine_testing.h"

/* Command and environment of a running pod cannot change: only Pod Security looks again, and only at images. */
Test(engine_updates, updates_are_judged_where_upstream_looks_again)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};
	struct review review = review_of(&w.a, SERVER);

	w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, "enforce", STANDALONE)};
	review.operation = OP_UPDATE;
	review.old_object = review.object;
	cr_expect(decide(&w, ENDPOINT_VALIDATE, &review).allowed, "nothing changed");
	review.old_object = parsed(&w.a, ARGV(FOREGROUND, START) + 0);
	cr_expect(decide(&w, ENDPOINT_VALIDATE, &review).allowed, "the image is the same");
	review.old_object = parsed(&w.a, "{'spec':{'containers':[{'name':'c','image':'older'}]}}");
	struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
	cr_expect_not(d.allowed);
	cr_expect(!strstr(d.answer.message, "backend."), "%s", d.answer.message);
	cr_expect(strstr(d.answer.message, "way out: delete the pod and create it anew"), "%s", d.answer.message);
	review.subresource = "ephemeralcontainers";
	d = decide(&w, ENDPOINT_VALIDATE, &review);
	cr_expect(strstr(d.answer.message, "way out: delete the pod and create it anew"), "the pod's own fail: %s", d.answer.message);
	/* Hardening would not mend it, so in warn it is not judged as if hardened. */
	w.facts.namespace = namespace_of(&w.a, "warn", STANDALONE);
	d = decide(&w, ENDPOINT_VALIDATE, &review);
	cr_expect(d.allowed && !d.verdict && d.answer.warning_count == 2);
	cr_expect_str_eq(d.answer.warnings[0], "sparkgate (warn): Pod p: enforce would refuse it");
	cr_expect(strstr(d.answer.warnings[1], "would violate PodSecurity"), "%s", d.answer.warnings[1]);
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* A pod that is well, and what `kubectl debug` adds to it. */
#define WELL "{'allowPrivilegeEscalation':false,'capabilities':{'drop':['ALL']},'runAsNonRoot':true,'seccompProfile':{'type':'RuntimeDefault'}}"
#define DEBUGGED(security) \
	"{'kind':'Pod','metadata':{'name':'connect'},'spec':{'containers':[{'name':'c','image':'spark:4.1.1','command':[" START "]," \
	"'securityContext':" WELL "}],'ephemeralContainers':[{'name':'debugger','image':'busybox'" security "}]}}"

Test(engine_updates, what_debug_adds_is_mended_there)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};
	struct review review = review_of(&w.a, DEBUGGED(""));

	w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, "enforce", STANDALONE)};
	review.operation = OP_UPDATE;
	review.subresource = "ephemeralcontainers";
	review.old_object = parsed(&w.a, "{'spec':{'containers':[]}}");
	struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
	cr_expect_not(d.allowed);
	cr_expect(strstr(d.answer.message, "kubectl debug --profile=restricted"), "%s", d.answer.message);
	cr_expect_not(strstr(d.answer.message, "delete the pod"), "%s", d.answer.message);
	review.object = parsed(&w.a, DEBUGGED(",'securityContext':" WELL));
	cr_expect(decide(&w, ENDPOINT_VALIDATE, &review).allowed);
	arena_release(&w.a);
	policy_unref(w.policy);
}
