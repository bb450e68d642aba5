/* Policies that are refused: every problem has its line and says what to write. */
#include "base/buf.h"
#include "base/limits.h"
#include "layer_testing.h"

/* ---- refusals: every problem has its line and says what to write ---- */

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
	{TEST("now: tomorrow"), 7, "'tomorrow' is not a date, write"},
	{TEST("namespace: {name: other}"), 6, "the object is in namespace 'team', the test in 'other'"},
	{TEST("namespace: {mode: 1}"), 7, "'mode' must be a string: quote it"},
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
	{RULE("set: {key: spark.master, value: local}"), 5, "spark.master is for backend.master alone"},
	{RULE("default: {key: spark.master, value: local}"), 5, "backend.master alone"},
	{RULE("disable: {key: spark.master}"), 5, "backend.master alone"},
	{RULE("disable: {key: \"spark.m*\"}"), 5, "backend.master alone"},
	{RULE("rename: {key: spark.master, to: spark.a}"), 5, "backend.master alone"},
	{RULE("rename: {key: spark.a, to: spark.master}"), 5, "backend.master alone"},
	{RULE("forbid: {key: spark.master}"), 5, "backend.master alone"},
	{RULE("require: {key: spark.master, match: spark}"), 5, "backend.master alone"},
	{RULE("sett: {key: spark.a, value: b}"), 8, "unknown key 'sett', did you mean 'set'?"},
	{RULE("action: deny"), 5, "needs a verb"},
	{RULE("set: {key: spark.a, value: b}\n  forbid: {key: spark.a}"), 5, "one verb, not 'set' and 'forbid'"},
	{RULE("set: {key: spark.a}"), 8, "'value' is missing"},
	{RULE("set: {key: spark.a, value: 7078}"), 8, "quote it"},
	{RULE("set: {key: spark.a, value: b, needed: true}"), 8, "unknown key 'needed'"},
	{RULE("disable: {key: spark.a, unless: [sparkly.b]}"), 8, "'sparkly.b' is not a Spark key, KEY=VALUE or KEY!=VALUE"},
	{RULE("default: {key: spark.a, value: x, unless: [spark.b!=1, spark.c d=1]}"), 8, "'spark.c d=1' is not a Spark key"},
	{RULE("forbid: {key: spark.a, unless: [spark.b]}"), 8, "unknown key 'unless'"},
	{RULE("set: {key: park.a, value: b}"), 8, "not a Spark key"},
	{RULE("set: {key: spark.a*, value: b}"), 8, "not a Spark key"},
	{RULE("set: {key: \"spark.a b\", value: b}"), 8, "not a Spark key"},
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
	{RULE("set: {key: spark.a, value: b}\n- id: backend.x\n  why: w\n  versions: all\n  forbid: {key: spark.a}"), 9, "appears twice"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.x, why: w, versions: 4.x, forbid: {key: spark.a}}\n", 5, "not a range of versions"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.x, why: w, versions: 4.1-3.5, forbid: {key: spark.a}}\n", 5, "not a range"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.x, why: w, versions: 4.1.2, forbid: {key: spark.a}}\n", 5, "not a range"},
	{HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.x, why: w, versions: 4.1, forbid: {key: spark.a}}\n", 5, "quote it"},

	{CHECKS("checks:\n- {id: connect.deploymode, action: deny}"), 4, "did you mean 'connect.deployMode'?"},
	{CHECKS("checks:\n- {id: somebody.else, action: deny}"), 4, "unknown check 'somebody.else'"},
	{CHECKS("checks:\n- {id: connect.remote, action: refuse}"), 4, "known: deny, warn, audit, off"},
	{CHECKS("checks:\n- {id: connect.remote}"), 4, "'action' is missing"},
	{CHECKS("bounds: {k8sMaster: \"https://x\"}"), 3, "must be k8s://"},
	{CHECKS("bounds: {k8sMasterAliases: [\"spark://m:7077\"]}"), 3, "must be k8s://"},
	{CHECKS("bounds: {defaultStandaloneMaster: \"spark://m\"}"), 3, "write m:7077"},
	{CHECKS("bounds: {allowedMasters: [m]}"), 3, "must be spark://"},
	{CHECKS("bounds: {defaultSparkVersion: \"4\"}"), 3, "not a version"},
	{CHECKS("bounds: {defaultSparkVersion: \"4.9\"}"), 3, "not among sparkVersions"},
	{CHECKS("bounds: {sparkVersions: [\"4.1\", \"3.5\"]}"), 3, "must ascend"},
	{CHECKS("bounds: {defaultExecutors: 0}"), 3, "from 1 to"},
	{CHECKS("bounds: {defaultExecutors: 1.5}"), 3, "whole number"},
	{CHECKS("bounds: {controllers: audit}"), 3, "unknown action 'audit'"},
	{CHECKS("bounds: {nonNumericImages: [7]}"), 3, "list of strings"},

	{ROLE("labels: [{app: other}]"), 5, "label 'app' is not among the shipped ones of connect-server"},
	{ROLE("labels: [{team: a}]"), 5, "never call"},
	{ROLE("labels: [{app: spark-*}]"), 5, "never call"},
	{ROLE("labels: [{}]"), 5, "one to 4 labels"},
	{ROLE("labels: [{app: \"\"}]"), 5, "needs a string"},
	{ROLE("words: [spark-submit]"), 5, "word 'spark-submit'"},
	{HEAD("Selectors") "roles:\n- role: connect\n", 4, "unknown role 'connect'"},
	{HEAD("Selectors") "entrypoints:\n- {name: start, role: connect-server}\n", 4, "entrypoint 'start'"},
	{HEAD("Selectors") "configMaps: {labels: [app=other]}\n", 3, "label 'app=other'"},

	{EXEMPT("expires: \"2027-02-30\", rules: [connect.remote]"), 4, "not a date"},
	{EXEMPT("expires: soon, rules: [connect.remote]"), 4, "not a date"},
	{EXEMPT("expires: never, rules: []"), 4, "would say nothing"},
	{EXEMPT("expires: never"), 4, "'rules' is missing"},
	{EXEMPT("rules: [connect.remote]"), 4, "'expires' is missing"},
	{EXEMPT("expires: never, rules: [connect.remot]"), 4, "which does not exist"},

	{HEAD("Tests") "tests:\n- {name: a, expect: {}}\n", 4, "'object' is missing"},
	{HEAD("Tests") "tests:\n- {name: a, object: {kind: Pod}}\n", 4, "'expect' is missing"},
	{EXPECT("{}"), 7, "'expect' is empty"},
	{EXPECT("{allowed: true, rules: []}"), 7, "'rules' is empty"},
	{EXPECT("{allowed: true, settings: {}}"), 7, "'settings' is empty"},
	{EXPECT("{rules: [backend.mastr]}"), 7, "test 'a' expects rule 'backend.mastr', which does not exist, did you mean 'backend.master'?"},
	{EXPECT("{rules: [\"!conect.deployMode\"]}"), 7, "'conect.deployMode', which does not exist, did you mean 'connect.deployMode'?"},
	{EXPECT("{rules: [\"!conect.*\"]}"), 7, "'conect.*', which does not exist"},
	{EXPECT("{rules: [\"!\"]}"), 7, "'', which does not exist"},
	{EXPECT("\n      rules:\n      - pss.*\n      - ps.*"), 10, "'ps.*', which does not exist"},
	{HEAD("Tests") "tests:\n- {name: a, object: {kind: Pod}, expect: {allow: true}}\n", 4, "did you mean 'allowed'?"},
	{HEAD("Tests") "tests:\n- {name: a, object: {kind: Pod}, namespace: {backendmode: k8s}, expect: {}}\n", 4,
	 "did you mean 'backendMode'?"},
};

