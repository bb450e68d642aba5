/* What the API server calls us for, read off the webhook configurations: the shipped ones have no gap, and each literal
 * that is missing in them is noticed. */
#include "base/buf.h"
#include "base/file.h"
#include "base/json_write.h"
#include "base/yaml.h"
#include "policy/called.h"
#include "policy/condition.h"
#include "policy_testing.h"

#include <stdio.h>

/* ---- expressions ---- */

#define LABEL(k, v) .labels = &(struct condition_label){k, v, false}, .label_count = 1
#define PREFIX(k, v) .labels = &(struct condition_label){k, v, true}, .label_count = 1

static const struct {
	const char *text;
	struct condition_case object;
	enum condition_answer expected;
} asked[] = {
	{"l[?'app'].orValue('') == 'x'", {LABEL("app", "x")}, CONDITION_YES},
	{"l[?'app'].orValue('') == 'x'", {LABEL("app", "y")}, CONDITION_NO},
	{"l[?'app'].orValue('') == 'x'", {LABEL("other", "x")}, CONDITION_NO},
	{"l[?'app'].orValue('') == 'x'", {LABEL("app", NULL)}, CONDITION_UNKNOWN},
	{"l[?'app'].orValue('') == 'x'", {PREFIX("app", "x")}, CONDITION_UNKNOWN},
	{"l['app'] == 'x'", {LABEL("app", "x")}, CONDITION_YES},
	{"l['app'] == 'x'", {LABEL("other", "x")}, CONDITION_UNKNOWN}, /* an error in CEL */
	{"l[?\"app\"].orValue('') == r'x'", {LABEL("app", "x")}, CONDITION_YES},
	{"l[?'a\\x70p'].orValue('') == 'x'", {LABEL("app", "x")}, CONDITION_YES},
	{"l[?'app'].orValue('') in ['x', 'y']", {LABEL("app", "y")}, CONDITION_YES},
	{"l[?'app'].orValue('') in ['x', 'y']", {LABEL("app", "z")}, CONDITION_NO},
	{"l[?'app'].orValue('') in names", {LABEL("app", "z")}, CONDITION_UNKNOWN},
	{"l[?'app'].orValue('').startsWith('sp')", {LABEL("app", "spark")}, CONDITION_YES},
	{"l[?'app'].orValue('').startsWith('sp')", {PREFIX("app", "spark")}, CONDITION_YES},
	{"l[?'app'].orValue('').startsWith('spark-c')", {PREFIX("app", "spark")}, CONDITION_UNKNOWN},
	{"l[?'app'].orValue('').startsWith('other')", {PREFIX("app", "spark")}, CONDITION_NO},
	{"'app' in l", {LABEL("app", NULL)}, CONDITION_YES},
	{"'app' in l", {LABEL("other", NULL)}, CONDITION_NO},
	{"l[?'app'].orValue('') != 'x'", {LABEL("app", "x")}, CONDITION_UNKNOWN},
	{"l[?'app'].orValue('').matches('x')", {LABEL("app", "x")}, CONDITION_UNKNOWN},
	{"l[?'app'].orValue('').size() > 0", {LABEL("app", "x")}, CONDITION_UNKNOWN},
	{"l[?'app'].other == 'x'", {LABEL("app", "x")}, CONDITION_UNKNOWN},
	{"(l[?'app'].orValue('') == 'x') == false", {LABEL("app", "x")}, CONDITION_UNKNOWN},
	{"a.contains('art-conn')", {.text = "start-connect"}, CONDITION_YES},
	{"a.contains('art-conn')", {.text = "start-master"}, CONDITION_NO},
	{"a.contains('art-conn')", {LABEL("app", "art-conn")}, CONDITION_NO},
	{"a.contains('x') == false", {.text = "x"}, CONDITION_UNKNOWN},
	{"a.contains('x' + 'y')", {.text = "xy"}, CONDITION_UNKNOWN},
	{"a.contains(f('x', [1]), 2)", {.text = "xy"}, CONDITION_UNKNOWN},
	{"a.startsWith('x')", {.text = "xy", .at_start = true}, CONDITION_YES},
	{"a.startsWith('x')", {.text = "xy"}, CONDITION_NO},
	{"!a.contains('x')", {.text = "x"}, CONDITION_NO},
	{"!!a.contains('x')", {.text = "x"}, CONDITION_YES},
	{"!a.contains('y')", {.text = "x"}, CONDITION_YES},
	{"!has(object.x)", {.text = "x"}, CONDITION_UNKNOWN},
	{"a.contains('x') && b.size() > 1", {.text = "x"}, CONDITION_UNKNOWN},
	{"a.contains('y') && b.size() > 1", {.text = "x"}, CONDITION_NO},
	{"b.size() > 1 || a.contains('x')", {.text = "x"}, CONDITION_YES},
	{"b.size() > 1 || a.contains('y')", {.text = "x"}, CONDITION_UNKNOWN},
	{"a.contains('y') || a.contains('x') && a.contains('z')", {.text = "x"}, CONDITION_NO},
	{"(a.contains('y') || a.contains('x')) && a.contains('z')", {.text = "xz"}, CONDITION_YES},
	{"[x.y + [1, 2]].exists(l, l.contains('x'))", {.text = "x"}, CONDITION_YES},
	{"x.exists(a, y.exists(b, b.contains('x') && a.contains('y')))", {.text = "xy"}, CONDITION_YES},
	{"x.all(a, a.contains('x'))", {.text = "x"}, CONDITION_UNKNOWN},
	{"x ? a.contains('x') : a.contains('y')", {.text = "xy"}, CONDITION_UNKNOWN},
	{"(x ? a : b).contains('x')", {.text = "x"}, CONDITION_YES},
	{"// a.contains('y')\na.contains('x')", {.text = "x"}, CONDITION_YES},
	{"a.contains('''x''')", {.text = "x"}, CONDITION_YES},
	{"true", {.text = "x"}, CONDITION_UNKNOWN},
	{"1 < 2 || a[-1] == b[0x1]", {.text = "x"}, CONDITION_UNKNOWN},
};

