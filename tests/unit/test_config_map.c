/* ConfigMaps as a carrier. The rules are a small policy of this file's own: what the shipped ones say is tested with them. */
#include "spark/config_map.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct arena arena;

static void setup(void)
{
	json_setup();
}

static void release(void)
{
	arena_release(&arena);
}

TestSuite(config_map, .init = setup, .fini = release);

/* ---- a policy ---- */

static struct rule rules[] = {
	{.id = "backend.master", .backend = BACKEND_K8S, .verb = VERB_SET, .key = "spark.master", .value = "{master}"},
	{.id = "backend.namespace", .backend = BACKEND_K8S, .verb = VERB_SET, .key = "spark.kubernetes.namespace",
	 .value = "{namespace}"},
	{.id = "backend.image", .backend = BACKEND_K8S, .verb = VERB_DEFAULT, .key = "spark.kubernetes.container.image",
	 .value = "{image}", .needed = true},
	{.id = "backend.driverMaster", .backend = BACKEND_K8S, .verb = VERB_DISABLE, .key = "spark.kubernetes.driver.master", .match = "local*"},
	{.id = "backend.master", .backend = BACKEND_STANDALONE, .verb = VERB_SET, .key = "spark.master", .value = "{master}"},
	{.id = "backend.driverPort", .backend = BACKEND_STANDALONE, .verb = VERB_DEFAULT, .key = "spark.driver.port",
	 .value = "7078", .absent = ABSENT_ZERO},
	{.id = "backend.secretFile", .backend = BACKEND_STANDALONE, .verb = VERB_DISABLE,
	 .key = "spark.authenticate.secret.file"},
	{.id = "backend.rename", .backend = BACKEND_STANDALONE, .verb = VERB_RENAME, .key = "spark.old.key",
	 .value = "spark.new.key"},
};
static struct check checks[] = {
	{"config.backend", ACTION_WARN, ""},    {"config.binaryData", ACTION_WARN, ""},
	{"config.immutable", ACTION_WARN, ""},  {"config.malformed", ACTION_DENY, ""},
	{"config.notWritable", ACTION_WARN, ""}, {"config.podTemplate", ACTION_WARN, ""},
	{"config.size", ACTION_WARN, ""},       {"connect.apiMode", ACTION_DENY, ""},
	{"connect.deployMode", ACTION_DENY, ""}, {"connect.remote", ACTION_DENY, ""},
	{"connect.unknownKey", ACTION_WARN, ""},
};
static struct wrong_key wrong_keys[] = {{"spark.metrics.conf.path", {0, 0}, "no such key", 23, 0}};
static const char *const data_keys[] = {"spark-defaults.conf", "spark.properties", "spark-properties.conf*"};
static const char *const never[] = {"spark-exec-*-conf-map"};
static const char *const labels[] = {"app=spark-connect"};
static const char *const aliases[] = {"k8s://https://kubernetes.default.svc:443"};

static struct policy policy = {
	.rules = rules,
	.rule_count = COUNT(rules),
	.checks = checks,
	.check_count = COUNT(checks),
	.wrong_keys = wrong_keys,
	.wrong_key_count = COUNT(wrong_keys),
	.k8s_master = "k8s://https://kubernetes.default.svc",
	.default_executors = 2,
};

static const struct policy *test_policy(void)
{
	policy.data_keys = (struct texts){(const char **)(uintptr_t)data_keys, COUNT(data_keys)};
	policy.never_rewrite = (struct texts){(const char **)(uintptr_t)never, COUNT(never)};
	policy.k8s_master_aliases = (struct texts){(const char **)(uintptr_t)aliases, COUNT(aliases)};
	policy.config_map_labels = (struct texts){(const char **)(uintptr_t)labels, COUNT(labels)};
	return &policy;
}

static struct namespace team(enum backend backend)
{
	return (struct namespace){.name = "team", .backend = backend, .standalone_master = "spark://m:7077",
				  .spark_version = 401};
}

/* Single quotes read as double ones. */
static struct json *json_of(const char *text)
{
	char *copy = arena_dup(&arena, slice_of(text));
	const struct json *v = NULL;
	struct err err = {""};

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	cr_assert_eq(json_parse(&arena, slice_of(copy), &v, &err), 0, "%s: %s", text, err.text);
	return json_copy(&arena, v);
}

