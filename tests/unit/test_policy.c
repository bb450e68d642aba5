/* Policies: what is shipped, what later layers may do, and every way to be refused. */
#include "policy/policy.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "policy/config_map_layer.h"
#include "policy/store.h"
#include "policy/words.h"
#include "shipped_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD(kind) "apiVersion: policy.sparkgate.io/v1\nkind: " kind "\n"

/* ---- the shipped layer: docs/contract.md 4, "Verbs of the shipped rules" ---- */

static const struct {
	enum backend backend;
	enum verb verb;
	const char *key, *value;
	unsigned absent;
	bool needed;
} shipped_rules[] = {
	{BACKEND_K8S, VERB_SET, "spark.master", "{master}", 0, false},
	{BACKEND_K8S, VERB_SET, "spark.kubernetes.namespace", "{namespace}", 0, false},
	{BACKEND_K8S, VERB_SET, "spark.shuffle.service.enabled", "false", 0, false},
	{BACKEND_K8S, VERB_DEFAULT, "spark.driver.host", "{podIP}", ABSENT_LOCAL | ABSENT_UNEXPANDED | ABSENT_SERVICE, true},
	{BACKEND_K8S, VERB_DEFAULT, "spark.driver.bindAddress", "0.0.0.0", 0, false},
	{BACKEND_K8S, VERB_DEFAULT, "spark.driver.port", "7078", ABSENT_ZERO, false},
	{BACKEND_K8S, VERB_DEFAULT, "spark.driver.blockManager.port", "7079", ABSENT_ZERO, false},
	{BACKEND_K8S, VERB_DEFAULT, "spark.executor.cores", "{executorCores}", 0, true},
	{BACKEND_K8S, VERB_DEFAULT, "spark.kubernetes.container.image", "{image}", ABSENT_UNEXPANDED, true},
	{BACKEND_K8S, VERB_DEFAULT, "spark.kubernetes.driver.pod.name", "{podName}", ABSENT_UNEXPANDED, false},
	{BACKEND_K8S, VERB_DERIVE, "spark.executor.instances", NULL, 0, false},
	{BACKEND_K8S, VERB_DISABLE, "spark.dynamicAllocation.shuffleTracking.enabled", "true", 0, false},
	{BACKEND_STANDALONE, VERB_SET, "spark.master", "{master}", 0, false},
	{BACKEND_STANDALONE, VERB_DEFAULT, "spark.driver.host", "{podIP}", ABSENT_LOCAL | ABSENT_UNEXPANDED | ABSENT_SERVICE, true},
	{BACKEND_STANDALONE, VERB_DEFAULT, "spark.driver.bindAddress", "0.0.0.0", 0, false},
	{BACKEND_STANDALONE, VERB_DEFAULT, "spark.driver.port", "7078", ABSENT_ZERO, false},
	{BACKEND_STANDALONE, VERB_DEFAULT, "spark.driver.blockManager.port", "7079", ABSENT_ZERO, false},
	{BACKEND_STANDALONE, VERB_DEFAULT, "spark.executor.cores", "{executorCores}", 0, true},
	{BACKEND_STANDALONE, VERB_DERIVE, "spark.cores.max", NULL, 0, true},
	{BACKEND_STANDALONE, VERB_DISABLE, "spark.authenticate.secret.file", NULL, 0, false},
	{BACKEND_STANDALONE, VERB_DISABLE, "spark.authenticate.secret.driver.file", NULL, 0, false},
	{BACKEND_STANDALONE, VERB_DISABLE, "spark.authenticate.secret.executor.file", NULL, 0, false},
	{BACKEND_STANDALONE, VERB_DISABLE, "spark.shuffle.sort.io.plugin.class",
	 "org.apache.spark.shuffle.sort.io.LocalDiskShuffleDataIO", 0, false},
	{BACKEND_STANDALONE, VERB_DISABLE, "spark.app.id", NULL, 0, false},
};

Test(policy, ships_the_rules_of_the_contract)
{
	struct policy *p = shipped_policy();
	const size_t count = sizeof(shipped_rules) / sizeof(*shipped_rules);

	cr_assert_eq(p->rule_count, count);
	for (size_t i = 0; i < count; i++) {
		const struct rule *r = &p->rules[i];
		cr_expect_str_eq(r->key, shipped_rules[i].key);
		cr_expect_eq(r->backend, shipped_rules[i].backend, "%s", r->key);
		cr_expect_eq(r->verb, shipped_rules[i].verb, "%s", r->key);
		cr_expect_str_eq(r->value ? r->value : "-", shipped_rules[i].value ? shipped_rules[i].value : "-", "%s", r->key);
		cr_expect_eq(r->absent, shipped_rules[i].absent, "%s", r->key);
		cr_expect_eq(r->needed, shipped_rules[i].needed, "%s", r->key);
		cr_expect(strlen(r->why) > 20, "%s: no reason", r->key);
	}
	policy_unref(p);
}