Test(called, a_condition_is_read_as_far_as_it_can_be)
{
	for (size_t i = 0; i < COUNT(asked); i++) {
		struct arena a = ARENA_INIT;
		const struct condition *c = NULL;
		struct err err = {""};
		if (condition_parse(&a, slice_of(asked[i].text), &c, &err) < 0)
			cr_expect_fail("%s: %s", asked[i].text, err.text);
		else
			cr_expect_eq(condition_ask(c, &asked[i].object), asked[i].expected, "%s (row %zu)", asked[i].text, i);
		arena_release(&a);
	}
}

static const char *const unreadable[] = {
	"", "a.", "a.contains('x'", "'x", "'x\n'", "'''x''", "\"\\q\"", "'\\u00'", "a &", "a # b", "(a", "a)", "a || ", "|| a",
	"!", "a b)", "x.exists('a', b)", "x.exists(a b)", "x.exists(a, b", "l[?'a'", "l[?'a'].orValue('') in ['a', b]",
	"l[?'a'].orValue('') in ['a'", "[(]", "\x80",
};

Test(called, what_is_no_expression_is_an_error)
{
	for (size_t i = 0; i < COUNT(unreadable); i++) {
		struct arena a = ARENA_INIT;
		const struct condition *c = NULL;
		struct err err = {""};
		cr_expect_eq(condition_parse(&a, slice_of(unreadable[i]), &c, &err), -1, "%s", unreadable[i]);
		cr_expect_neq(err.text[0], '\0');
		cr_expect_null(c);
		arena_release(&a);
	}
}

static struct slice repeated(struct arena *a, const char *unit, size_t bytes, const char *end)
{
	struct buf b = buf_in(a);

	while (b.len + strlen(unit) + strlen(end) <= bytes)
		buf_adds(&b, unit);
	buf_adds(&b, end);
	return buf_slice(&b);
}

Test(called, expressions_are_bounded)
{
	static const char *const units[][2] = {
		{"(", ""}, {"[", ""}, {"!", "a"}, {"a||", "a"}, {"a&&", "a"}, {"a.exists(b,", "c"}, {"'", "'"}, {"//\n", "a"},
		{"a.contains('x')||", "a"}, {"l['a'].orValue('')==", "'a'"}, {"a+", "a"}, {"a?b:", "c"}, {"[[{((", "a"},
	};

	for (size_t i = 0; i < COUNT(units); i++) {
		struct arena a = ARENA_INIT;
		const struct condition *c;
		struct err err = {""};
		const struct condition_case object = {.text = "x"};
		if (condition_parse(&a, repeated(&a, units[i][0], CONDITION_BYTES, units[i][1]), &c, &err) == 0)
			cr_expect_neq(condition_ask(c, &object), CONDITION_NO);
		cr_expect_eq(condition_parse(&a, repeated(&a, units[i][0], CONDITION_BYTES + 100, units[i][1]), &c, &err), -1);
		arena_release(&a);
	}
}

