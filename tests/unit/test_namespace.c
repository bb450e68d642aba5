/* The contract of a namespace, key by key: absent, every known word, unknown ones. */
#include "policy/namespace.h"

#include "base/buf.h"
#include "base/limits.h"
#include "policy_testing.h"

struct fixture {
	struct arena a;
	struct policy *p;
	struct namespace ns;
};

static struct fixture parse(const char *labels, const char *annotations)
{
	struct fixture f = {.a = ARENA_INIT, .p = shipped()};
	const char *text = arena_printf(&f.a, "{'metadata': {'name': 'team', 'labels': {%s}, 'annotations': {%s}}}",
					labels, annotations);

	namespace_parse(f.p, &f.a, parsed(&f.a, text), &f.ns);
	return f;
}

static void drop(struct fixture *f)
{
	policy_unref(f->p);
	arena_release(&f->a);
}

#define ENFORCE "'sparkgate.io/mode': 'enforce'"

/* What a namespace comes to, in one line: easy to write, easy to compare. */
static const char *summary(struct arena *a, const struct namespace *ns)
{
	const char *mode = mode_name(ns->mode), *pss_mode = mode_name(ns->pss_mode), *backend = backend_name(ns->backend);

	return arena_printf(a, "%s %s %s %u %s %s:%s %s %s %s", mode ? mode : "-", backend ? backend : "-",
			    ns->standalone_master ? ns->standalone_master : "-", ns->spark_version,
			    ns->allow_override ? "own" : "-", pss_level_name(ns->pss_level), ns->pss_version,
			    pss_mode ? pss_mode : "-", hardening_name(ns->hardening), config_maps_name(ns->config_maps));
}