Test(policy_refused, refuses_with_line_and_reason)
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

Test(policy_refused, one_bad_document_refuses_all_and_all_problems_are_said)
{
	struct arena a = ARENA_INIT;
	struct policy_problems problems;

	cr_expect_null(layered(CHECKS("checks:\n- {id: connect.remote, action: warn}") "---\n" HEAD("Nope") "---\n" HEAD("Checks") "x: 1\n", &a,
			       &problems));
	cr_expect_eq(problems.count, 2);
	arena_release(&a);
}

/* Looking for lines is what costs; the mistakes are said all the same. */
Test(policy_refused, of_hundreds_of_problems_the_first_have_their_line)
{
	struct arena a = ARENA_INIT;
	struct policy_problems problems;
	struct buf text = buf_in(&a);

	buf_adds(&text, HEAD("Checks"));
	for (unsigned i = 0; i < 500; i++)
		buf_printf(&text, "unknown%u: 1\n", i);
	cr_expect_null(layered(buf_slice(&text).ptr, &a, &problems));
	cr_assert_eq(problems.count, 500);
	cr_expect_eq(problems.items[0].line, 3);
	cr_expect_eq(problems.items[199].line, 202);
	cr_expect_eq(problems.items[499].line, 0);
	cr_expect(strstr(problems.items[499].message, "unknown499"));
	arena_release(&a);
}

Test(policy_refused, a_file_has_a_size_limit)
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
