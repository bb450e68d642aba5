/* Policies: what is shipped, and what later layers may do. */
#include "policy/policy.h"

#include "policy/words.h"
#include "layer_testing.h"

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
	{BACKEND_K8S, VERB_DEFAULT, "spark.executor.cores", "{executorCores}", 0, false},
	{BACKEND_K8S, VERB_DEFAULT, "spark.kubernetes.container.image", "{image}", ABSENT_UNEXPANDED, true},
	{BACKEND_K8S, VERB_DEFAULT, "spark.kubernetes.container.image.pullSecrets", "{pullSecrets}", 0, false},
	{BACKEND_K8S, VERB_DEFAULT, "spark.kubernetes.driver.pod.name", "{podName}", ABSENT_UNEXPANDED, true},
	{BACKEND_K8S, VERB_DERIVE, "spark.executor.instances", NULL, 0, false},
	{BACKEND_K8S, VERB_DISABLE, "spark.dynamicAllocation.shuffleTracking.enabled", "true", 0, false},
	{BACKEND_K8S, VERB_DISABLE, "spark.kubernetes.driver.master", "https://kubernetes.default.svc", 0, false},
	{BACKEND_K8S, VERB_DISABLE, "spark.kubernetes.submitInDriver", "false", 0, false},
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
	struct policy *p = shipped();
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
	{"backend.driverHost", ACTION_WARN},   {"backend.appId", ACTION_OFF},        {"nobody.knows", ACTION_OFF},
};

Test(policy, ships_actions_for_checks_and_rules)
{
	struct policy *p = shipped();

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

static const struct {
	const char *id;
	enum action cap, said; /* ACTION_OFF: nothing is */
} sayings[] = {
	{"connect.remote", ACTION_DENY, ACTION_DENY}, {"connect.remote", ACTION_WARN, ACTION_WARN},
	{"backend.master", ACTION_DENY, ACTION_DENY}, {"scope.mode", ACTION_DENY, ACTION_WARN},
	{"scope.noLabel", ACTION_WARN, ACTION_AUDIT}, {"backend.appId", ACTION_WARN, ACTION_OFF},
};

Test(policy, says_what_its_action_is_and_no_more_than_the_cap)
{
	struct policy *p = shipped();
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < sizeof(sayings) / sizeof(*sayings); i++) {
		struct findings list = {0};
		policy_say(p, &a, &list, sayings[i].id, sayings[i].cap, "m", (struct place){.pointer = "/spec"});
		cr_assert_eq(list.count, sayings[i].said != ACTION_OFF, "row %zu", i);
		if (list.count == 0)
			continue;
		cr_expect_eq(list.items[0].action, sayings[i].said, "row %zu", i);
		cr_expect_str_eq(list.items[0].rule, sayings[i].id);
		cr_expect_str_eq(list.items[0].message, "m");
		cr_expect_str_eq(list.items[0].place.pointer, "/spec");
	}
	arena_release(&a);
	policy_unref(p);
}

/* ---- layers ---- */

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

/* A warning each, of what no object and no account can be called. */
Test(policy, exemptions_of_nobody_are_warned_of)
{
	static const struct {
		const char *who, *warned; /* NULL: fine */
	} cases[] = {
		{"namespaces: [\"A B\"]", "exemption 'a' names namespace 'A B', which nothing can have: small letters"},
		{"namespaces: [a.b]", "namespace 'a.b'"},
		{"namespaces: [\"team-*\", \"*\"]", NULL},
		{"names: [Connect]", "name 'Connect'"},
		{"names: [\"connect-*\", connect-, a.b]", NULL},
		{"users: [\"system:serviceaccount:a\"]", "user 'system:serviceaccount:a', which nothing can have: system:serviceaccount:NAMESPACE:NAME"},
		{"users: [\"system:serviceaccount:a:b:c\"]", "user 'system:serviceaccount:a:b:c'"},
		{"users: [\"system:serviceaccount::b\"]", "user 'system:serviceaccount::b'"},
		{"users: [\"system:serviceaccount:a:b\", \"system:serviceaccount:*\", \"A B\"]", NULL},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = ARENA_INIT;
		struct policy *p = good_layer(arena_printf(&a, HEAD("Exemptions") "exemptions:\n- {id: a, owner: o, reason: r, expires: \"2027-03-31\", "
							   "rules: [pss.procMount], %s}\n", cases[i].who));
		cr_expect_eq(p->warnings.count, cases[i].warned != NULL, "%s", cases[i].who);
		if (cases[i].warned && p->warnings.count > 0)
			cr_expect(strstr(p->warnings.items[0], cases[i].warned), "%s", p->warnings.items[0]);
		policy_unref(p);
		arena_release(&a);
	}
}