static const struct json *config_map_with(const char *key, struct slice text)
{
	struct slice name = json_patch_string(&arena, slice_of(key)), value = json_patch_string(&arena, text);

	return json_of(arena_printf(&arena, "{'metadata':{'name':'x'},'data':{%.*s:%.*s}}", SLICE_ARG(name), SLICE_ARG(value)));
}

struct outcome {
	const struct json *object; /* after the patch */
	struct spark_result result;
	size_t operations;
};

static struct outcome rewrite(const struct json *config_map, const struct namespace *ns)
{
	struct json_patch patch = json_patch_in(&arena);
	struct outcome o = {.object = config_map};
	struct json *changed;
	struct err err = {""};

	spark_rewrite_config_map(test_policy(), &arena, config_map, ns, &patch, &o.result);
	o.operations = patch.count;
	if (patch.count > 0) {
		cr_assert_eq(json_patch_apply(&arena, config_map, &patch, &changed, &err), 0, "%s", err.text);
		o.object = changed;
	}
	return o;
}

static const char *text_of(const struct json *config_map, const char *key)
{
	return json_text(json_get(json_get(config_map, "data"), key), "(absent)");
}

/* The hash behind "#sparkgate:begin BACKEND " is tested with properties. */
static const char *without_hash(const char *text)
{
	const char *begin = strstr(text, "#sparkgate:begin ");
	const char *hash = begin ? strchr(begin + strlen("#sparkgate:begin "), ' ') : NULL;

	return hash ? arena_printf(&arena, "%.*s%s", (int)(hash - text), text, hash + 9) : text;
}

#define BLOCK(backend, lines) "#sparkgate:begin " backend "\n" lines "#sparkgate:end\n"
#define K8S_NAMESPACE "spark.kubernetes.namespace=team\n"
#define K8S_BLOCK BLOCK("k8s", "spark.master=k8s://https://kubernetes.default.svc\n" K8S_NAMESPACE)

static const struct {
	const char *text;
	enum backend backend;
	const char *result; /* NULL: unchanged */
} texts[] = {
	{"spark.a=1\n", BACKEND_NONE, NULL},
	{"", BACKEND_K8S, K8S_BLOCK},
	{"spark.master=local\n", BACKEND_K8S, K8S_BLOCK "#sparkgate:off spark.master=local\n"},
	{"spark.master=k8s://https://kubernetes.default.svc:443\n", BACKEND_K8S,
	 BLOCK("k8s", K8S_NAMESPACE) "spark.master=k8s://https://kubernetes.default.svc:443\n"},
	{"spark.master=k8s://https://${KUBERNETES_SERVICE_HOST}:443\n", BACKEND_K8S,
	 BLOCK("k8s", K8S_NAMESPACE) "spark.master=k8s://https://${KUBERNETES_SERVICE_HOST}:443\n"},
	{"spark.master=k8s://https://$(KUBERNETES_SERVICE_HOST):443\n", BACKEND_K8S,
	 K8S_BLOCK "#sparkgate:off spark.master=k8s://https://$(KUBERNETES_SERVICE_HOST):443\n"},
	{"spark.master=k8s://https://kubernetes.default.svc:443\nspark.kubernetes.namespace team\n", BACKEND_K8S, NULL},
	{"spark.master=yarn\nspark.driver.port=0\n", BACKEND_STANDALONE,
	 BLOCK("standalone", "spark.master=spark://m:7077\nspark.driver.port=7078\n")
	 "#sparkgate:off spark.master=yarn\n#sparkgate:off spark.driver.port=0\n"},
	{"spark.master=spark\\://m\\:7077\nspark.driver.port=1\nspark.kubernetes.namespace=x\n", BACKEND_STANDALONE, NULL},
	{"spark.master=a\nspark.master=spark://m:7077\nspark.driver.port=1\n", BACKEND_STANDALONE, NULL}, /* the last wins */
	{"spark.master=spark://m:7077\nspark.driver.port=1\nspark.authenticate.secret.file /x\nspark.old.key=v\n",
	 BACKEND_STANDALONE,
	 BLOCK("standalone", "spark.new.key=v\n")
	 "spark.master=spark://m:7077\nspark.driver.port=1\n#sparkgate:off spark.authenticate.secret.file /x\n"
	 "#sparkgate:off spark.old.key=v\n"},
	{"spark.master=a\nspark.b=\\u00\n", BACKEND_STANDALONE, NULL}, /* malformed: refused by the check, not touched */
};