static const struct {
	const char *id;
	enum action action;
} shipped_actions[] = {
	{"connect.deployMode", ACTION_DENY},   {"connect.remote", ACTION_DENY},      {"connect.apiMode", ACTION_DENY},
	{"connect.masterUrl", ACTION_DENY},    {"connect.foreground", ACTION_WARN},  {"connect.restPort", ACTION_WARN},
	{"backend.cannotTell", ACTION_DENY},   {"backend.fileNotSeen", ACTION_WARN}, {"scope.backendMode", ACTION_DENY},
	{"scope.allowOverride", ACTION_DENY},  {"scope.mode", ACTION_WARN},          {"config.malformed", ACTION_DENY},
	{"config.backend", ACTION_WARN},       {"pss.mayNotStart", ACTION_WARN},     {"backend.master", ACTION_DENY},
	{"backend.driverHost", ACTION_WARN},   {"backend.appId", ACTION_DENY},       {"nobody.knows", ACTION_OFF},
};

Test(policy, ships_actions_for_checks_and_rules)
{
	struct policy *p = shipped_policy();

	for (size_t i = 0; i < sizeof(shipped_actions) / sizeof(*shipped_actions); i++)
		cr_expect_eq(policy_action(p, shipped_actions[i].id), shipped_actions[i].action, "%s", shipped_actions[i].id);
	cr_expect_str_eq(p->k8s_master, "k8s://https://kubernetes.default.svc");
	cr_expect_str_eq(p->default_standalone_master, "");
	cr_expect_eq(p->allowed_masters.count, 0);
	cr_expect_eq(p->default_executors, 2);
	cr_expect_eq(p->default_spark_version, 401);
	cr_expect_eq(p->non_numeric_uid, 185);
	cr_expect_eq(p->controllers, ACTION_WARN);
	cr_expect_eq(p->executor_pss, ACTION_WARN);
	cr_expect_eq(strlen(p->hash), 12);
	policy_unref(p);
}

/* ---- layers ---- */

static struct policy *layered(const char *yaml, struct arena *a, struct policy_problems *problems)
{
	json_setup();
	const struct policy_source source = {"site.yaml", slice_of(yaml)};
	const struct policy_layer layers[] = {policy_shipped(a), {&source, 1}};

	*problems = (struct policy_problems){0};
	return policy_compile(layers, 2, NULL, a, problems);
}

/* A layer that must be good; the caller drops it. */
static struct policy *good_layer(const char *yaml)
{
	struct arena a = ARENA_INIT;
	struct policy_problems problems;
	struct policy *p = layered(yaml, &a, &problems);

	cr_assert(p, "%s:%u: %s", problems.items[0].file, problems.items[0].line, problems.items[0].message);
	arena_release(&a);
	return p;
}

static const struct rule *rule_named(const struct policy *p, enum backend backend, const char *id)
{
	for (size_t i = 0; i < p->rule_count; i++)
		if (p->rules[i].backend == backend && strcmp(p->rules[i].id, id) == 0)
			return &p->rules[i];
	return NULL;
}

Test(policy, a_later_layer_overrides_by_id)
{
	struct policy *p = good_layer(HEAD("Backend") "backend: k8s\nrules:\n"
						      "- id: backend.driverPort\n  why: ours\n  versions: 4.0+\n  action: audit\n"
						      "  default: {key: spark.driver.port, value: \"9000\", needed: true}\n"
						      "- id: backend.pullPolicy\n  why: new\n  versions: 3.5-4.0\n"
						      "  default: {key: spark.kubernetes.container.image.pullPolicy, value: Always}\n"
						      "- {id: backend.podName, why: not here, remove: true}\n");
	const struct rule *port = rule_named(p, BACKEND_K8S, "backend.driverPort");

	cr_assert_eq(p->rule_count, sizeof(shipped_rules) / sizeof(*shipped_rules));
	cr_expect_str_eq(port->value, "9000");
	cr_expect(port->needed);
	cr_expect_eq(port->absent, 0, "an override replaces the rule, it does not add to it");
	cr_expect_eq(port->versions.first, 400);
	cr_expect_eq(port->versions.last, 0);
	cr_expect_eq(port->action, ACTION_AUDIT);
	cr_expect_str_eq(rule_named(p, BACKEND_STANDALONE, "backend.driverPort")->value, "7078");
	cr_expect_null(rule_named(p, BACKEND_K8S, "backend.podName"));
	cr_expect_str_eq(p->rules[p->rule_count - 1].id, "backend.pullPolicy");
	cr_expect_eq(p->rules[p->rule_count - 1].versions.last, 400);
	policy_unref(p);
}

Test(policy, a_later_layer_changes_actions_and_bounds)
{
	struct policy *p = good_layer(HEAD("Checks") "checks:\n- {id: connect.deployMode, action: \"off\"}\n"
						     "- {id: backend.authSecretFile, action: warn}\n"
						     "bounds:\n  defaultStandaloneMaster: spark://m:7077\n  controllers: deny\n"
						     "  allowedMasters: [\"spark://*:7077\"]\n  defaultExecutors: 8\n"
						     "configMaps: {dataKeys: [my.conf]}\n"
						     "wrongKeys:\n- {key: spark.metrics.conf.path, versions: all, why: ours}\n"
						     "- {key: spark.mine, versions: \"3.5\", why: new}\n");

	cr_expect_eq(policy_action(p, "connect.deployMode"), ACTION_OFF);
	cr_expect_eq(policy_action(p, "backend.authSecretFile"), ACTION_WARN);
	cr_expect_eq(policy_action(p, "connect.remote"), ACTION_DENY);
	cr_expect_str_eq(p->default_standalone_master, "spark://m:7077");
	cr_expect_eq(p->controllers, ACTION_DENY);
	cr_expect_eq(p->executor_pss, ACTION_WARN);
	cr_expect_eq(p->default_executors, 8);
	cr_expect_eq(p->data_keys.count, 1);
	cr_expect_eq(p->never_rewrite.count, 1);
	cr_expect_str_eq(policy_wrong_key(p, SLICE_LIT("spark.metrics.conf.path"), 401), "ours");
	cr_expect_str_eq(policy_wrong_key(p, SLICE_LIT("spark.mine"), 305), "new");
	cr_expect_null(policy_wrong_key(p, SLICE_LIT("spark.mine"), 401));
	policy_unref(p);
}

