/* What a policy's action makes of each check of a namespace's keys, and of those on objects: a line an action. */
#include "engine_testing.h"
#include "layer_testing.h"

#define KEY(name, value) ",'sparkgate.io/" name "':'" value "'"
#define ANNOTATED(key) \
	"{'kind':'Pod','metadata':{'name':'p','annotations':{'sparkgate.io/" key "':'standalone'}},'spec':{'containers':[{'name':'c'," \
	"'image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}"
#define CONFIG_MAP "{'kind':'ConfigMap','metadata':{'name':'m'},'data':{'spark-defaults.conf':'spark.connect.grpc.a=1'}}"
#define NO_MASTER "'sparkgate.io/backendMode':'standalone'"
#define OTHER_CASE "'sparkgate.io/backendmode':'k8s'"

static const struct {
	const char *id, *action, *mode, *annotations;
	const char *object; /* NULL: the Namespace itself */
	bool allowed;
	const char *said, *unsaid; /* parts of what is said; NULL = no matter */
} rows[] = {
	{"scope.mode", "warn", "enforced", K8S, SERVER, true, "warning: scope.mode: ", NULL},
	{"scope.mode", "\"off\"", "enforced", K8S, SERVER, true, NULL, "scope.mode"},
	{"scope.mode", "audit", "enforced", K8S, SERVER, true, "violations=audit scope.mode: ", "warning: scope.mode"},
	{"scope.mode", "deny", "enforced", K8S, SERVER, false, "enforce): scope.mode: ", "warning: scope.mode"},
	{"scope.mode", "deny", "enforced", K8S, NULL, false, "refused: sparkgate: Namespace", NULL},
	{"scope.mode", "\"off\"", "enforced", K8S, NULL, true, NULL, "scope.mode"},
	{"scope.sparkVersion", "\"off\"", "enforce", K8S KEY("sparkVersion", "9"), SERVER, true, NULL, "scope.sparkVersion"},
	{"scope.pssLevel", "\"off\"", "enforce", K8S KEY("pssLevel", "x"), SERVER, true, NULL, "scope.pssLevel"},
	{"scope.pssVersion", "\"off\"", "enforce", K8S KEY("pssVersion", "1.30"), SERVER, true, NULL, "scope.pssVersion"},
	{"scope.pssVersion", "\"off\"", "enforce", K8S KEY("pssVersion", "v1.99"), SERVER, true, NULL, "scope.pssVersion"},
	{"scope.pssVersion", "deny", "enforce", K8S KEY("pssVersion", "v1.99"), SERVER, false, "enforce): scope.pssVersion", NULL},
	{"scope.pssMode", "\"off\"", "enforce", K8S KEY("pssMode", "x"), SERVER, true, NULL, "scope.pssMode"},
	{"scope.hardening", "\"off\"", "enforce", K8S KEY("hardening", "x"), SERVER, true, NULL, "scope.hardening"},
	{"scope.configMaps", "\"off\"", "enforce", K8S KEY("configMaps", "x"), SERVER, true, NULL, "scope.configMaps"},

	{"scope.allowOverride", "deny", "enforce", K8S KEY("allowOverride", "x"), SERVER, false, "enforce): scope.allowOverride: ", NULL},
	{"scope.allowOverride", "warn", "enforce", K8S KEY("allowOverride", "x"), SERVER, true, "warning: scope.allowOverride: ", NULL},
	{"scope.allowOverride", "\"off\"", "enforce", K8S KEY("allowOverride", "x"), SERVER, true, NULL, "scope.allowOverride"},
	{"scope.allowOverride", "deny", "enforce", K8S, ANNOTATED("backendMode"), true, "warning: scope.allowOverride: ", NULL},
	{"scope.allowOverride", "\"off\"", "enforce", K8S, ANNOTATED("backendMode"), true, NULL, "scope.allowOverride"},

	{"scope.noBackend", "warn", "enforce", "", SERVER, true, "warning: scope.noBackend: ", NULL},
	{"scope.noBackend", "\"off\"", "enforce", "", SERVER, true, NULL, "scope.noBackend"},
	{"scope.noBackend", "audit", "enforce", "", SERVER, true, "audit scope.noBackend: ", "warning: scope.noBackend"},
	{"scope.noBackend", "warn", "audit", "", SERVER, true, "scope.noBackend: ", "warning: scope.noBackend"},
	{"scope.noBackend", "deny", "enforce", "", SERVER, false, "enforce): scope.noBackend: ", "warning: scope.noBackend"},
	{"scope.noBackend", "deny", "enforce", "'sparkgate.io/foo':'x'", SERVER, false, "enforce): scope.noBackend: ", NULL},
	{"scope.unknownKey", "audit", "enforce", OTHER_CASE, SERVER, true, "warning: scope.noBackend: ", "warning: scope.unknownKey"},
	{"scope.noBackend", "deny", "enforce", "", CONFIG_MAP, true, "warning: scope.noBackend: ", NULL},
	{"scope.noBackend", "\"off\"", "enforce", "", CONFIG_MAP, true, NULL, "scope.noBackend"},

	{"scope.unknownKey", "\"off\"", "enforce", K8S, ANNOTATED("backendmode"), true, NULL, "scope.unknownKey"},
	{"scope.unknownKey", "deny", "enforce", K8S, ANNOTATED("backendmode"), true, "warning: scope.unknownKey: ", NULL},
	{"scope.unknownKey", "warn", "enforce", OTHER_CASE, SERVER, true, "warning: scope.unknownKey: ", "scope.noBackend"},
	{"scope.unknownKey", "\"off\"", "enforce", OTHER_CASE, SERVER, true, "warning: scope.noBackend: ", "scope.unknownKey"},
	{"scope.unknownKey", "audit", "enforce", K8S KEY("x", "y"), NULL, true, "audit scope.unknownKey: ", "warning: "},
	{"scope.unknownKey", "deny", "enforce", K8S KEY("x", "y"), NULL, false, "scope.unknownKey: ", NULL},

	{"scope.noMaster", "deny", "enforce", NO_MASTER, NULL, true, "warning: scope.noMaster: ", NULL},
	{"scope.noMaster", "audit", "enforce", NO_MASTER, NULL, true, "audit scope.noMaster: ", "warning: "},
	{"scope.noMaster", "\"off\"", "enforce", NO_MASTER, NULL, true, NULL, "scope.noMaster"},
};