Test(config_map, puts_a_text_on_the_backend_and_back)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct namespace ns = team(texts[i].backend), other = team(BACKEND_K8S);
		const struct json *user = config_map_with("spark-defaults.conf", slice_of(texts[i].text));
		struct outcome once = rewrite(user, &ns), twice = rewrite(once.object, &ns);
		const char *result = text_of(once.object, "spark-defaults.conf");

		cr_expect_str_eq(without_hash(result), texts[i].result ? texts[i].result : texts[i].text, "%s", texts[i].text);
		cr_expect_eq(once.operations, texts[i].result ? 1 : 0, "%s", texts[i].text);
		cr_expect_eq(once.operations > 0, once.result.changes.count > 0, "%s", texts[i].text);
		cr_expect_eq(twice.operations + twice.result.changes.count, 0, "second admission: %s", texts[i].text);

		/* Off again: what the user wrote. */
		struct namespace none = team(BACKEND_NONE);
		struct outcome off = rewrite(once.object, &none);
		cr_expect_str_eq(text_of(off.object, "spark-defaults.conf"), texts[i].text);
		cr_expect_eq(rewrite(off.object, &none).operations, 0, "off twice: %s", texts[i].text);

		/* There and over: as if it had gone there at once. */
		struct outcome over = rewrite(once.object, &other), direct = rewrite(user, &other);
		cr_expect_str_eq(text_of(over.object, "spark-defaults.conf"), text_of(direct.object, "spark-defaults.conf"));
	}
}

Test(config_map, tells_what_it_changed)
{
	struct namespace ns = team(BACKEND_STANDALONE);
	struct slice text = SLICE_LIT("# c\nspark.master=local[*]\nspark.authenticate.secret.file=/s\n");
	struct outcome o = rewrite(config_map_with("spark-defaults.conf", text), &ns);
	const struct change *items = o.result.changes.items;

	cr_assert_eq(o.result.changes.count, 3);
	cr_expect_str_eq(items[0].rule, "backend.master");
	cr_expect_str_eq(items[0].carrier, "properties");
	cr_expect_str_eq(items[0].place.pointer, "/data/spark-defaults.conf");
	cr_expect_eq(items[0].place.line, 2);
	cr_expect_str_eq(items[0].from, "local[*]");
	cr_expect_str_eq(items[0].to, "spark://m:7077");
	cr_expect_null(items[1].from); /* spark.driver.port was absent */
	cr_expect_str_eq(items[2].from, "(redacted)");
	cr_expect_null(items[2].to);
}

Test(config_map, tells_that_marks_of_an_earlier_backend_went)
{
	struct namespace to = team(BACKEND_STANDALONE), back = team(BACKEND_K8S);
	struct slice text = SLICE_LIT("spark.master=k8s://https://kubernetes.default.svc\nspark.kubernetes.namespace=team\n");
	struct outcome there = rewrite(config_map_with("spark-defaults.conf", text), &to);
	struct outcome here = rewrite(there.object, &back);

	cr_expect_str_eq(text_of(here.object, "spark-defaults.conf"), text.ptr);
	cr_assert_eq(here.result.changes.count, 1);
	cr_expect_str_eq(here.result.changes.items[0].from, "spark://m:7077");
	cr_expect_str_eq(here.result.changes.items[0].to, "k8s://https://kubernetes.default.svc");
}

Test(config_map, default_is_for_what_no_text_has)
{
	struct namespace ns = team(BACKEND_STANDALONE);
	struct outcome o = rewrite(json_of("{'data':{'spark.properties':'spark.driver.port=5','a/b.conf':'spark.x=1',"
					   "'notes.yaml':'spark.master: x','metrics.properties':'spark.master=x'}}"), &ns);

	cr_expect_eq(o.operations, 2);
	cr_expect(strstr(text_of(o.object, "spark.properties"), "spark.master=spark://m:7077"));
	cr_expect(strstr(text_of(o.object, "a/b.conf"), "spark.master=spark://m:7077"));
	cr_expect_not(strstr(text_of(o.object, "a/b.conf"), "spark.driver.port"));
	cr_expect_str_eq(text_of(o.object, "notes.yaml"), "spark.master: x");
	cr_expect_str_eq(text_of(o.object, "metrics.properties"), "spark.master=x");
}