Test(policy, selectors_can_be_narrowed)
{
	struct policy *p = good_layer(HEAD("Selectors") "roles:\n- role: connect-server\n  labels:\n"
							"  - {app: spark-connect, team: a}\n"
							"  - {app.kubernetes.io/name: spark-x, app.kubernetes.io/component: connect}\n"
							"  words: [sbin/start-connect-server.sh]\n"
							"configMaps: {labels: [sparkoperator.k8s.io/connect-name=x]}\n");

	cr_expect_eq(p->selectors[0].label_count, 2);
	cr_expect_eq(p->selectors[0].words.count, 1);
	cr_expect_eq(p->config_map_labels.count, 1);
	cr_expect_eq(p->selector_count, 4);
	policy_unref(p);
}

Test(policy, exemptions_end_with_their_last_day)
{
	struct policy *p = good_layer(HEAD("Exemptions") "exemptions:\n"
							 "- {id: a, owner: o, reason: r, expires: \"2027-03-31\", rules: [pss.*, connect.remote], "
							 "namespaces: [x]}\n"
							 "- {id: b, owner: o, reason: r, expires: never, rules: [\"*\"]}\n");

	cr_assert_eq(p->exemption_count, 2);
	cr_expect_eq(p->exemptions[0].expires_unix, 1806537600, "2027-04-01T00:00:00Z");
	cr_expect_eq(p->exemptions[1].expires_unix, 0);
	cr_expect_eq(p->warnings.count, 2, "b holds everywhere and for ever");
	policy_unref(p);
}

Test(policy, tests_are_read)
{
	policy_unref(good_layer(HEAD("Tests") "tests:\n- name: moves to standalone\n  namespace: {mode: enforce, backendMode: standalone}\n"
					      "  object: {apiVersion: v1, kind: Pod}\n"
					      "  expect: {allowed: true, role: connect-server, rules: [backend.master], "
					      "settings: {spark.master: \"spark://m:7077\"}}\n"));
}

/* Rules of a layer that is read later, rules that are gone, and Pod Security's, of which this caller has no list. */
Test(policy, a_case_may_name_rules_of_the_whole)
{
	policy_unref(good_layer(HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.podName, why: w, remove: true}\n---\n"
			       HEAD("Tests") "tests:\n- name: a\n  object: {kind: Pod}\n"
					     "  expect: {rules: [backend.mine, \"!backend.podName\", pss.hostPorts, \"!*\", \"*ostPorts\", \"!p*\"]}\n---\n"
			       HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.mine, why: w, versions: all, forbid: {key: spark.a}}\n"));
}

Test(policy, a_privileged_exemption_says_what_it_lacks)
{
	struct policy *p = good_layer(HEAD("Exemptions") "exemptions:\n- {id: a, owner: o, reason: r, expires: \"2027-03-31\", "
							 "rules: [pss.privileged], namespaces: [x]}\n");

	cr_assert_eq(p->warnings.count, 1);
	cr_expect(strstr(p->warnings.items[0], "pss.allowPrivilegeEscalation"), "%s", p->warnings.items[0]);
	policy_unref(p);
}

Test(policy, hash_follows_every_byte)
{
	struct policy *p = shipped_policy(), *same = shipped_policy();
	struct policy *other = good_layer("# nothing but a comment\n");

	cr_expect_str_eq(p->hash, same->hash);
	cr_expect_str_neq(p->hash, other->hash);
	policy_unref(p);
	policy_unref(same);
	policy_unref(other);
}

/* ---- refusals: every problem has its line and says what to write ---- */

#define RULE(body) HEAD("Backend") "backend: k8s\nrules:\n- id: backend.x\n  why: w\n  versions: all\n  " body "\n"
#define CHECKS(body) HEAD("Checks") body "\n"
#define ROLE(body) HEAD("Selectors") "roles:\n- role: connect-server\n  " body "\n"
#define EXEMPT(body) HEAD("Exemptions") "exemptions:\n- {id: a, owner: o, reason: r, " body "}\n"

#define TEST(body) \
	HEAD("Tests") "tests:\n- name: a\n  expect: {allowed: true}\n  object: {kind: Pod, metadata: {namespace: team}}\n  " body "\n"

#define EXPECT(body) HEAD("Tests") "tests:\n- name: a\n  object:\n    kind: Pod\n  expect: " body "\n"