static void say(struct buf *b, const struct decision *d)
{
	for (size_t i = 0; i < d->answer.warning_count; i++)
		buf_printf(b, "warning: %s\n", d->answer.warnings[i]);
	if (!d->allowed)
		buf_printf(b, "refused: %s\n", d->answer.message);
	for (size_t i = 0; i < d->answer.audit_count; i++)
		buf_printf(b, "%s=%s\n", d->answer.audit[i][0], d->answer.audit[i][1]);
}

/* Of both endpoints, as they are called: what is not changed is not seen by the second otherwise. */
static const char *said(struct world *w, const char *object, const struct json *namespace, bool *ret_allowed)
{
	struct review review = review_of(&w->a, object ? object : json_print(&w->a, namespace).ptr);
	struct buf b = buf_in(&w->a);
	struct json *changed;
	struct err err;

	w->facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace};
	struct decision d = decide(w, ENDPOINT_MUTATE, &review);
	say(&b, &d);
	if (d.patch.count > 0 && json_patch_apply(&w->a, review.object, &d.patch, &changed, &err) == 0)
		review.object = changed;
	d = decide(w, ENDPOINT_VALIDATE, &review);
	say(&b, &d);
	*ret_allowed = d.allowed;
	return b.len ? buf_slice(&b).ptr : "";
}

Test(scope_actions, are_the_policys)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world w = {.a = ARENA_INIT};
		bool allowed;

		w.policy = good_layer(arena_printf(&w.a, CHECKS("checks:\n- {id: %s, action: %s}"), rows[i].id, rows[i].action));
		const char *text = said(&w, rows[i].object, namespace_of(&w.a, rows[i].mode, rows[i].annotations), &allowed);
		cr_expect_eq(allowed, rows[i].allowed, "%s %s, row %zu: %s", rows[i].id, rows[i].action, i, text);
		cr_expect(!rows[i].said || strstr(text, rows[i].said), "%s %s, row %zu: %s", rows[i].id, rows[i].action, i, text);
		cr_expect(!rows[i].unsaid || !strstr(text, rows[i].unsaid), "%s %s, row %zu: %s", rows[i].id, rows[i].action, i, text);
		policy_unref(w.policy);
		arena_release(&w.a);
	}
}

/* Nobody could say where the object runs, or had looked at it: as the shipped policy says. */
static const char *const fixed[] = {"scope.backendMode", "scope.namespace", "scope.patch", "scope.standaloneMaster", "scope.unread"};

Test(scope_actions, that_are_fixed_are_refused)
{
	static const char *const weaker[] = {"warn", "audit", "\"off\""};

	for (size_t i = 0; i < COUNT(fixed) * COUNT(weaker); i++) {
		const char *id = fixed[i / COUNT(weaker)], *action = weaker[i % COUNT(weaker)];
		struct arena a = ARENA_INIT;
		struct policy_problems problems;

		cr_assert_null(layered(arena_printf(&a, CHECKS("checks:\n- {id: %s, action: %s}"), id, action), &a, &problems), "%s", id);
		cr_expect_eq(problems.count, 1);
		cr_expect_eq(problems.items[0].line, 4);
		cr_expect_str_eq(problems.items[0].message,
				 arena_printf(&a, "%s is always deny: leave it out, or exempt from it whom you mean (kind Exemptions)", id));
		arena_release(&a);
	}
}

Test(scope_actions, that_are_fixed_may_be_repeated)
{
	for (size_t i = 0; i < COUNT(fixed); i++) {
		struct arena a = ARENA_INIT;
		struct policy *p = good_layer(arena_printf(&a, CHECKS("checks:\n- {id: %s, action: deny, why: ours}"), fixed[i]));

		cr_expect_eq(policy_action(p, fixed[i]), ACTION_DENY);
		cr_expect(policy_is_fixed(fixed[i]));
		policy_unref(p);
		arena_release(&a);
	}
	cr_expect_not(policy_is_fixed("scope.mode"));
}