/* Helm labels them all: a block above "#!" would end the script. */
Test(config_map, leaves_scripts_as_they_are)
{
	struct namespace ns = team(BACKEND_STANDALONE);
	struct outcome o = rewrite(json_of("{'data':{'entrypoint':'#!/bin/bash\\ncat > /tmp/x.conf <<EOF\\nspark.master local\\nEOF\\n',"
					   "'notes.txt':'spark.master local','spark-defaults.conf':'#!/bin/bash\\nspark.master local\\n'}}"), &ns);

	cr_expect_eq(o.operations, 1);
	cr_expect(strstr(text_of(o.object, "spark-defaults.conf"), "#!/bin/bash\n#sparkgate:off spark.master local\n"));
}

Test(config_map, never_grows_beyond_what_the_api_server_takes)
{
	struct namespace ns = team(BACKEND_STANDALONE);
	char *big = arena_alloc(&arena, CONFIG_MAP_BYTES + 2);
	memset(big, '#', CONFIG_MAP_BYTES + 1);
	struct outcome full = rewrite(config_map_with("spark-defaults.conf", (struct slice){big, CONFIG_MAP_BYTES - 60}), &ns);
	struct outcome over = rewrite(config_map_with("spark-defaults.conf", (struct slice){big, CONFIG_MAP_BYTES + 1}), &ns);
	struct outcome fits = rewrite(config_map_with("spark-defaults.conf", (struct slice){big, CONFIG_MAP_BYTES - 200}), &ns);

	cr_expect_eq(full.operations, 0);
	cr_assert_eq(full.result.findings.count, 1);
	cr_expect_str_eq(full.result.findings.items[0].rule, "config.size");
	cr_expect_eq(over.operations, 0);
	cr_expect_eq(fits.operations, 1);
}

/* Made of what the rules, the grammar and our own marks care about. */
static const char *random_text(unsigned *seed)
{
	static const char *const pieces[] = {
		"spark.master", "spark.driver.port", "spark.authenticate.secret.file", "spark.old.key", "spark.new.key",
		"spark.kubernetes.namespace", "=", " ", "=0", "=team", "=spark://m:7077", "=k8s://https://kubernetes.default.svc",
		"\n", "\n", "\n", "\r\n", "\\\n", "#", "#sparkgate:off ", "#sparkgate:begin k8s 00000000\n", "#sparkgate:end\n",
		"\\u0041", "${X}", "x",
	};
	struct buf b = buf_in(&arena);
	int count = rand_r(seed) % 20;

	for (int i = 0; i < count; i++)
		buf_adds(&b, pieces[(size_t)rand_r(seed) % COUNT(pieces)]);
	return arena_dup(&arena, buf_slice(&b));
}

Test(config_map, laws_hold_for_random_texts)
{
	struct namespace k8s = team(BACKEND_K8S), standalone = team(BACKEND_STANDALONE);
	unsigned seed = 7;

	for (int round = 0; round < 2000; round++) {
		const char *key = "spark-defaults.conf", *text = random_text(&seed);
		const struct json *user = config_map_with(key, slice_of(text));
		const struct json *there = rewrite(user, &k8s).object;
		const char *direct = text_of(rewrite(user, &standalone).object, key);

		cr_assert_eq(rewrite(there, &k8s).operations, 0, "a second admission changes:\n%s", text);
		cr_assert_str_eq(text_of(rewrite(there, &standalone).object, key), direct, "over k8s:\n%s", text);
		arena_reset(&arena);
	}
}

/* ---- whose it is ---- */

static const struct {
	const char *config_map;
	enum config_maps annotation;
	bool writable;
} writables[] = {
	{"{}", CONFIG_MAPS_REWRITE, true},
	{"{}", CONFIG_MAPS_CHECK, false},
	{"{}", CONFIG_MAPS_OFF, false},
	{"{'immutable':false}", CONFIG_MAPS_REWRITE, true},
	{"{'immutable':true}", CONFIG_MAPS_REWRITE, false},
	{"{'metadata':{'name':'spark-exec-0a1b-conf-map'}}", CONFIG_MAPS_REWRITE, false},
	{"{'metadata':{'name':'spark-exec'}}", CONFIG_MAPS_REWRITE, true},
	{"{'metadata':{'labels':{'sparkgate.io/role':'none'}}}", CONFIG_MAPS_REWRITE, false},
	{"{'metadata':{'labels':{'sparkgate.io/role':'connect-config'}}}", CONFIG_MAPS_REWRITE, true},
	{"{'metadata':{'labels':{'spark-role':'executor'}}}", CONFIG_MAPS_REWRITE, false},
};