static const struct {
	const char *yaml;
	unsigned line;
	const char *message; /* a part */
} refusals[] = {
	{"kind: Backend\nbackend: k8s\nrules: []\n", 1, "'apiVersion' is missing"},
	{"apiVersion: policy.sparkgate.io/v2\nkind: Checks\n", 1, "reads policy.sparkgate.io/v1"},
	{"apiVersion: policy.sparkgate.io/v1\n", 1, "'kind' is missing"},
	{HEAD("Backnd") "backend: k8s\nrules: []\n", 2, "did you mean 'Backend'?"},
	{HEAD("Exemptions") "exemptions:\n- {id: a123456789012345678901234567890123456789012345678901234567890123, owner: o, reason: r, "
			    "expires: never, rules: [pss.x]}\n",
	 4, "an id has at most 63 bytes"},
	{HEAD("Exemptions") "exemptions:\n- {id: \"a\\tb\", owner: o, reason: r, expires: never, rules: [pss.x]}\n", 4, "an id is one line"},
	{TEST("operation: UPDATE"), 4, "operation UPDATE needs 'oldObject'"},
	{TEST("oldObject: {kind: Pod}"), 7, "'oldObject' belongs to operation: UPDATE"},
	{TEST("operation: DELETE"), 7, "unknown operation 'DELETE'"},
	{TEST("configMaps: [{kind: Secret}]"), 7, "must be a list of manifests of kind ConfigMap"},
	{TEST("now: tomorrow"), 7, "'tomorrow' is no date, write"},
	{TEST("namespace: {name: other}"), 6, "the object is in namespace 'team', the test in 'other'"},
	{TEST("namespace: {mode: 1}"), 7, "'mode' must be a text: quote it"},
	{HEAD("Pod"), 2, "known: Backend, Checks, Selectors, Exemptions, Tests"},
	{"- a\n", 1, "expected a policy document"},
	{"just text\n", 1, "expected a policy document"},
	{"a: [\n", 0, ""},
	{HEAD("Checks") "kind: Checks\n", 3, "twice"},
	{HEAD("Checks") "checks: &a []\n", 3, "anchor"},
	{HEAD("Checks") "check: []\n", 3, "unknown key 'check', did you mean 'checks'?"},
	{HEAD("Checks") "checks:\n", 3, "'checks' has no value"},
	{HEAD("Checks") "checks: {}\n", 3, "'checks' must be a list, not a mapping"},

	{HEAD("Backend") "backend: k8\nrules: []\n", 3, "did you mean 'k8s'?"},
	{HEAD("Backend") "rules: []\n", 1, "'backend' is missing"},
	{HEAD("Backend") "backend: k8s\n", 1, "'rules' is missing"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.x, why: w, set: {key: spark.a, value: b}}\n", 5, "'versions' is missing"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.x, versions: all, set: {key: spark.a, value: b}}\n", 5, "'why' is missing"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {why: w, versions: all, set: {key: spark.a, value: b}}\n", 5, "'id' is missing"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: scope.x, why: w, versions: all, set: {key: spark.a, value: b}}\n", 5, "'backend.'"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: connect.remote, why: w, versions: all, forbid: {key: spark.a}}\n", 0, "id of a check"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.x y, why: w, versions: all, forbid: {key: spark.a}}\n", 5, "letters and digits"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.nope, why: w, remove: true}\n", 5, "no rule 'backend.nope'"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.podName, why: w, remove: false}\n", 5, "can only be true"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.master, why: w, remove: true}\n", 5, "what sparkgate is for"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.master, why: w, versions: all, set: {key: spark.master, value: local}}\n", 5,
	 "what sparkgate is for"},
	{RULE("sett: {key: spark.a, value: b}"), 8, "unknown key 'sett', did you mean 'set'?"},
	{RULE("action: deny"), 5, "needs a verb"},
	{RULE("set: {key: spark.a, value: b}\n  forbid: {key: spark.a}"), 5, "one verb, not 'set' and 'forbid'"},
	{RULE("set: {key: spark.a}"), 8, "'value' is missing"},
	{RULE("set: {key: spark.a, value: 7078}"), 8, "quote it"},
	{RULE("set: {key: spark.a, value: b, needed: true}"), 8, "unknown key 'needed'"},
	{RULE("set: {key: park.a, value: b}"), 8, "no Spark key"},
	{RULE("set: {key: spark.a*, value: b}"), 8, "no Spark key"},
	{RULE("set: {key: \"spark.a b\", value: b}"), 8, "no Spark key"},
	{RULE("set: {key: spark.remote, value: \"sc://x\"}"), 8, "never written"},
	{RULE("default: {key: spark.api.mode, value: connect}"), 8, "never written"},
	{RULE("set: {key: spark.a, value: \"{podip}\"}"), 8, "did you mean 'podIP'?"},
	{RULE("set: {key: spark.a, value: \"a\\nb\"}"), 8, "one line"},
	{RULE("default: {key: spark.a, value: b, absent: [zeros]}"), 8, "did you mean 'zero'?"},
	{RULE("default: {key: spark.a, value: b, needed: maybe}"), 8, "'needed' must be true or false"},
	{RULE("derive: {key: spark.core.max}"), 8, "did you mean 'spark.cores.max'?"},
	{RULE("rename: {key: spark.a}"), 8, "'to' is missing"},
	{RULE("set: [a]"), 8, "expected a mapping"},
	{RULE("set: {key: spark.a, value: b}\n  action: dney"), 9, "unknown action 'dney', did you mean 'deny'?"},
	{RULE("set: {key: spark.a, value: b}\n- id: backend.x\n  why: w\n  versions: all\n  forbid: {key: spark.a}"), 9, "stands twice"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.x, why: w, versions: 4.x, forbid: {key: spark.a}}\n", 5, "no range of versions"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.x, why: w, versions: 4.1-3.5, forbid: {key: spark.a}}\n", 5, "no range"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.x, why: w, versions: 4.1.2, forbid: {key: spark.a}}\n", 5, "no range"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.x, why: w, versions: 4.1, forbid: {key: spark.a}}\n", 5, "quote it"},

	{CHECKS("checks:\n- {id: connect.deploymode, action: deny}"), 4, "did you mean 'connect.deployMode'?"},
	{CHECKS("checks:\n- {id: somebody.else, action: deny}"), 4, "unknown check 'somebody.else'"},
	{CHECKS("checks:\n- {id: connect.remote, action: refuse}"), 4, "known: deny, warn, audit, off"},
	{CHECKS("checks:\n- {id: connect.remote}"), 4, "'action' is missing"},
	{CHECKS("bounds: {k8sMaster: \"https://x\"}"), 3, "must be k8s://"},
	{CHECKS("bounds: {k8sMasterAliases: [\"spark://m:7077\"]}"), 3, "must be k8s://"},
	{CHECKS("bounds: {defaultStandaloneMaster: \"spark://m\"}"), 3, "write m:7077"},
	{CHECKS("bounds: {allowedMasters: [m]}"), 3, "must be spark://"},
	{CHECKS("bounds: {defaultSparkVersion: \"4\"}"), 3, "no version"},
	{CHECKS("bounds: {defaultSparkVersion: \"4.9\"}"), 3, "not among sparkVersions"},
	{CHECKS("bounds: {sparkVersions: [\"4.1\", \"3.5\"]}"), 3, "must ascend"},
	{CHECKS("bounds: {defaultExecutors: 0}"), 3, "from 1 to"},
	{CHECKS("bounds: {defaultExecutors: 1.5}"), 3, "whole number"},
	{CHECKS("bounds: {controllers: audit}"), 3, "unknown action 'audit'"},
	{CHECKS("bounds: {nonNumericImages: [7]}"), 3, "list of texts"},

	{ROLE("labels: [{app: other}]"), 5, "label 'app' is not among the shipped ones of connect-server"},
	{ROLE("labels: [{team: a}]"), 5, "never call"},
	{ROLE("labels: [{app: spark-*}]"), 5, "never call"},
	{ROLE("labels: [{}]"), 5, "one to 4 labels"},
	{ROLE("labels: [{app: \"\"}]"), 5, "needs a text"},
	{ROLE("words: [spark-submit]"), 5, "word 'spark-submit'"},
	{HEAD("Selectors") "roles:\n- role: connect\n", 4, "unknown role 'connect'"},
	{HEAD("Selectors") "entrypoints:\n- {name: start, role: connect-server}\n", 4, "entrypoint 'start'"},
	{HEAD("Selectors") "configMaps: {labels: [app=other]}\n", 3, "label 'app=other'"},

	{EXEMPT("expires: \"2027-02-30\", rules: [connect.remote]"), 4, "no date"},
	{EXEMPT("expires: soon, rules: [connect.remote]"), 4, "no date"},
	{EXEMPT("expires: never, rules: []"), 4, "would say nothing"},
	{EXEMPT("expires: never"), 4, "'rules' is missing"},
	{EXEMPT("rules: [connect.remote]"), 4, "'expires' is missing"},
	{EXEMPT("expires: never, rules: [connect.remot]"), 4, "which nobody has"},

	{HEAD("Tests") "tests:\n- {name: a, expect: {}}\n", 4, "'object' is missing"},
	{HEAD("Tests") "tests:\n- {name: a, object: {kind: Pod}}\n", 4, "'expect' is missing"},
	{EXPECT("{}"), 7, "'expect' is empty"},
	{EXPECT("{allowed: true, rules: []}"), 7, "'rules' is empty"},
	{EXPECT("{allowed: true, settings: {}}"), 7, "'settings' is empty"},
	{EXPECT("{rules: [backend.mastr]}"), 7, "test 'a' expects rule 'backend.mastr', which nobody has, did you mean 'backend.master'?"},
	{EXPECT("{rules: [\"!conect.deployMode\"]}"), 7, "'conect.deployMode', which nobody has, did you mean 'connect.deployMode'?"},
	{EXPECT("{rules: [\"!conect.*\"]}"), 7, "'conect.*', which nobody has"},
	{EXPECT("{rules: [\"!\"]}"), 7, "'', which nobody has"},
	{EXPECT("\n      rules:\n      - pss.*\n      - ps.*"), 10, "'ps.*', which nobody has"},
	{HEAD("Tests") "tests:\n- {name: a, object: {kind: Pod}, expect: {allow: true}}\n", 4, "did you mean 'allowed'?"},
	{HEAD("Tests") "tests:\n- {name: a, object: {kind: Pod}, namespace: {backendmode: k8s}, expect: {}}\n", 4,
	 "did you mean 'backendMode'?"},
};