static const struct {
	const char *labels, *annotations, *summary;
	const char *problem; /* a part of the one problem; NULL = none */
	const char *rule;
	bool refuses;
} cases[] = {
	{"", "", "- - - 401 - restricted:latest - fill rewrite", NULL, NULL, false},
	{ENFORCE, "", "enforce - - 401 - restricted:latest enforce fill rewrite", NULL, NULL, false},
	{"'sparkgate.io/mode': 'warn'", "", "warn - - 401 - restricted:latest warn fill rewrite", NULL, NULL, false},
	{"'sparkgate.io/mode': 'audit'", "", "audit - - 401 - restricted:latest audit fill rewrite", NULL, NULL, false},
	{"'sparkgate.io/mode': 'enforced'", "", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "'enforced' is unknown, acts as enforce; did you mean 'enforce'?", "scope.mode", false},
	{"'sparkgate.io/mode': ''", "", "enforce - - 401 - restricted:latest enforce fill rewrite", "known: enforce, warn, audit",
	 "scope.mode", false},
	{"'sparkgate.io/mode': 'Audit'", "", "enforce - - 401 - restricted:latest enforce fill rewrite", "did you mean 'audit'?",
	 "scope.mode", false},

	{ENFORCE, "'sparkgate.io/backendMode': 'k8s'", "enforce k8s - 401 - restricted:latest enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/backendMode': 'standalone'", "enforce standalone - 401 - restricted:latest enforce fill rewrite",
	 NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/backendMode': 'standalon'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "did you mean 'standalone'?", "scope.backendMode", true},
	{ENFORCE, "'sparkgate.io/backendMode': 'yarn'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "known: k8s, standalone", "scope.backendMode", true},
	{ENFORCE, "'sparkgate.io/backendMode': true", "enforce - - 401 - restricted:latest enforce fill rewrite", "'true' is unknown",
	 "scope.backendMode", true},

	{ENFORCE, "'sparkgate.io/standaloneMaster': 'spark://m:7077'",
	 "enforce - spark://m:7077 401 - restricted:latest enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/standaloneMaster': 'spark://a:7077,b:7078'",
	 "enforce - spark://a:7077,b:7078 401 - restricted:latest enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/standaloneMaster': 'spark://m'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "write m:7077", "scope.standaloneMaster", true},
	{ENFORCE, "'sparkgate.io/standaloneMaster': 'spark://a:7077, b:7077'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "write b:7077", "scope.standaloneMaster", true},
	{ENFORCE, "'sparkgate.io/standaloneMaster': 'spark://[fd00::1]:7077'",
	 "enforce - spark://[fd00::1]:7077 401 - restricted:latest enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/standaloneMaster': ''", "enforce - - 401 - restricted:latest enforce fill rewrite", "empty",
	 "scope.standaloneMaster", true},
	{ENFORCE, "'sparkgate.io/standaloneMaster': 'k8s://https://x'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "no standalone master", "scope.standaloneMaster", true},

	{ENFORCE, "'sparkgate.io/standaloneMaster': 'http://u:hush@x'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "'http://u:(redacted)@x' is no standalone master", "scope.standaloneMaster", true},
	{ENFORCE, "'sparkgate.io/sparkVersion': '3.5'", "enforce - - 305 - restricted:latest enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/sparkVersion': '4.0.1'", "enforce - - 400 - restricted:latest enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/sparkVersion': '4.9'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "'4.9' is unknown, acts as 4.1; known: 3.5, 4.0, 4.1", "scope.sparkVersion", false},
	{ENFORCE, "'sparkgate.io/sparkVersion': '2.4'", "enforce - - 401 - restricted:latest enforce fill rewrite", "acts as 4.1",
	 "scope.sparkVersion", false},
	{ENFORCE, "'sparkgate.io/sparkVersion': '3.5x'", "enforce - - 401 - restricted:latest enforce fill rewrite", "'3.5x' is unknown",
	 "scope.sparkVersion", false},

	{ENFORCE, "'sparkgate.io/allowOverride': 'true'", "enforce - - 401 own restricted:latest enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/allowOverride': 'false'", "enforce - - 401 - restricted:latest enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/allowOverride': 'yes'", "enforce - - 401 - restricted:latest enforce fill rewrite", "known: false, true",
	 "scope.allowOverride", true},

	{ENFORCE, "'sparkgate.io/pssLevel': 'baseline'", "enforce - - 401 - baseline:latest enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/pssLevel': 'privileged'", "enforce - - 401 - privileged:latest enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/pssLevel': 'restrictd'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "did you mean 'restricted'?", "scope.pssLevel", false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'v1.31'", "enforce - - 401 - restricted:v1.31 enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'latest'", "enforce - - 401 - restricted:latest enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/pssVersion': '1.31'", "enforce - - 401 - restricted:latest enforce fill rewrite", "acts as latest",
	 "scope.pssVersion", false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'v1.031'", "enforce - - 401 - restricted:latest enforce fill rewrite", "acts as latest",
	 "scope.pssVersion", false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'v1.0'", "enforce - - 401 - restricted:v1.0 enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'v1.29'", "enforce - - 401 - restricted:v1.29 enforce fill rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'v1.'", "enforce - - 401 - restricted:latest enforce fill rewrite", "acts as latest", "scope.pssVersion", false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'v1.01'", "enforce - - 401 - restricted:latest enforce fill rewrite", "acts as latest", "scope.pssVersion", false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'v1.1000'", "enforce - - 401 - restricted:latest enforce fill rewrite", "'v1.1000' is unknown", "scope.pssVersion",
	 false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'v1.3a'", "enforce - - 401 - restricted:latest enforce fill rewrite", "'v1.3a' is unknown", "scope.pssVersion", false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'v1.3/'", "enforce - - 401 - restricted:latest enforce fill rewrite", "'v1.3/' is unknown", "scope.pssVersion", false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'a value that is longer than may be shown'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "'a value that is longer than may ...' is unknown", "scope.pssVersion", false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'thirty-one bytes, then one lett\u00e4er'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "'thirty-one bytes, then one lett...' is unknown", "scope.pssVersion", false},
	{ENFORCE, "'sparkgate.io/pssVersion': 'a\\nb\x7f'", "enforce - - 401 - restricted:latest enforce fill rewrite", "'a?b?' is unknown", "scope.pssVersion", false},
	{ENFORCE, "'sparkgate.io/pssMode': 'warn'", "enforce - - 401 - restricted:latest warn fill rewrite", NULL, NULL, false},
	{"'sparkgate.io/mode': 'audit'", "'sparkgate.io/pssMode': 'enforce'", "audit - - 401 - restricted:latest audit fill rewrite",
	 NULL, NULL, false},
	{"'sparkgate.io/mode': 'warn'", "'sparkgate.io/pssMode': 'audit'", "warn - - 401 - restricted:latest audit fill rewrite",
	 NULL, NULL, false},
	{"'sparkgate.io/mode': 'warn'", "'sparkgate.io/pssMode': 'wran'", "warn - - 401 - restricted:latest warn fill rewrite",
	 "did you mean 'warn'?", "scope.pssMode", false},

	{ENFORCE, "'sparkgate.io/hardening': 'force'", "enforce - - 401 - restricted:latest enforce force rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/hardening': 'off'", "enforce - - 401 - restricted:latest enforce off rewrite", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/hardening': 'on'", "enforce - - 401 - restricted:latest enforce fill rewrite", "acts as fill",
	 "scope.hardening", false},
	{ENFORCE, "'sparkgate.io/configMaps': 'check'", "enforce - - 401 - restricted:latest enforce fill check", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/configMaps': 'off'", "enforce - - 401 - restricted:latest enforce fill off", NULL, NULL, false},
	{ENFORCE, "'sparkgate.io/configMaps': 'rewrit'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "did you mean 'rewrite'?", "scope.configMaps", false},

	{ENFORCE, "'sparkgate.io/backendmode': 'k8s'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "did you mean 'sparkgate.io/backendMode'?", "scope.unknownKey", false},
	{ENFORCE, "'sparkgate.io/foo': 'k8s'", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "key 'sparkgate.io/foo' is unknown, nothing reads it", "scope.unknownKey", false},
	{ENFORCE, "'sparkgate.io/mode': 'audit'", "enforce - - 401 - restricted:latest enforce fill rewrite", "must be a label",
	 "scope.unknownKey", false},
	{ENFORCE ", 'sparkgate.io/backendMode': 'k8s'", "", "enforce - - 401 - restricted:latest enforce fill rewrite",
	 "must be an annotation", "scope.unknownKey", false},
	{ENFORCE, "'other.io/backendMode': 'k8s'", "enforce - - 401 - restricted:latest enforce fill rewrite", NULL, NULL, false},
	/* not opted in: nothing to complain about */
	{"", "'sparkgate.io/backendMode': 'nonsense'", "- - - 401 - restricted:latest - fill rewrite", NULL, NULL, false},
};

Test(namespace, every_key_absent_known_and_unknown)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture f = parse(cases[i].labels, cases[i].annotations);
		const char *name = arena_printf(&f.a, "%s | %s", cases[i].labels, cases[i].annotations);

		cr_expect_str_eq(summary(&f.a, &f.ns), cases[i].summary, "%s: got %s", name, summary(&f.a, &f.ns));
		cr_assert_eq(f.ns.problem_count, cases[i].problem ? 1 : 0, "%s: %zu problems", name, f.ns.problem_count);
		if (cases[i].problem) {
			const struct namespace_problem *p = &f.ns.problems[0];
			cr_expect(strstr(p->message, cases[i].problem), "%s: %s", name, p->message);
			cr_expect_str_eq(p->rule, cases[i].rule, "%s: %s", name, p->rule);
			cr_expect_eq(p->refuses, cases[i].refuses, "%s", name);
			cr_expect(strlen(p->message) <= LIMIT_WARNING_CHARS, "%s", p->message);
		}
		drop(&f);
	}
}

Test(namespace, a_hostile_value_stays_one_short_line)
{
	struct fixture f = parse(ENFORCE, "'sparkgate.io/backendMode': "
					  "'a\\nb\\u001b[2J \u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9'");

	cr_assert_eq(f.ns.problem_count, 1);
	const char *message = f.ns.problems[0].message;
	cr_expect(strstr(message, "'a?b?[2J \u00e9"), "%s", message);
	cr_expect(strlen(message) <= LIMIT_WARNING_CHARS, "%s", message);
	cr_expect_not(strchr(message, '\n'));
	drop(&f);
}

Test(namespace, thousands_of_unknown_keys_are_a_few_problems)
{
	struct arena a = ARENA_INIT;
	struct buf labels = buf_in(&a);

	buf_adds(&labels, ENFORCE);
	for (int i = 0; i < 3000; i++)
		buf_printf(&labels, ", 'sparkgate.io/k%d': 'x'", i);
	struct fixture f = parse(buf_slice(&labels).ptr, "");
	cr_expect_leq(f.ns.problem_count, 8);
	drop(&f);
	arena_release(&a);
}

Test(namespace, openshift_is_told_by_its_range)
{
	struct fixture f = parse(ENFORCE, "'openshift.io/sa.scc.uid-range': '1000680000/10000'");

	cr_assert(f.ns.openshift_uid_range);
	cr_expect_str_eq(f.ns.openshift_uid_range, "1000680000/10000");
	drop(&f);
}

Test(namespace, policy_gives_the_master_where_the_namespace_does_not)
{
	struct fixture f = parse("", "");

	f.p->default_standalone_master = "spark://default:7077";
	namespace_parse(f.p, &f.a, parsed(&f.a, "{'metadata': {'name': 'team'}}"), &f.ns);
	cr_expect_str_eq(f.ns.standalone_master, "spark://default:7077");
	namespace_parse(f.p, &f.a,
			parsed(&f.a, "{'metadata': {'annotations': {'sparkgate.io/standaloneMaster': 'spark://m:7077'}}}"), &f.ns);
	cr_expect_str_eq(f.ns.standalone_master, "spark://m:7077");
	/* a malformed one is not silently another one */
	namespace_parse(f.p, &f.a, parsed(&f.a, "{'metadata': {'annotations': {'sparkgate.io/standaloneMaster': 'm'}}}"), &f.ns);
	cr_expect_null(f.ns.standalone_master);
	drop(&f);
}

Test(namespace, shapes_that_are_no_namespace_do_no_harm)
{
	static const char *const texts[] = {"{}", "[]", "null", "{'metadata': []}", "{'metadata': {'labels': 'x', 'annotations': 7}}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct fixture f = parse("", "");
		namespace_parse(f.p, &f.a, parsed(&f.a, texts[i]), &f.ns);
		cr_expect_eq(f.ns.mode, MODE_NONE, "%s", texts[i]);
		drop(&f);
	}
}

/* ---- what an object may choose ---- */

static const struct {
	const char *namespace, *object;
	enum backend backend;
	const char *master;  /* NULL = none */
	const char *problem; /* NULL = none */
} overrides[] = {
	{"'sparkgate.io/backendMode': 'k8s'", "'sparkgate.io/backendMode': 'standalone'", BACKEND_K8S, NULL, NULL},
	{"'sparkgate.io/backendMode': 'k8s', 'sparkgate.io/allowOverride': 'true'", "'sparkgate.io/backendMode': 'standalone'",
	 BACKEND_STANDALONE, NULL, NULL},
	{"'sparkgate.io/backendMode': 'k8s', 'sparkgate.io/allowOverride': 'true'", "", BACKEND_K8S, NULL, NULL},
	{"'sparkgate.io/backendMode': 'k8s', 'sparkgate.io/allowOverride': 'true'", "'sparkgate.io/backendMode': 'yarn'",
	 BACKEND_K8S, NULL, "unknown"},
	{"'sparkgate.io/allowOverride': 'true'", "'sparkgate.io/standaloneMaster': 'spark://m.team:7077'", BACKEND_NONE,
	 "spark://m.team:7077", NULL},
	{"'sparkgate.io/allowOverride': 'true', 'sparkgate.io/standaloneMaster': 'spark://ns:7077'",
	 "'sparkgate.io/standaloneMaster': 'spark://m.other:7077'", BACKEND_NONE, "spark://ns:7077", "may not be chosen"},
	{"'sparkgate.io/allowOverride': 'true', 'sparkgate.io/standaloneMaster': 'spark://ns:7077'",
	 "'sparkgate.io/standaloneMaster': 'm'", BACKEND_NONE, "spark://ns:7077", "no standalone master"},
};

Test(namespace, an_object_chooses_only_where_it_may)
{
	for (size_t i = 0; i < sizeof(overrides) / sizeof(*overrides); i++) {
		struct fixture f = parse(ENFORCE, overrides[i].namespace);
		struct namespace own;
		const struct json *metadata = parsed(&f.a, arena_printf(&f.a, "{'annotations': {%s}}", overrides[i].object));

		namespace_override(f.p, &f.a, &f.ns, metadata, &own);
		cr_expect_eq(own.backend, overrides[i].backend, "case %zu", i);
		cr_expect_str_eq(own.standalone_master ? own.standalone_master : "-",
				 overrides[i].master ? overrides[i].master : "-", "case %zu", i);
		cr_expect_eq(own.problem_count, overrides[i].problem ? 1 : 0, "case %zu", i);
		if (overrides[i].problem && own.problem_count) {
			cr_expect(strstr(own.problems[0].message, overrides[i].problem), "%s", own.problems[0].message);
			cr_expect(own.problems[0].refuses);
		}
		cr_expect_eq(f.ns.problem_count, 0, "the namespace was touched");
		drop(&f);
	}
}

static const struct {
	const char *master;
	bool allowed;
} masters[] = {
	{"spark://m:7077", true},
	{"spark://m.team:7077", true},
	{"spark://m.team.svc:7077", true},
	{"spark://m.team.svc.cluster.local:7077", true},
	{"spark://a:7077,b.team:7077", true},
	{"spark://a:7077,b.other:7077", false},
	{"spark://m.other:7077", false},
	{"spark://m.other.svc.cluster.local:7077", false},
	{"spark://m.team.example.com:7077", false},
	{"spark://m.team.svcx:7077", false},
	{"spark://m.team.svc.attacker.example:7077", false},
	{"spark://m.team.svc.cluster.local.attacker.example:7077", false},
	{"spark://m.:7077", false},
	{"spark://m.team.:7077", false},
	{"spark://10.0.0.1:7077", false},
	{"spark://1:7077", false}, /* inet_aton: 0.0.0.1 */
	{"spark://localhost:7077", false},
	{"spark://M:7077", false},
	{"spark://-m:7077", false},
	{"spark://m-:7077", false},
	{"k8s://https://m", false},
	{"local[*]", false},
	{"", false},
};

Test(namespace, masters_of_objects_are_services_of_their_namespace)
{
	struct policy *p = shipped();

	for (size_t i = 0; i < sizeof(masters) / sizeof(*masters); i++)
		cr_expect_eq(master_is_allowed(p, slice_of(masters[i].master), "team"), masters[i].allowed, "%s",
			     masters[i].master);
	policy_unref(p);
}

static const struct {
	const char *master;
	bool allowed;
} listed[] = {
	{"spark://prod:7077", true},       {"spark://prod:7078", false},       {"spark://x.spark.example.com:7077", true},
	{"spark://m:7077", false},         {"spark://prod:7077,m:7077", false}, {"spark://prod:7077,y.spark.example.com:1", true},
	{"spark://spark.example.com:1", false},
};

Test(namespace, allowed_masters_of_policy_replace_that)
{
	struct policy *p = shipped();
	const char *items[] = {"spark://prod:7077", "spark://*.spark.example.com:*"};

	p->allowed_masters = (struct texts){items, 2};
	for (size_t i = 0; i < sizeof(listed) / sizeof(*listed); i++)
		cr_expect_eq(master_is_allowed(p, slice_of(listed[i].master), "team"), listed[i].allowed, "%s", listed[i].master);
	policy_unref(p);
}
