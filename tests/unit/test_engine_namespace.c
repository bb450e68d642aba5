/* Changes of a Namespace: its own keys, who may write them, and what they do to the pods that run in it. */
#include "engine_testing.h"

static const struct {
	const char *name, *mode, *annotations, *old_annotations;
	bool allowed;
	const char *text;
	const char *old_mode; /* NULL = the same */
} guarded[] = {
	{"valid", "enforce", STANDALONE, NULL, true, NULL, NULL},
	{"a bad backend", "enforce", "'sparkgate.io/backendMode':'yarn'", NULL, false, "scope.backendMode", NULL},
	{"a bad backend, written before", "enforce", "'sparkgate.io/backendMode':'yarn'", "'sparkgate.io/backendMode':'yarn'", true, NULL, NULL},
	{"a bad backend, written in audit", "enforce", "'sparkgate.io/backendMode':'yarn'", "'sparkgate.io/backendMode':'yarn'", false, "scope.backendMode", "audit"},
	{"on the way back", "audit", "'sparkgate.io/backendMode':'yarn'", "'sparkgate.io/backendMode':'yarn'", true, NULL, "enforce"},
	{"a bad backend in audit", "audit", "'sparkgate.io/backendMode':'yarn'", NULL, true, NULL, NULL},
	{"a bad backend in warn", "warn", "'sparkgate.io/backendMode':'yarn'", NULL, true, "scope.backendMode", NULL},
	{"not opted in", NULL, "'sparkgate.io/backendMode':'yarn'", NULL, true, NULL, NULL},
	{"standalone, and no master yet", "enforce", "'sparkgate.io/backendMode':'standalone'", NULL, true, "scope.noMaster", NULL},
	{"standalone, and no master yet, in audit", "audit", "'sparkgate.io/backendMode':'standalone'", NULL, true, NULL, NULL},
	{"opted in, and no backend yet", "enforce", "", NULL, true, "scope.noBackend: opted in without a backend", NULL},
	{"opted in, and no backend yet, in warn", "warn", "", NULL, true, "scope.noBackend: opted in without a backend", NULL},
	{"opted in, and no backend yet, in audit", "audit", "", NULL, true, NULL, NULL},
	{"the backend first", NULL, K8S, NULL, true, NULL, NULL},
	{"the label second", "enforce", K8S, K8S, true, NULL, ""},
	{"the backend taken away", "enforce", "", K8S, true, "scope.noBackend", NULL},
	{"no backend, but a misspelt key", "enforce", "'sparkgate.io/backendmode':'k8s'", NULL, true, "did you mean 'sparkgate.io/backendMode'", NULL},
	{"a version newer than known", "warn", K8S ",'sparkgate.io/pssVersion':'v1.38'", NULL, true, "acts as latest", NULL},
	{"the newest", "warn", K8S ",'sparkgate.io/pssVersion':'v1.37'", NULL, true, NULL, NULL},
	{"a version with but a placeholder near", "warn", K8S ",'sparkgate.io/pssVersion':'v1.'", NULL, true, "known: latest, v1.N (v1.30)", NULL},
	{"a malformed version", "enforce", K8S ",'sparkgate.io/pssVersion':'1.30'", NULL, true, "scope.pssVersion", NULL},
	{"a typing error in a default", "enforce", K8S ",'sparkgate.io/hardening':'forced'", NULL, true, "did you mean 'force'", NULL},
};

#define NAMED(name, more, command) \
	"{'metadata':{'name':'" name "'" more "},'spec':{'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" command "]}]}}"
#define ON_K8S(name) NAMED(name, "", START ",'--master','k8s://https://kubernetes.default.svc'")
#define ON_MASTER(name) NAMED(name, "", START ",'--master','spark://m:7077'")
#define EXECUTOR(name) \
	"{'metadata':{'name':'" name "','labels':{'spark-role':'executor'}},'spec':{'containers':[{'name':'c','image':'i','args':['executor']}]}}"
#define RESTRICTED_K8S K8S ",'sparkgate.io/pssLevel':'restricted'"
#define PRIVILEGED_K8S K8S ",'sparkgate.io/pssLevel':'privileged'"