Test(policy, refuses_with_line_and_reason)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		struct arena a = ARENA_INIT;
		struct policy_problems problems;
		struct policy *p = layered(refusals[i].yaml, &a, &problems);
		bool found = false;

		cr_assert_null(p, "accepted:\n%s", refusals[i].yaml);
		cr_assert_gt(problems.count, 0);
		for (size_t j = 0; j < problems.count && !found; j++)
			found = strstr(problems.items[j].message, refusals[i].message) &&
				(refusals[i].line == 0 || problems.items[j].line == refusals[i].line);
		cr_expect(found, "wanted line %u '%s', got line %u '%s' for\n%s", refusals[i].line, refusals[i].message,
			  problems.items[0].line, problems.items[0].message, refusals[i].yaml);
		arena_release(&a);
	}
}

Test(policy, one_bad_document_refuses_all_and_all_problems_are_said)
{
	struct arena a = ARENA_INIT;
	struct policy_problems problems;

	cr_expect_null(layered(CHECKS("checks:\n- {id: connect.remote, action: warn}") "---\n" HEAD("Nope") "---\n" HEAD("Checks") "x: 1\n", &a,
			       &problems));
	cr_expect_eq(problems.count, 2);
	arena_release(&a);
}

Test(policy, a_file_has_a_size_limit)
{
	struct arena a = ARENA_INIT;
	struct policy_problems problems;
	char *text = arena_alloc(&a, LIMIT_POLICY_BYTES + 2);

	memset(text, '\n', LIMIT_POLICY_BYTES + 1);
	text[0] = '#';
	cr_expect_null(layered(text, &a, &problems));
	cr_expect(strstr(problems.items[0].message, "larger than 256 KiB"));
	text[LIMIT_POLICY_BYTES] = '\0';
	struct policy *p = layered(text, &a, &problems);
	cr_expect(p);
	policy_unref(p);
	arena_release(&a);
}