Test(config_map, is_left_alone_where_it_is_not_ours)
{
	for (size_t i = 0; i < COUNT(writables); i++) {
		struct namespace ns = team(BACKEND_K8S);
		struct json *config_map = json_of(writables[i].config_map);

		ns.config_maps = writables[i].annotation;
		cr_expect_eq(spark_config_map_is_writable(test_policy(), config_map, &ns), writables[i].writable, "%s",
			     writables[i].config_map);
		json_put(&arena, config_map, "data", json_of("{'spark-defaults.conf':'spark.master=x'}"));
		cr_expect_eq(rewrite(config_map, &ns).operations, writables[i].writable ? 1 : 0, "%s", writables[i].config_map);
	}
}

/* ---- checks ---- */

#define DATA(text) "{'data':{'spark-defaults.conf':'" text "'}}"
#define GOOD "spark.master=k8s://https://kubernetes.default.svc\\nspark.kubernetes.namespace=team\\n"

static const struct {
	const char *config_map;
	const char *found; /* "rule action line;..." */
	const char *says;  /* a part of the first message */
} judged[] = {
	{DATA(GOOD), "", NULL},
	{DATA(""), "", NULL},
	{DATA("spark.master=spark://m:7077"), "config.backend warn 1;", "the namespace's backend is k8s"},
	{DATA("# c\\nspark.master="), "config.backend warn 2;", "cannot be read by Spark"},
	{DATA("spark.master=${X}"), "config.backend warn 1;", "does not expand"},
	{DATA("spark.master=k8s://https://$(KUBERNETES_SERVICE_HOST):443"), "config.backend warn 1;", "does not expand"},
	{DATA("spark.master=k8s://https://${KUBERNETES_SERVICE_HOST}:443"), "", NULL},
	{"{'data':{'spark-properties.conf.j2':'spark.master=${X}'}}", "config.backend warn 1;", "at run time"},
	{DATA("spark.kubernetes.namespace=other"), "config.backend warn 1;", "spark.kubernetes.namespace in 'spark-defaults.conf'"},
	{DATA(GOOD "spark.kubernetes.driver.master=local"), "config.backend warn 3;", "breaks the k8s backend: remove it"},
	{DATA(GOOD "spark.kubernetes.driver.master=${env:X}"), "config.backend warn 3;", "may be what breaks the k8s backend: write the value out"},
	{DATA(GOOD "spark.kubernetes.driver.master=https://api.k8s.local"), "", NULL},
	{DATA("spark.a=1\\nspark.b=\\\\u00zz"), "config.malformed deny 0;", "'spark-defaults.conf' line 2"},
	{DATA("spark.submit.deployMode=cluster"), "connect.deployMode warn 1;", "client mode"},
	{DATA("spark.submit.deployMode=client"), "", NULL},
	{DATA("spark.remote="), "connect.remote warn 1;", NULL},
	{DATA("spark.remote=sc://x\\nspark.submit.deployMode=cluster"), "", NULL}, /* a client's */
	{"{'metadata':{'labels':{'app':'spark-connect'}},'data':{'spark-defaults.conf':'spark.api.mode=connect'}}", "connect.apiMode warn 1;", NULL},
	{"{'metadata':{'labels':{'app':'spark-connect'}},'data':{'spark-defaults.conf':'spark.api.mode=Connect'}}", "connect.apiMode warn 1;", NULL},
	{DATA("spark.metrics.conf.path=/x"), "connect.unknownKey warn 1;", "no such key"},
	{DATA("\\\"spark.a\\\"=b"), "connect.unknownKey warn 1;", "quotes"},
	{DATA("\\ufeffspark.a=b\\nspark.c=d"), "connect.unknownKey warn 1;", "byte order mark"},
	{DATA("\\ufeff# a comment\\nspark.c=d"), "", NULL},
	{"{'immutable':true," "'data':{'spark-defaults.conf':'spark.a=1'}}", "config.immutable warn 0;", "immutable"},
	{"{'immutable':true,'data':{'x':'y'}}", "", NULL},
	{"{'binaryData':{'spark-defaults.conf':'YQ==','other':'YQ=='}}", "config.binaryData warn 0;", "binaryData"},
	{"{'metadata':{'labels':{'sparkgate.io/role':'none'}},'data':{'spark-defaults.conf':'spark.master=yarn'}}",
	 "config.backend warn 1;config.notWritable warn 0;", "is 'yarn'"},
	{"{'data':{'x-pod-template.yaml':'a: [1'}}", "config.podTemplate warn 0;", "line"},
	{"{'data':{'x-pod-template.yaml':null,'y-pod-template.yaml':{},'z-pod-template.yaml':1}}", "", NULL},
};