/* ---- the shipped configurations ---- */

struct bench {
	struct arena a;
	struct policy *policy;
	const struct json *configurations[CALLED_KINDS];
};

static void set_up(struct bench *b)
{
	struct yaml_stream stream;
	struct err err = {""};
	struct slice text;

	*b = (struct bench){.policy = shipped()};
	cr_assert_eq(file_read(&b->a, "manifests/webhook-configurations.yaml", 1 << 20, &text, &err), 0, "%s", err.text);
	cr_assert_eq(yaml_parse(&b->a, text, YAML_MANIFEST, &stream, &err), 0, "%s", err.text);
	for (size_t i = 0; i < stream.count; i++) {
		const char *kind = json_text(json_get(stream.items[i].root, "kind"), "");
		if (strcmp(kind, "MutatingWebhookConfiguration") == 0)
			b->configurations[CALLED_MUTATING] = stream.items[i].root;
		if (strcmp(kind, "ValidatingWebhookConfiguration") == 0)
			b->configurations[CALLED_VALIDATING] = stream.items[i].root;
	}
	cr_assert(b->configurations[0] && b->configurations[1]);
}

static void tear_down(struct bench *b)
{
	policy_unref(b->policy);
	arena_release(&b->a);
}

static struct called_gaps gaps_of(struct bench *b, enum called_kind kind, const struct json *configuration)
{
	struct called_gaps gaps = {0};

	called_compare(kind, configuration, b->policy, &b->a, &gaps);
	return gaps;
}

Test(called, the_shipped_configurations_have_no_gap)
{
	struct bench b;

	set_up(&b);
	for (unsigned k = 0; k < CALLED_KINDS; k++) {
		struct called_gaps gaps = gaps_of(&b, (enum called_kind)k, b.configurations[k]);
		cr_expect_eq(gaps.count, 0, "%s", gaps.count ? gaps.items[0].text : "");
		cr_expect_not(gaps.unread);
	}
	tear_down(&b);
}

/* The member of the webhook of that name, to be changed. */
static struct json *webhook_of(struct json *configuration, const char *name)
{
	const struct json *found = NULL;

	JSON_EACH(item, json_get(configuration, "webhooks"))
		if (strcmp(json_text(json_get(item, "name"), ""), name) == 0)
			found = item;
	cr_assert(found, "no %s", name);
	return (struct json *)(uintptr_t)found;
}

static const struct {
	enum called_kind kind;
	const char *webhook, *field, *value, *gap;
} changes[] = {
	{CALLED_MUTATING, "pods.mutate.sparkgate.io", "failurePolicy", "'Fail'", "failurePolicy of pods.mutate.sparkgate.io is Fail, shipped is Ignore"},
	{CALLED_VALIDATING, "servers.validate.sparkgate.io", "failurePolicy", "'Ignore'", "failurePolicy of servers.validate.sparkgate.io is Ignore, shipped is Fail"},
	{CALLED_VALIDATING, "servers.validate.sparkgate.io", "failurePolicy", "7", "failurePolicy of servers.validate.sparkgate.io is none, shipped is Fail"},
	{CALLED_MUTATING, "configmaps.mutate.sparkgate.io", "reinvocationPolicy", "'Never'", "reinvocationPolicy of configmaps.mutate.sparkgate.io is Never, shipped is IfNeeded"},
	{CALLED_MUTATING, "pods.mutate.sparkgate.io", "namespaceSelector", "{}", "namespaceSelector of pods.mutate.sparkgate.io lacks sparkgate.io/mode Exists"},
	{CALLED_MUTATING, "pods.mutate.sparkgate.io", "namespaceSelector", "{'matchExpressions':[{'key':'sparkgate.io/mode','operator':'In','values':['enforce']}]}", "namespaceSelector of pods.mutate.sparkgate.io lacks sparkgate.io/mode Exists"},
	{CALLED_MUTATING, "pods.mutate.sparkgate.io", "namespaceSelector", "{'matchExpressions':[{'key':'sparkgate.io/mode','operator':'Exists'}]}", NULL},
	{CALLED_VALIDATING, "namespaces.validate.sparkgate.io", "namespaceSelector", "{'matchExpressions':[{'key':'sparkgate.io/mode','operator':'Exists'}]}", "namespaceSelector of namespaces.validate.sparkgate.io names sparkgate.io/mode: opting out would not be seen"},
	{CALLED_VALIDATING, "namespaces.validate.sparkgate.io", "objectSelector", "{'matchLabels':{'sparkgate.io/mode':'enforce'}}", "objectSelector of namespaces.validate.sparkgate.io is not the shipped one"},
	{CALLED_VALIDATING, "namespaces.validate.sparkgate.io", "objectSelector", "{}", NULL},
	{CALLED_VALIDATING, "executors.validate.sparkgate.io", "objectSelector", "{'matchLabels':{'spark-role':'driver'}}", "objectSelector of executors.validate.sparkgate.io is not the shipped one"},
	{CALLED_VALIDATING, "executors.validate.sparkgate.io", "objectSelector", "{}", NULL},
	{CALLED_MUTATING, "pods.mutate.sparkgate.io", "objectSelector", "{'matchLabels':{'team':'a'}}", "objectSelector of pods.mutate.sparkgate.io is not the shipped one"},
	{CALLED_MUTATING, "pods.mutate.sparkgate.io", "matchConditions", "[]", NULL},
	{CALLED_MUTATING, "pods.mutate.sparkgate.io", "matchConditions", "[{'name':'mine','expression':'false'}]", "matchCondition 'mine' of pods.mutate.sparkgate.io is not ours: for what it leaves out the API server does not call"},
	{CALLED_MUTATING, "pods.mutate.sparkgate.io", "matchConditions", "[{'name':'is-spark','expression':'a.'}]", "matchCondition is-spark of pods.mutate.sparkgate.io cannot be compared: expected a name after '.'"},
	{CALLED_MUTATING, "pods.mutate.sparkgate.io", "name", "'other'", "entry pods.mutate.sparkgate.io is missing"},
	{CALLED_VALIDATING, "workloads.validate.sparkgate.io", "matchConditions", "'x'", NULL},
	{CALLED_VALIDATING, "workloads.validate.sparkgate.io", "matchConditions", "[{'name':'is-spark-template','expression':'false'}]", "label 'spark-role=connect-server' of role connect-server is not in the matchConditions of workloads.validate.sparkgate.io"},
};