/* ---- files ---- */

static void write_text(const char *path, const char *text)
{
	struct err err = {""};

	cr_assert_eq(file_write(path, slice_of(text), 0600, &err), 0, "%s", err.text);
}

static void make_dir(char dir[64])
{
	snprintf(dir, 64, "/tmp/sparkgate-policy-XXXXXX");
	cr_assert(mkdtemp(dir));
}

Test(policy, layers_are_files_and_directories_in_order)
{
	char dir[64], file[96], second[96];
	struct err err = {""};
	struct policy *p = NULL;

	json_setup();
	make_dir(dir);
	snprintf(file, sizeof(file), "%s/b.yaml", dir);
	snprintf(second, sizeof(second), "%s/notes.txt", dir);
	write_text(file, CHECKS("bounds: {defaultExecutors: 5}"));
	write_text(second, "not YAML: [");
	const char *paths[] = {dir, file};
	struct policy_options options = {.paths = paths, .path_count = 1};
	cr_assert_eq(policy_load(&options, &p, &err), 0, "%s", err.text);
	cr_expect_eq(p->default_executors, 5);
	policy_unref(p);

	write_text(file, CHECKS("bounds: {defaultExecutors: x}"));
	p = (struct policy *)&options; /* any value: it must stay */
	cr_expect_eq(policy_load(&options, &p, &err), -1);
	cr_expect_eq((void *)p, (void *)&options);
	cr_expect(strstr(err.text, "b.yaml:3: 'defaultExecutors' must be"), "%s", err.text);

	const char *gone[] = {"/nonexistent/policies"};
	options = (struct policy_options){.paths = gone, .path_count = 1};
	cr_expect_eq(policy_load(&options, &p, &err), -1);
	cr_expect(strstr(err.text, "/nonexistent/policies"), "%s", err.text);
	unlink(file);
	unlink(second);
	rmdir(dir);
}

Test(policy, a_store_follows_its_files_and_keeps_what_was_good)
{
	char dir[64], file[96];
	const char *paths[1] = {dir};
	struct policy_store *store = NULL;
	struct err err = {""};

	json_setup();
	make_dir(dir);
	snprintf(file, sizeof(file), "%s/a.yaml", dir);
	write_text(file, CHECKS("bounds: {defaultExecutors: 3}"));
	cr_assert_eq(policy_store_open(paths, 1, &store, &err), 0, "%s", err.text);
	struct policy *first = policy_store_get(store);
	cr_expect_eq(first->default_executors, 3);
	cr_expect_eq(policy_store_poll(store, &err), POLICY_UNCHANGED);

	write_text(file, CHECKS("bounds: {defaultExecutors: 4}"));
	cr_expect_eq(policy_store_poll(store, &err), POLICY_RELOADED);
	struct policy *second = policy_store_get(store);
	cr_expect_eq(second->default_executors, 4);
	cr_expect_eq(first->default_executors, 3, "a request works on one policy from beginning to end");

	write_text(file, "nonsense");
	cr_expect_eq(policy_store_poll(store, &err), POLICY_FAILED);
	cr_expect(strstr(err.text, "a.yaml:1:"), "%s", err.text);
	cr_expect_eq(policy_store_poll(store, &err), POLICY_UNCHANGED, "said once");
	policy_store_error(store, &err);
	cr_expect(strstr(err.text, "a.yaml:1:"), "%s", err.text);
	struct policy *kept = policy_store_get(store);
	cr_expect_eq(kept, second);

	unlink(file);
	cr_expect_eq(policy_store_poll(store, &err), POLICY_RELOADED);
	policy_store_error(store, &err);
	cr_expect_str_eq(err.text, "");
	policy_unref(first);
	policy_unref(second);
	policy_unref(kept);
	policy_store_close(store);
	rmdir(dir);
}

/* ---- a layer that is in no file ---- */

static struct policy_layer layer_of(struct arena *a, const char *json, struct err *err)
{
	struct policy_layer layer = {NULL, 0};
	const struct json *object;

	cr_assert_eq(json_parse(a, slice_of(json), &object, err), 0, "%s", err->text);
	if (config_map_layer(a, "p", object, &layer, err) < 0)
		layer.sources = NULL;
	return layer;
}