/* A change of a namespace while pods run in it. said: all warnings, or the refusal; "" = nothing. */
static const struct {
	const char *name, *old_mode, *old, *mode, *now, *pods;
	bool known;  /* they could be listed */
	size_t more; /* pods that were not looked at */
	bool asked; /* the pods must be asked for */
	const char *said;
} changes[] = {
	{"servers and executors stay behind", "enforce", PRIVILEGED_K8S, "enforce", STANDALONE ",'sparkgate.io/pssLevel':'privileged'",
	 ON_K8S("connect-1") "," ON_K8S("connect-0") "," EXECUTOR("exec-1"), true, 0, true,
	 "scope.strandedServers: 2 Connect servers are not on this backend until restarted: connect-1, connect-0\n"
	 "scope.strandedExecutors: 1 executor pod stays of k8s until its server ends: exec-1\n"},
	{"a server that is there already", "enforce", PRIVILEGED_K8S, "enforce", STANDALONE ",'sparkgate.io/pssLevel':'privileged'",
	 ON_MASTER("c"), true, 0, true, ""},
	{"one that ended, one that goes", "enforce", PRIVILEGED_K8S, "enforce", STANDALONE ",'sparkgate.io/pssLevel':'privileged'",
	 "{'metadata':{'name':'a'},'status':{'phase':'Failed'},'spec':{'containers':[{'name':'c','command':[" START ",'--master','k8s://https://kubernetes.default.svc']}]}},"
	 NAMED("b", ",'deletionTimestamp':'2026-01-01T00:00:00Z'", START ",'--master','k8s://https://kubernetes.default.svc'"),
	 true, 0, true, ""},
	{"another master", "enforce", STANDALONE ",'sparkgate.io/pssLevel':'privileged'", "enforce",
	 "'sparkgate.io/backendMode':'standalone','sparkgate.io/standaloneMaster':'spark://n:7077','sparkgate.io/pssLevel':'privileged'",
	 ON_MASTER("c") "," EXECUTOR("e"), true, 0, true,
	 "scope.strandedServers: 1 Connect server is not on this backend until restarted: c\n"},
	{"warn rewrites nothing, so nothing strands", "warn", K8S, "warn", STANDALONE, ON_K8S("c"), true, 0, false, ""},
	{"a rising level, upstream's words and order", "enforce", PRIVILEGED_K8S, "enforce", RESTRICTED_K8S,
	 "{'metadata':{'name':'z'},'spec':{'hostNetwork':true,'containers':[{'name':'c','command':[" START "]}]}},"
	 ON_K8S("b") "," ON_K8S("a") "," ON_K8S("c"), true, 0, true,
	 "existing pods in namespace \"team\" violate the new PodSecurity enforce level \"restricted:latest\"\n"
	 "a (and 2 other pods): allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile\n"
	 "z: host namespaces, allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile\n"},
	{"the first three by name, the rest by number", "enforce", PRIVILEGED_K8S, "enforce", STANDALONE ",'sparkgate.io/pssLevel':'privileged'",
	 ON_K8S("a") "," ON_K8S("b") "," ON_K8S("c") "," ON_K8S("d") "," ON_K8S("e") "," EXECUTOR("x") "," EXECUTOR("y"), true, 0, true,
	 "scope.strandedServers: 5 Connect servers are not on this backend until restarted: a, b, c and 2 more\n"
	 "scope.strandedExecutors: 2 executor pods stay of k8s until their server ends: x, y\n"},
	{"exactly three", "enforce", PRIVILEGED_K8S, "enforce", STANDALONE ",'sparkgate.io/pssLevel':'privileged'", ON_K8S("a") "," ON_K8S("b") "," ON_K8S("c"),
	 true, 0, true, "scope.strandedServers: 3 Connect servers are not on this backend until restarted: a, b, c\n"},
	{"the other way round executors are the master's", "enforce", STANDALONE ",'sparkgate.io/pssLevel':'privileged'", "enforce", PRIVILEGED_K8S,
	 ON_MASTER("a") "," EXECUTOR("x"), true, 0, true, "scope.strandedServers: 1 Connect server is not on this backend until restarted: a\n"},
	{"two of a reason", "enforce", PRIVILEGED_K8S, "enforce", RESTRICTED_K8S, ON_K8S("b") "," ON_K8S("a"), true, 0, true,
	 "existing pods in namespace \"team\" violate the new PodSecurity enforce level \"restricted:latest\"\n"
	 "a (and 1 other pod): allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile\n"},
	{"another version is a rise", "enforce", RESTRICTED_K8S ",'sparkgate.io/pssVersion':'v1.20'", "enforce", RESTRICTED_K8S ",'sparkgate.io/pssVersion':'v1.21'",
	 ON_K8S("a"), true, 0, true,
	 "existing pods in namespace \"team\" violate the new PodSecurity enforce level \"restricted:v1.21\"\n"
	 "a: allowPrivilegeEscalation != false, runAsNonRoot != true, seccompProfile\n"},
	{"opting in is a rise", NULL, K8S, "enforce", K8S, ON_K8S("a"), true, 0, true,
	 "existing pods in namespace \"team\" violate the new PodSecurity enforce level \"restricted:latest\"\n"
	 "a: allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile\n"},
	{"a falling level asks for nothing", "enforce", RESTRICTED_K8S, "enforce", PRIVILEGED_K8S, ON_K8S("a"), true, 0, false, ""},
	{"pods that are not Spark's, executors", "enforce", PRIVILEGED_K8S, "enforce", RESTRICTED_K8S,
	 NAMED("n", "", "'nginx'") "," EXECUTOR("e"), true, 0, true, ""},
	{"more than could be looked at", "enforce", PRIVILEGED_K8S, "enforce", RESTRICTED_K8S, EXECUTOR("e"), true, 4999, true,
	 "new PodSecurity enforce level only checked against the first 1 of 5000 existing pods\n"},
	{"more than could be looked at, of a move", "enforce", PRIVILEGED_K8S, "enforce", STANDALONE ",'sparkgate.io/pssLevel':'privileged'",
	 ON_K8S("c"), true, 4999, true,
	 "scope.strandedServers: only looked at the first 1 of 5000 existing pods\n"
	 "scope.strandedServers: 1 Connect server is not on this backend until restarted: c\n"},
	{"a level that falls to another", "enforce", RESTRICTED_K8S, "enforce", K8S ",'sparkgate.io/pssLevel':'baseline'",
	 "{'metadata':{'name':'h'},'spec':{'hostNetwork':true,'containers':[{'name':'c','command':[" START ",'--master','k8s://https://kubernetes.default.svc'" "]}]}}",
	 true, 0, true, ""},
	{"pods that could not be listed", "enforce", PRIVILEGED_K8S, "enforce", RESTRICTED_K8S, "", false, 0, true,
	 "failed to list pods while checking new PodSecurity enforce level\n"},
	{"another key", "enforce", K8S, "enforce", K8S ",'sparkgate.io/hardening':'force'", ON_K8S("a"), true, 0, false, ""},
};