Test(called, each_change_is_named)
{
	struct bench b;

	set_up(&b);
	for (size_t i = 0; i < COUNT(changes); i++) {
		struct json *copy = json_copy(&b.a, b.configurations[changes[i].kind]);
		struct json *webhook = webhook_of(copy, changes[i].webhook);
		json_put(&b.a, webhook, changes[i].field, json_copy(&b.a, parsed(&b.a, changes[i].value)));
		struct called_gaps gaps = gaps_of(&b, changes[i].kind, copy);
		cr_expect_str_eq(gaps.count ? gaps.items[0].text : "", changes[i].gap ? changes[i].gap : "", "row %zu", i);
		cr_expect_eq(called_misses(&gaps), gaps.count > 0 && !strstr(changes[i].field, "Policy"), "row %zu", i);
	}
	cr_expect_str_eq(gaps_of(&b, CALLED_MUTATING, NULL).items[0].text, "there is no mutating webhook configuration");
	cr_expect(gaps_of(&b, CALLED_MUTATING, NULL).unread);
	cr_expect_eq(gaps_of(&b, CALLED_VALIDATING, parsed(&b.a, "[1]")).count, 5);
	tear_down(&b);
}

/* Literals that no selector is about: defaults, what joins, what an executor or another template looks like. */
static bool is_about_a_selector(struct slice literal, bool executors)
{
	static const char *const others[] = {"", " ", "CronJob", "PodTemplate"};

	for (size_t i = 0; i < COUNT(others); i++)
		if (slice_is(literal, others[i]))
			return false;
	return !executors || slice_is(literal, "spark-role");
}

/* A copy of the configuration with another expression in that condition. */
static const struct json *with_expression(struct bench *b, enum called_kind kind, const char *webhook, const char *condition,
					  struct slice text)
{
	struct json *copy = json_copy(&b->a, b->configurations[kind]);
	struct buf quoted_text = buf_in(&b->a);
	struct json_writer w = json_writer(&quoted_text);
	const struct json *value = NULL;
	struct err err = {""};

	json_write_string(&w, text);
	cr_assert_eq(json_parse(&b->a, buf_slice(&quoted_text), &value, &err), 0, "%s", err.text);
	JSON_EACH(item, json_get(webhook_of(copy, webhook), "matchConditions"))
		if (strcmp(json_text(json_get(item, "name"), ""), condition) == 0) {
			json_put(&b->a, (struct json *)(uintptr_t)item, "expression", json_copy(&b->a, value));
			break;
		}
	return copy;
}