static const struct {
	const char *json, *names, *error;
} config_maps[] = {
	{"{}", "", NULL},
	{"{\"data\":null}", "", NULL},
	{"{\"data\":{\"b.yaml\":\"1\",\"a.json\":\"2\",\"README.md\":\"3\",\"c.yml\":\"\",\"yaml\":\"4\"}}",
	 "ConfigMap p, a.json;ConfigMap p, b.yaml;ConfigMap p, c.yml;", NULL},
	{"{\"binaryData\":{\"logo.png\":\"AAAA\"},\"data\":{\"a.yaml\":\"\"}}", "ConfigMap p, a.yaml;", NULL},
	{"{\"binaryData\":{\"a.yaml\":\"AAAA\"}}", NULL, "ConfigMap p, a.yaml: is binaryData, a policy is UTF-8 text"},
	{"{\"data\":{\"a.yaml\":[]}}", NULL, "ConfigMap p, a.yaml: is no text"},
	{"{\"data\":{\"a.txt\":[]}}", "", NULL},
};

Test(policy, a_config_map_is_a_layer)
{
	json_setup();
	for (size_t i = 0; i < sizeof(config_maps) / sizeof(*config_maps); i++) {
		struct arena a = ARENA_INIT;
		struct buf names = buf_in(&a);
		struct err err = {""};
		struct policy_layer layer = layer_of(&a, config_maps[i].json, &err);
		for (size_t k = 0; layer.sources && k < layer.count; k++)
			buf_printf(&names, "%s;", layer.sources[k].name);
		if (config_maps[i].names)
			cr_expect_str_eq(arena_dup(&a, buf_slice(&names)), config_maps[i].names, "%s", config_maps[i].json);
		cr_expect_str_eq(err.text, config_maps[i].error ? config_maps[i].error : "", "%s", config_maps[i].json);
		arena_release(&a);
	}
}

static unsigned executors_of(struct policy_store *store)
{
	struct policy *p = policy_store_get(store);
	unsigned n = p->default_executors;

	policy_unref(p);
	return n;
}

Test(policy, a_store_takes_a_layer_above_its_files_and_keeps_what_was_good)
{
	struct arena a = ARENA_INIT;
	struct policy_store *store = NULL;
	struct err err = {""};
	struct policy_source source = {"x.yaml", SLICE_LIT(CHECKS("bounds: {defaultExecutors: 3}"))};
	const struct policy_layer layer = {&source, 1};

	json_setup();
	cr_assert_eq(policy_store_open(NULL, 0, &store, &err), 0);
	cr_expect_eq(policy_store_layer(store, NULL, &err), POLICY_UNCHANGED, "there was none");
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_RELOADED);
	cr_expect_eq(executors_of(store), 3);
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_UNCHANGED, "a list brings it again");

	source.text = SLICE_LIT("nonsense");
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_FAILED);
	cr_expect(strstr(err.text, "x.yaml:1:"), "%s", err.text);
	cr_expect_eq(executors_of(store), 3);
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_UNCHANGED, "said once");

	err_set(&err, "no layer at all");
	cr_expect_eq(policy_store_no_layer(store, &err), POLICY_FAILED);
	cr_expect_eq(policy_store_no_layer(store, &err), POLICY_UNCHANGED);
	policy_store_error(store, &err);
	cr_expect_str_eq(err.text, "no layer at all");
	cr_expect_eq(policy_store_reload(store, &err), POLICY_FAILED, "also where files change meanwhile");

	source.text = SLICE_LIT(CHECKS("bounds: {defaultExecutors: 4}"));
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_RELOADED);
	policy_store_error(store, &err);
	cr_expect_str_eq(err.text, "");
	cr_expect_eq(policy_store_layer(store, NULL, &err), POLICY_RELOADED);
	cr_expect_eq(executors_of(store), 2, "the shipped one again");
	policy_store_close(store);
	arena_release(&a);
}

Test(policy, a_store_that_settles_has_two_for_a_while)
{
	struct policy_store *store = NULL;
	struct policy *other;
	struct err err = {""};
	struct policy_source source = {"x.yaml", SLICE_LIT(CHECKS("bounds: {defaultExecutors: 3}"))};
	const struct policy_layer layer = {&source, 1};

	json_setup();
	cr_assert_eq(policy_store_open(NULL, 0, &store, &err), 0);
	struct policy *first = policy_store_pair(store, &other);
	cr_expect_null(other);
	policy_store_settle(store, 200 * CLOCK_MS);
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_RELOADED);
	struct policy *still = policy_store_pair(store, &other);
	cr_expect_eq(still, first);
	cr_assert(other);
	cr_expect_eq(other->default_executors, 3, "known already");
	policy_unref(other);
	policy_unref(still);

	source.text = SLICE_LIT(CHECKS("bounds: {defaultExecutors: 4}"));
	usleep(120000);
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_RELOADED);
	usleep(100000);
	struct policy *now = policy_store_pair(store, &other);
	cr_expect_eq(now->default_executors, 4, "changes do not put each other off");
	cr_expect_eq(other, first, "the one before");
	policy_unref(other);
	policy_unref(now);
	policy_unref(first);
	policy_store_close(store);
}

/* ---- who knows what the webhook is called for ---- */

struct judge_of_words {
	bool knows;
	const char *refused; /* a word of Connect servers */
};