Test(policy, a_rule_for_no_version_is_warned_of)
{
	static const struct {
		const char *versions;
		bool warned;
	} cases[] = {{"5.0+", true}, {"\"2.4\"", true}, {"3.6-3.9", true}, {"4.1+", false}, {"3.0-3.5", false}, {"all", false}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = ARENA_INIT;
		struct policy *p = good_layer(arena_printf(&a, HEAD("Backend") "backend: k8s\nrules:\n- {id: backend.x, why: w, versions: %s, forbid: {key: spark.a}}\n",
							   cases[i].versions));
		cr_expect_eq(p->warnings.count, cases[i].warned, "%s", cases[i].versions);
		if (p->warnings.count > 0)
			cr_expect(strstr(p->warnings.items[0], "rule 'backend.x' never applies: none of sparkVersions (3.5, 4.0, 4.1) is among"), "%s", p->warnings.items[0]);
		policy_unref(p);
		arena_release(&a);
	}
}

Test(policy, hash_follows_every_byte)
{
	struct policy *p = shipped(), *same = shipped();
	struct policy *other = good_layer("# nothing but a comment\n");

	cr_expect_str_eq(p->hash, same->hash);
	cr_expect_str_neq(p->hash, other->hash);
	policy_unref(p);
	policy_unref(same);
	policy_unref(other);
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

Test(policy, versions_are_said_as_they_are_read)
{
	static const char *const texts[] = {"3.5", "4.0", "4.1", "4.10", "12.99"};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(texts); i++)
		cr_expect_str_eq(spark_version_text(&a, spark_version_parse(slice_of(texts[i]))), texts[i]);
	arena_release(&a);
}

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
	struct policy *p = shipped();

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

/* What all words have in front makes none of them near. */
Test(policy, nearest_words_behind_a_prefix)
{
	static const char *const words[] = {"sparkgate.io/pssMode", "sparkgate.io/pssVersion", "sparkgate.io/backendMode", "backend.master", "4.0", "4.1"};
	static const struct {
		const char *text, *near;
	} cases[] = {{"sparkgate.io/foo", NULL}, {"sparkgate.io/decision", NULL}, {"sparkgate.io/", NULL}, {"sparkgate.io/pssmode", "sparkgate.io/pssMode"},
		     {"sparkgate.io/pssVerson", "sparkgate.io/pssVersion"}, {"sparkgate.io/backend-mode", "sparkgate.io/backendMode"},
		     {"Sparkgate.io/psMode", "sparkgate.io/pssMode"}, {"backend.mastr", "backend.master"}, {"backend.x", NULL}, {"backend.", NULL},
		     {"bakcend.master", "backend.master"}, {"4.2", NULL}, {"5.0", NULL}, {"4.0.", NULL}, {"v4.0", "4.0"}, {"4.1x", "4.1"}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *near = nearest_word(slice_of(cases[i].text), words, COUNT(words));
		cr_expect_str_eq(near ? near : "-", cases[i].near ? cases[i].near : "-", "%s", cases[i].text);
	}
}