/* Change each literal of the selecting condition in turn: a gap of a selector must come of it. */
static size_t change_each_literal(struct bench *b, enum called_kind kind, const char *webhook, const struct json *condition)
{
	const char *name = json_text(json_get(condition, "name"), ""), *text = json_text(json_get(condition, "expression"), "");
	size_t changed = 0;

	for (const char *at = strchr(text, '\''), *end; at; at = strchr(end + 1, '\'')) {
		end = strchr(at + 1, '\'');
		struct slice literal = {at + 1, (size_t)(end - at) - 1};
		if (!is_about_a_selector(literal, strcmp(name, "is-an-executor") == 0))
			continue;
		const char *fresh = arena_printf(&b->a, "%.*s~missing~%s", (int)(at + 1 - text), text, end);
		struct called_gaps gaps = gaps_of(b, kind, with_expression(b, kind, webhook, name, slice_of(fresh)));
		cr_expect(gaps.count > 0 && gaps.items[0].selector, "'%.*s' of %s can be missing unnoticed",
			  SLICE_ARG(literal), webhook);
		changed++;
	}
	return changed;
}

Test(called, each_literal_that_is_missing_is_noticed)
{
	struct bench b;
	size_t changed = 0;

	set_up(&b);
	for (unsigned k = 0; k < CALLED_KINDS; k++)
		JSON_EACH(webhook, json_get(b.configurations[k], "webhooks"))
			JSON_EACH(condition, json_get(webhook, "matchConditions"))
				if (strncmp(json_text(json_get(condition, "name"), ""), "is-", 3) == 0)
					changed += change_each_literal(&b, (enum called_kind)k,
								       json_text(json_get(webhook, "name"), ""), condition);
	cr_expect_gt(changed, 90, "%zu literals", changed);
	tear_down(&b);
}

/* And the other way round: each selector that the policy has more is noticed. */
static const char *const wider[][2] = {
	{"roles:\n- {role: connect-server, words: [Other]}", "word 'Other' of role connect-server"},
	{"roles:\n- {role: connect-server, words: [SparkConnect]}", "word 'SparkConnect' of role connect-server"},
	{"roles:\n- {role: standalone-worker, labels: [{app: w}]}", "label 'app=w' of role standalone-worker"},
	{"roles:\n- {role: standalone-worker, labels: [{app: \"*\"}]}", "label 'app' of role standalone-worker"},
	{"roles:\n- {role: connect-server, labels: [{app: spark*}]}", "label 'app=spark*' of role connect-server"},
	{"roles:\n- {role: executor, labels: [{spark-role: exec}]}", "label 'spark-role=exec' of role executor"},
	{"entrypoints:\n- {name: server, role: connect-server}", "entrypoint 'server' of role connect-server"},
	{"configMaps: {labels: [a=b]}", "label 'a=b' of role connect-config"},
	{"configMaps: {labels: [app]}", "label 'app' of role connect-config"},
	{"roles:\n- {role: connect-server, words: [a/SparkConnectServer], labels: [{app: spark-connect, team: a}]}", NULL},
	{"configMaps: {labels: [sparkoperator.k8s.io/connect-name=x]}", NULL},
};

Test(called, each_selector_beyond_the_conditions_is_named)
{
	struct bench b;

	set_up(&b);
	for (size_t i = 0; i < COUNT(wider); i++) {
		struct policy_layer layers[] = {policy_shipped(&b.a), {.count = 1}};
		const char *text = arena_join(&b.a, "apiVersion: policy.sparkgate.io/v1\nkind: Selectors\n", wider[i][0], "\n");
		const struct policy_source source = {"w.yaml", slice_of(text)};
		const struct policy_options options = {.wider_selectors = true};
		struct policy_problems problems = {0};
		layers[1].sources = &source;
		policy_unref(b.policy);
		b.policy = policy_compile(layers, 2, &options, &b.a, &problems);
		cr_assert(b.policy, "%s", problems.count ? problems.items[0].message : "");
		struct called_gaps gaps = gaps_of(&b, CALLED_MUTATING, b.configurations[CALLED_MUTATING]);
		struct called_gaps more = gaps_of(&b, CALLED_VALIDATING, b.configurations[CALLED_VALIDATING]);
		if (!wider[i][1])
			cr_expect_eq(gaps.count + more.count, 0, "%s", gaps.count ? gaps.items[0].text : text);
		else
			cr_expect(gaps.count > 0 && more.count > 0 && strstr(gaps.items[0].text, wider[i][1]) == gaps.items[0].text &&
					  gaps.items[0].selector, "%s: %s", text, gaps.count ? gaps.items[0].text : "no gap");
	}
	tear_down(&b);
}