static bool knows(void *closure)
{
	return ((struct judge_of_words *)closure)->knows;
}

static int judge(void *closure, const struct policy *fresh, const struct policy *old, struct err *err)
{
	const struct judge_of_words *j = closure;

	cr_expect_neq(fresh, old);
	for (size_t i = 0; i < fresh->selector_count; i++)
		for (size_t k = 0; k < fresh->selectors[i].words.count; k++)
			if (strcmp(fresh->selectors[i].words.items[k], j->refused) == 0)
				return err_set(err, "never called for '%s'", j->refused);
	return 0;
}

#define WORD(word) ROLE("words: [" word "]")

Test(policy, selectors_may_be_wider_where_somebody_knows_that_the_webhook_is_called)
{
	struct judge_of_words me = {false, "Bad"};
	struct policy_store *store = NULL;
	struct err err = {""};
	struct policy_source source = {"x.yaml", SLICE_LIT(WORD("Other"))};
	const struct policy_layer layer = {&source, 1};

	json_setup();
	cr_assert_eq(policy_store_open(NULL, 0, &store, &err), 0);
	policy_store_guard(store, &(struct policy_guard){knows, judge, &me});
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_FAILED);
	cr_expect(strstr(err.text, "word 'Other' holds none of the shipped ones"), "%s", err.text);
	me.knows = true;
	cr_expect_eq(policy_store_reload(store, &err), POLICY_RELOADED);
	source.text = SLICE_LIT(WORD("Bad"));
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_FAILED);
	cr_expect_str_eq(err.text, "never called for 'Bad'");
	policy_store_close(store);
}

Test(policy, a_store_needs_a_good_beginning)
{
	const char *paths[] = {"/nonexistent"};
	struct policy_store *store = NULL;
	struct err err = {""};

	json_setup();
	cr_expect_eq(policy_store_open(paths, 1, &store, &err), -1);
	cr_expect_null(store);
	policy_store_close(NULL);
	policy_unref(NULL);
}

/* ---- small questions ---- */

static const struct {
	const char *text;
	spark_version version;
} versions[] = {
	{"4.1", 401},    {"4.1.0-java17", 401}, {"3.5.7", 305}, {"3.10", 310}, {"v3.5", 0},  {"", 0},
	{"4", 0},        {"4.", 0},             {".5", 0},      {"0.9", 0},    {"123.4", 0}, {"4.123", 0},
	{"latest", 0},   {"4.1x", 401},
};

Test(policy, versions_are_read_from_the_front)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		cr_expect_eq(spark_version_parse(slice_of(versions[i].text)), versions[i].version, "%s", versions[i].text);
	cr_expect(version_in((struct version_range){0, 0}, 401));
	cr_expect(version_in((struct version_range){305, 401}, 305));
	cr_expect(version_in((struct version_range){305, 401}, 401));
	cr_expect_not(version_in((struct version_range){400, 0}, 305));
	cr_expect_not(version_in((struct version_range){0, 400}, 401));
}

static const struct {
	const char *image;
	bool named;
} images[] = {
	{"apache/spark:4.1.0", true},
	{"docker.io/apache/spark", true},
	{"docker.io/apache/spark@sha256:0123", true},
	{"docker.io/apache/spark:4.1.0@sha256:0123", true},
	{"spark:3.5.7", true},
	{"registry.example.com:5000/apache/spark:4.1.0", false},
	{"spark-custom:3.5.7", false},
	{"apache/spark-py:v3.4.0", false},
	{"", false},
	{":", false},
};

Test(policy, images_whose_user_is_a_name)
{
	struct policy *p = shipped_policy();

	for (size_t i = 0; i < sizeof(images) / sizeof(*images); i++)
		cr_expect_eq(policy_image_user_is_a_name(p, slice_of(images[i].image)), images[i].named, "%s", images[i].image);
	policy_unref(p);
}

static const struct {
	const char *pattern, *text;
	bool match;
} globs[] = {
	{"", "", true},          {"", "a", false},     {"*", "", true},        {"a*", "a", true},      {"a*", "ba", false},
	{"*a", "ba", true},      {"a*b", "ab", true},  {"a*b", "aXbXb", true}, {"a*b", "aXbX", false}, {"a*b*c", "a1b2c", true},
	{"a*b*c", "acb", false}, {"**", "x", true},    {"a*a", "a", false},    {"a", "a*", false},
	{"spark-exec-*-conf-map", "spark-exec-0a-conf-map", true},
};

Test(policy, globs)
{
	for (size_t i = 0; i < sizeof(globs) / sizeof(*globs); i++)
		cr_expect_eq(glob_match(globs[i].pattern, slice_of(globs[i].text)), globs[i].match, "%s %s", globs[i].pattern,
			     globs[i].text);
}

Test(policy, nearest_words)
{
	static const char *const words[] = {"enforce", "warn", "audit", "standalone"};
	static const struct {
		const char *text, *near;
	} cases[] = {{"enforced", "enforce"}, {"WARN", "warn"}, {"wran", "warn"}, {"adit", "audit"}, {"stand-alone", "standalone"},
		     {"x", NULL},             {"", NULL},       {"yarn", "warn"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *near = nearest_word(slice_of(cases[i].text), words, 4);
		cr_expect_str_eq(near ? near : "-", cases[i].near ? cases[i].near : "-", "%s", cases[i].text);
	}
}