Test(engine_namespace, says_what_a_change_does_to_running_pods)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(changes); i++) {
		struct review review = {.uid = "u", .operation = OP_UPDATE, .group = "", .version = "v1", .kind = "Namespace",
					.resource = "namespaces", .subresource = "", .namespace = "", .name = "team", .user = "",
					.object = namespace_of(&w.a, changes[i].mode, changes[i].now),
					.old_object = namespace_of(&w.a, changes[i].old_mode, changes[i].old)};
		struct engine_request request = {ENDPOINT_VALIDATE, &review};
		struct needs needs;
		engine_needs(&request, w.policy, &w.a, &needs);
		cr_expect(needs.pods != NULL || !changes[i].asked, "%s", changes[i].name);
		const struct json *list = parsed(&w.a, arena_printf(&w.a, "[%s]", changes[i].pods));
		struct json *wanted = json_copy(&w.a, list);
		JSON_EACH(pod, wanted)
			if (!engine_wants_pod(w.policy, &w.a, pod))
				json_remove(wanted, pod);
		w.facts = (struct facts){.pods = {.asked = true, .known = changes[i].known, .list = wanted, .looked_at = json_count(list)}};
		w.facts.pods.total = json_count(list) + changes[i].more;
		struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
		struct buf said = buf_in(&w.a);
		for (size_t k = 0; k < d.answer.warning_count; k++)
			buf_printf(&said, "%s\n", d.answer.warnings[k]);
		cr_expect(d.allowed, "%s", changes[i].name);
		cr_expect_str_eq(said.len ? buf_slice(&said).ptr : "", changes[i].said, "%s: %s", changes[i].name,
				 said.len ? buf_slice(&said).ptr : "");
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* Who may change what a namespace says. editors: alice, accounts of argocd, the group leads. */
static const struct {
	const char *name, *user, *group, *old_mode, *old, *mode, *now;
	bool allowed;
	const char *key;
} edits[] = {
	{"somebody else", "eve", "devs", "enforce", K8S, "enforce", STANDALONE, false, "sparkgate.io/backendMode"},
	{"by name", "alice", "devs", "enforce", K8S, "enforce", STANDALONE, true, NULL},
	{"by prefix", "system:serviceaccount:argocd:app", "x", "enforce", K8S, "enforce", STANDALONE, true, NULL},
	{"by group", "eve", "leads", "enforce", K8S, "enforce", STANDALONE, true, NULL},
	{"the cluster's masters are not special", "admin", "system:masters", "enforce", K8S, "enforce", STANDALONE, false, "sparkgate.io/backendMode"},
	{"opting out", "eve", "devs", "enforce", K8S, NULL, K8S, false, "sparkgate.io/mode"},
	{"opting out by halves", "eve", "devs", "enforce", K8S, "audit", K8S, false, "sparkgate.io/mode"},
	{"opting in", "eve", "devs", NULL, K8S, "enforce", K8S, false, "sparkgate.io/mode"},
	{"a key goes", "eve", "devs", "enforce", K8S ",'sparkgate.io/pssLevel':'baseline'", "enforce", K8S, false, "sparkgate.io/pssLevel"},
	{"other keys are nobody's business", "eve", "devs", "enforce", K8S, "enforce", K8S ",'team':'x'", true, NULL},
	{"a namespace in warn only hears of it", "eve", "devs", "warn", K8S, "warn", STANDALONE, true, NULL},
};

Test(engine_namespace, only_named_editors_change_keys)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};
	const char *users[] = {"alice", "system:serviceaccount:argocd:*"}, *groups[] = {"leads"};

	w.policy->editor_users = (struct texts){users, 2};
	w.policy->editor_groups = (struct texts){groups, 1};
	for (size_t i = 0; i < COUNT(edits); i++) {
		struct review review = {.uid = "u", .operation = OP_UPDATE, .group = "", .version = "v1", .kind = "Namespace",
					.resource = "namespaces", .subresource = "", .namespace = "", .name = "team",
					.user = edits[i].user, .groups = parsed(&w.a, arena_printf(&w.a, "['%s']", edits[i].group)),
					.object = namespace_of(&w.a, edits[i].mode, edits[i].now),
					.old_object = namespace_of(&w.a, edits[i].old_mode, edits[i].old)};
		w.facts = (struct facts){.now = 1};
		struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
		cr_expect_eq(d.allowed, edits[i].allowed, "%s: %s", edits[i].name, d.answer.message ? d.answer.message : "");
		if (edits[i].key) {
			const char *said = arena_printf(&w.a, "scope.editor: %s may not change %s: ", edits[i].user, edits[i].key);
			cr_expect(d.answer.message && strstr(d.answer.message, said), "%s: %s", edits[i].name, d.answer.message);
		}
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

Test(engine_namespace, guards_the_keys_of_a_namespace)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(guarded); i++) {
		struct review review = {.uid = "u", .operation = OP_CREATE, .group = "", .version = "v1", .kind = "Namespace",
					.resource = "namespaces", .subresource = "", .namespace = "", .name = "team", .user = ""};
		review.object = namespace_of(&w.a, guarded[i].mode, guarded[i].annotations);
		if (guarded[i].old_annotations) {
			review.operation = OP_UPDATE;
			review.old_object = namespace_of(&w.a, guarded[i].old_mode ? guarded[i].old_mode : guarded[i].mode, guarded[i].old_annotations);
		}
		struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
		const char *said = d.answer.message ? d.answer.message : d.answer.warning_count ? d.answer.warnings[0] : NULL;
		cr_expect_eq(d.allowed, guarded[i].allowed, "%s", guarded[i].name);
		cr_expect_eq(!said, !guarded[i].text, "%s: %s", guarded[i].name, said ? said : "");
		if (guarded[i].text && said)
			cr_expect(strstr(said, guarded[i].text), "%s: %s", guarded[i].name, said);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}