static const char *found_in(const struct findings *findings)
{
	struct buf b = buf_in(&arena);

	for (size_t i = 0; i < findings->count; i++)
		buf_printf(&b, "%s %s %u;", findings->items[i].rule, action_name(findings->items[i].action),
			   findings->items[i].place.line);
	return arena_dup(&arena, buf_slice(&b));
}

Test(config_map, is_judged_as_it_is)
{
	for (size_t i = 0; i < COUNT(judged); i++) {
		struct namespace ns = team(BACKEND_K8S);
		struct findings findings = {0};

		spark_check_config_map(test_policy(), &arena, json_of(judged[i].config_map), &ns, &findings);
		cr_expect_str_eq(found_in(&findings), judged[i].found, "%s", judged[i].config_map);
		if (findings.count > 0 && judged[i].says)
			cr_expect(strstr(findings.items[0].message, judged[i].says), "%s: %s", judged[i].config_map,
				  findings.items[0].message);
	}
}

Test(config_map, off_says_nothing_and_check_says_why_nothing_is_done)
{
	struct namespace ns = team(BACKEND_K8S);
	const struct json *config_map = json_of(DATA("spark.master=yarn"));
	struct findings off = {0}, check = {0};

	ns.config_maps = CONFIG_MAPS_OFF;
	spark_check_config_map(test_policy(), &arena, config_map, &ns, &off);
	cr_expect_eq(off.count, 0);
	ns.config_maps = CONFIG_MAPS_CHECK;
	spark_check_config_map(test_policy(), &arena, config_map, &ns, &check);
	cr_expect_str_eq(found_in(&check), "config.backend warn 1;config.notWritable warn 0;");
}

Test(config_map, what_rewriting_wrote_passes_the_check)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct namespace ns = team(BACKEND_STANDALONE);
		struct outcome o = rewrite(config_map_with("spark-defaults.conf", slice_of(texts[i].text)), &ns);
		struct findings findings = {0};

		spark_check_config_map(test_policy(), &arena, o.object, &ns, &findings);
		bool malformed = strstr(texts[i].text, "\\u00") != NULL;
		cr_expect_str_eq(found_in(&findings), malformed ? "config.malformed deny 0;" : "", "%s", texts[i].text);
	}
}

Test(config_map, lines_are_those_of_the_users_text)
{
	struct namespace ns = team(BACKEND_STANDALONE), other = team(BACKEND_K8S);
	struct slice text = SLICE_LIT("# c\nspark.master=local\n\nspark.metrics.conf.path=x\n");
	struct outcome o = rewrite(config_map_with("spark-defaults.conf", text), &ns);
	struct findings same = {0}, later = {0};

	spark_check_config_map(test_policy(), &arena, o.object, &ns, &same);
	cr_expect_str_eq(found_in(&same), "connect.unknownKey warn 4;");
	spark_check_config_map(test_policy(), &arena, o.object, &other, &later); /* before it was rewritten again */
	cr_expect_str_eq(found_in(&later), "config.backend warn 0;connect.unknownKey warn 4;");
	cr_expect(strstr(later.items[0].message, "sparkgate's own lines"), "%s", later.items[0].message);
}

/* A text of many lines of many keys, and one of a single key: both must stay cheap. */
Test(config_map, large_texts_are_no_trouble)
{
	struct namespace ns = team(BACKEND_STANDALONE);
	struct buf many = buf_in(&arena), same = buf_in(&arena), wrong = buf_in(&arena);
	struct findings findings = {0};

	for (unsigned i = 0; i < PROPERTIES_MAX; i++) {
		buf_printf(&many, "spark.key%u=v\n", i);
		buf_adds(&same, "spark.authenticate.secret.file=\n");
		buf_printf(&wrong, "\"spark.%u=\n", i);
	}
	cr_expect_eq(rewrite(config_map_with("spark-defaults.conf", buf_slice(&many)), &ns).operations, 1);
	cr_expect_eq(rewrite(config_map_with("spark-defaults.conf", buf_slice(&same)), &ns).operations, 1);
	spark_check_config_map(test_policy(), &arena, config_map_with("spark-defaults.conf", buf_slice(&wrong)), &ns, &findings);
	cr_expect(findings.count > 0 && findings.count < 30);
	buf_adds(&many, "spark.one.more=v");
	cr_expect_eq(rewrite(config_map_with("spark-defaults.conf", buf_slice(&many)), &ns).operations, 0);
}
