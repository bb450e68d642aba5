/* What a Report says, how much, and under which name. That an API server takes it: tests/cluster/test_openreports.py. */
#include "report/openreport.h"

#include "base/json.h"
#include "report/writer.h"
#include "testing.h"

struct example {
	struct arena arena;
	struct review review;
	struct simulation simulation;
	struct report report;
	struct report_object object;
};

static const struct json *parsed(struct arena *a, struct slice text)
{
	const struct json *value = NULL;
	struct err err = {""};

	cr_assert_eq(json_parse(a, text, &value, &err), 0, "%s: %.*s", err.text, SLICE_ARG(text));
	return value;
}

/* A live Deployment without findings. */
static void example_fill(struct example *e)
{
	*e = (struct example){.arena = ARENA_INIT};
	json_setup();
	e->review = (struct review){
		.group = "apps", .version = "v1", .kind = "Deployment", .name = "spark-connect", .namespace = "team-a"};
	e->review.object = parsed(&e->arena, SLICE_LIT("{\"metadata\":{\"uid\":\"u-1\"}}"));
	e->simulation.validate = (struct decision){.role = ROLE_CONNECT_SERVER,
						   .judged = true,
						   .backend = BACKEND_STANDALONE,
						   .ns = {.mode = MODE_WARN, .pss_mode = MODE_AUDIT}};
	e->simulation.allowed = true;
	e->report = (struct report){.arena = &e->arena, .policy = "0123456789ab", .now = 1700000000};
	e->object = (struct report_object){.review = &e->review, .namespace = "team-a", .simulation = &e->simulation};
}

static void find(struct example *e, const char *rule, enum action action, const char *message)
{
	struct finding finding = {.rule = rule, .action = action, .message = message, .place = {.pointer = "/spec"}};

	findings_add(&e->simulation.findings, &e->arena, finding);
}

static void change(struct example *e, const char *rule, const char *from, const char *to)
{
	struct change c = {.rule = rule, .carrier = "argv", .place = {.key = "spark.master"}, .from = from, .to = to};

	changes_add(&e->simulation.changes, &e->arena, c);
}

static const struct json *report_of(struct example *e)
{
	struct slice text = openreport_of(&e->arena, &e->report, &e->object);

	cr_assert_gt(text.len, 0, "there is a Report");
	return parsed(&e->arena, text);
}

/* "metadata.labels.x": a name without dots behind a path. */
static const char *text_at(const struct json *v, const char *path)
{
	struct slice rest = slice_of(path);

	while (rest.len > 0)
		v = json_get_slice(v, slice_cut(&rest, '.'));
	return json_text(v, "(nothing)");
}

static int64_t number_at(const struct json *v, const char *outer, const char *inner)
{
	int64_t n = -1;

	return json_int(json_get(json_get(v, outer), inner), &n) == 0 ? n : -1;
}

static const struct json *result_at(const struct json *report, size_t index)
{
	return json_at(json_get(report, "results"), index);
}

Test(openreport, says_what_it_is_about)
{
	struct example e;

	example_fill(&e);
	find(&e, "pss.runAsNonRoot", ACTION_DENY, "runAsNonRoot != true");
	const struct json *report = report_of(&e);
	cr_expect_str_eq(text_at(report, "apiVersion"), "openreports.io/v1alpha1");
	cr_expect_str_eq(text_at(report, "kind"), "Report");
	cr_expect_str_eq(text_at(report, "metadata.namespace"), "team-a");
	cr_expect_str_eq(text_at(report, "source"), "sparkgate");
	cr_expect_str_eq(json_text(json_get(json_get(json_get(report, "metadata"), "labels"), OPENREPORT_LABEL), ""), "sparkgate");
	cr_expect_str_eq(text_at(report, "scope.apiVersion"), "apps/v1");
	cr_expect_str_eq(text_at(report, "scope.kind"), "Deployment");
	cr_expect_str_eq(text_at(report, "scope.name"), "spark-connect");
	cr_expect_str_eq(text_at(report, "scope.namespace"), "team-a");
	const struct json *owner = json_first(json_get(json_get(report, "metadata"), "ownerReferences"));
	cr_expect_str_eq(text_at(owner, "uid"), "u-1");
	cr_expect_not(json_has(owner, "blockOwnerDeletion"));
	const struct json *result = result_at(report, 0);
	cr_expect_str_eq(text_at(result, "policy"), "pss.runAsNonRoot");
	cr_expect_str_eq(text_at(result, "category"), "pss");
	cr_expect_str_eq(text_at(result, "properties.mode"), "audit", "the Pod Security half's");
	cr_expect_str_eq(text_at(result, "properties.backend"), "standalone");
	cr_expect_eq(number_at(result, "timestamp", "seconds"), 1700000000);
	arena_release(&e.arena);
}

Test(openreport, a_manifest_owns_nothing)
{
	struct example e;

	example_fill(&e);
	e.object.file = "a.yaml";
	find(&e, "connect.x", ACTION_WARN, "m");
	const struct json *report = report_of(&e);
	cr_expect_not(json_has(json_get(report, "metadata"), "ownerReferences"));
	cr_expect_not(json_has(json_get(report, "scope"), "uid"));
	arena_release(&e.arena);
}

Test(openreport, a_namespace_has_its_report_within)
{
	struct example e;

	example_fill(&e);
	e.review = (struct review){.group = "", .version = "v1", .kind = "Namespace", .name = "team-a",
				   .namespace = "team-a", .object = e.review.object};
	find(&e, "scope.quota", ACTION_WARN, "m");
	const struct json *report = report_of(&e);
	cr_expect_str_eq(text_at(report, "metadata.namespace"), "team-a");
	cr_expect_str_eq(text_at(report, "scope.apiVersion"), "v1");
	cr_expect_not(json_has(json_get(report, "scope"), "namespace"));
	arena_release(&e.arena);
}

Test(openreport, nothing_to_say_is_no_report)
{
	struct example e;

	example_fill(&e);
	cr_expect_eq(openreport_of(&e.arena, &e.report, &e.object).len, 0);
	find(&e, "connect.x", ACTION_OFF, "m");
	cr_expect_eq(openreport_of(&e.arena, &e.report, &e.object).len, 0);
	find(&e, "connect.y", ACTION_AUDIT, "m");
	cr_expect_gt(openreport_of(&e.arena, &e.report, &e.object).len, 0);
	arena_release(&e.arena);
}

Test(openreport, the_gravest_first)
{
	static const char *const expected[][3] = {
		{"connect.c", "fail", "high"}, {"connect.b", "warn", "medium"}, {"connect.a", "skip", "low"},
		{"backend.master", "warn", "low"}};
	struct example e;

	example_fill(&e);
	change(&e, "backend.master", NULL, "spark://m:7077");
	find(&e, "connect.a", ACTION_AUDIT, "m");
	find(&e, "connect.b", ACTION_WARN, "m");
	find(&e, "connect.c", ACTION_DENY, "m");
	const struct json *report = report_of(&e);
	for (size_t i = 0; i < COUNT(expected); i++) {
		cr_expect_str_eq(text_at(result_at(report, i), "rule"), expected[i][0]);
		cr_expect_str_eq(text_at(result_at(report, i), "result"), expected[i][1]);
		cr_expect_str_eq(text_at(result_at(report, i), "severity"), expected[i][2]);
	}
	cr_expect_str_eq(text_at(result_at(report, 3), "message"), "would change spark.master: (absent) -> spark://m:7077");
	cr_expect_eq(number_at(report, "summary", "fail"), 1);
	cr_expect_eq(number_at(report, "summary", "warn"), 2);
	cr_expect_eq(number_at(report, "summary", "skip"), 1);
	cr_expect_eq(number_at(report, "summary", "pass"), 0);
	cr_expect_eq(number_at(report, "summary", "error"), 0);
	arena_release(&e.arena);
}

/* What is done is no complaint. */
Test(openreport, changes_that_are_made_pass)
{
	static const struct {
		const char *kind, *file;
		enum mode mode;
		bool allowed;
		const char *result;
	} cases[] = {
		{"Deployment", NULL, MODE_ENFORCE, true, "pass"},
		{"Deployment", NULL, MODE_WARN, true, "warn"},
		{"Deployment", NULL, MODE_NONE, true, "warn"},
		{"Deployment", NULL, MODE_ENFORCE, false, "warn"}, /* refused: nothing comes of it */
		{"Pod", NULL, MODE_ENFORCE, true, "warn"},         /* it runs as it is */
		{"ConfigMap", NULL, MODE_ENFORCE, true, "warn"},
		{"Pod", "a.yaml", MODE_ENFORCE, true, "pass"},
		{"ConfigMap", "a.yaml", MODE_AUDIT, true, "warn"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct example e;
		example_fill(&e);
		e.review.kind = cases[i].kind;
		e.object.file = cases[i].file;
		e.simulation.validate.ns.mode = cases[i].mode;
		e.simulation.allowed = cases[i].allowed;
		change(&e, "backend.master", "a", "b");
		cr_expect_str_eq(text_at(result_at(report_of(&e), 0), "result"), cases[i].result, "case %zu", i);
		arena_release(&e.arena);
	}
}

/* etcd takes 1.5 MiB; the summary counts what is not listed. */
Test(openreport, a_thousand_findings_fit)
{
	struct example e;

	example_fill(&e);
	char *long_text = arena_alloc(&e.arena, 5001);
	memset(long_text, '"', 5000); /* each is two bytes in JSON */
	for (int i = 0; i < FINDINGS_MAX; i++)
		find(&e, "connect.x", i == 500 ? ACTION_DENY : ACTION_WARN, arena_printf(&e.arena, "%d %s", i, long_text));
	struct slice text = openreport_of(&e.arena, &e.report, &e.object);
	cr_expect_lt(text.len, 1u << 20);
	const struct json *report = parsed(&e.arena, text);
	cr_expect_eq(json_count(json_get(report, "results")), OPENREPORT_RESULTS_MAX);
	cr_expect_eq(number_at(json_get(report, "configuration"), "limits", "maxResults"), OPENREPORT_RESULTS_MAX);
	cr_expect_eq(number_at(report, "summary", "fail"), 1);
	cr_expect_eq(number_at(report, "summary", "warn"), FINDINGS_MAX - 1);
	cr_expect_eq(number_at(report, "summary", "skip"), 0, "the last result is no finding");
	cr_expect_str_eq(text_at(result_at(report, 0), "result"), "fail");
	const struct json *last = result_at(report, OPENREPORT_RESULTS_MAX - 1);
	cr_expect_str_eq(text_at(last, "message"), "901 more are not listed here: `sparkgate audit --namespace team-a` lists all");
	cr_expect(slice_ends(json_slice(json_get(result_at(report, 1), "message")), "bytes more)"));
	arena_release(&e.arena);
}

Test(openreport, as_many_as_fit_are_all_listed)
{
	struct example e;

	example_fill(&e);
	for (int i = 0; i < OPENREPORT_RESULTS_MAX; i++)
		find(&e, "connect.x", ACTION_WARN, arena_printf(&e.arena, "%d", i));
	const struct json *report = report_of(&e);
	cr_expect_eq(json_count(json_get(report, "results")), OPENREPORT_RESULTS_MAX);
	cr_expect_str_eq(text_at(result_at(report, OPENREPORT_RESULTS_MAX - 1), "rule"), "connect.x");
	arena_release(&e.arena);
}

Test(openreport, a_character_is_never_cut)
{
	struct example e;

	example_fill(&e);
	char *text = arena_alloc(&e.arena, 3000);
	for (size_t i = 0; i + 3 < 3000; i += 3)
		memcpy(text + i, "\xE2\x82\xAC", 3);
	find(&e, "connect.x", ACTION_WARN, text);
	struct slice message = json_slice(json_get(result_at(report_of(&e), 0), "message"));
	cr_expect_not(slice_has(message, "\xEF\xBF\xBD"), "no replacement character");
	cr_expect(slice_ends(message, "\xE2\x82\xAC... (1974 bytes more)"), "%.*s", SLICE_ARG(message));
	arena_release(&e.arena);
}

/* ---- names ---- */

static const char *name_of(struct example *e)
{
	return text_at(report_of(e), "metadata.name");
}

static bool is_a_name(const char *name)
{
	size_t len = strlen(name);
	const char *last = name + len - 1;

	return len <= 253 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len && *name != '-' && *last != '-';
}

Test(openreport, names_are_valid_and_tell_objects_apart)
{
	static const struct {
		const char *group, *kind, *namespace, *name;
	} cases[] = {
		{"apps", "Deployment", "a", "x"},
		{"apps", "Deployment", "b", "x"},
		{"apps", "StatefulSet", "a", "x"},
		{"", "ConfigMap", "a", "x.y"},
		{"", "ConfigMap", "a", "x-y"},
		{"", "Pod", "a", ""},
		{"", "Pod", "a", "generated-"},
		{"", "Pod", "a", "../../secrets/\033[2J\n\xE2\x82\xAC"},
	};
	const char *names[COUNT(cases)];
	struct example e;

	example_fill(&e);
	find(&e, "connect.x", ACTION_WARN, "m");
	for (size_t i = 0; i < COUNT(cases); i++) {
		e.review.group = cases[i].group;
		e.review.kind = cases[i].kind;
		e.review.namespace = cases[i].namespace;
		e.review.name = cases[i].name;
		names[i] = name_of(&e);
		cr_expect(is_a_name(names[i]), "case %zu: %s", i, names[i]);
		for (size_t k = 0; k < i; k++)
			cr_expect_str_neq(names[i], names[k], "cases %zu and %zu", i, k);
	}
	cr_expect_eq(strncmp(names[0], "sparkgate-deployment-x-", 23), 0, "%s", names[0]);
	arena_release(&e.arena);
}

Test(openreport, long_names_are_cut_and_differ)
{
	struct example e;

	example_fill(&e);
	find(&e, "connect.x", ACTION_WARN, "m");
	char *name = arena_alloc(&e.arena, 254), *kind = arena_alloc(&e.arena, 1001);
	memset(name, 'a', 253);
	memset(kind, 'K', 1000);
	e.review.name = name;
	e.review.kind = kind;
	const char *first = name_of(&e);
	name[252] = 'b';
	const char *second = name_of(&e);
	cr_expect(is_a_name(first), "%s", first);
	cr_expect_str_neq(first, second);
	arena_release(&e.arena);
}

/* A Report written by an older release of the API version is the same one. */
Test(openreport, the_version_is_no_part_of_the_name)
{
	struct example e;

	example_fill(&e);
	find(&e, "connect.x", ACTION_WARN, "m");
	const char *first = name_of(&e);
	e.review.version = "v1beta1";
	cr_expect_str_eq(name_of(&e), first);
	arena_release(&e.arena);
}

/* ---- many pods ---- */

static void be_pod(struct example *e, const char *name, const char *replica_set)
{
	const char *json = arena_printf(
		&e->arena,
		"{\"metadata\":{\"uid\":\"u-%s\",\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\","
		"\"name\":\"%s\",\"uid\":\"u-%s\",\"controller\":true}]}}",
		name, replica_set, replica_set);

	e->review = (struct review){.group = "", .version = "v1", .kind = "Pod", .name = arena_dup(&e->arena, slice_of(name)),
				    .namespace = e->review.namespace, .object = parsed(&e->arena, slice_of(json))};
}

Test(openreport, many_pods_are_one_report_an_owner)
{
	struct example e;
	struct openreport_pods *pods = openreport_pods_new();

	example_fill(&e);
	find(&e, "backend.drift", ACTION_WARN, "runs on k8s");
	find(&e, "pss.runAsNonRoot", ACTION_DENY, "its template has that too");
	e.object.owner = "Deployment spark";
	for (int i = 0; i < 12; i++) {
		be_pod(&e, arena_printf(&e.arena, "p-%02d", i), i < 6 ? "spark-1" : "spark-2");
		cr_assert(openreport_pods_add(pods, &e.report, &e.object));
	}
	cr_expect_not(openreport_pods_due(pods, &e.object));
	const struct json *report = parsed(&e.arena, openreport_pods_take(pods, &e.arena, &e.report));
	cr_expect_eq(json_count(json_get(report, "results")), 1);
	cr_expect_str_eq(text_at(result_at(report, 0), "message"), "12 pods: p-00, p-01, p-02 and 9 more: runs on k8s");
	cr_expect_str_eq(text_at(report, "scope.kind"), "Deployment");
	cr_expect_str_eq(text_at(report, "scope.apiVersion"), "apps/v1");
	cr_expect_str_eq(text_at(report, "metadata.namespace"), "team-a");
	cr_expect(is_a_name(text_at(report, "metadata.name")));
	cr_expect_eq(json_count(json_get(json_get(report, "metadata"), "ownerReferences")), 2, "both ReplicaSets");
	cr_expect_eq(openreport_pods_take(pods, &e.arena, &e.report).len, 0);
	openreport_pods_free(pods);
	arena_release(&e.arena);
}

Test(openreport, of_executors_everything_is_told)
{
	struct example e;
	struct openreport_pods *pods = openreport_pods_new();

	example_fill(&e);
	e.object.owner = "Pod driver"; /* no template of which they were made */
	be_pod(&e, "exec-1", "x");
	find(&e, "pss.runAsNonRoot", ACTION_WARN, "m");
	cr_assert(openreport_pods_add(pods, &e.report, &e.object));
	const struct json *report = parsed(&e.arena, openreport_pods_take(pods, &e.arena, &e.report));
	cr_expect_str_eq(text_at(result_at(report, 0), "message"), "1 pod: exec-1: m");
	openreport_pods_free(pods);
	arena_release(&e.arena);
}

Test(openreport, who_stands_alone_is_not_taken)
{
	struct example e;
	struct openreport_pods *pods = openreport_pods_new();

	example_fill(&e);
	cr_expect_not(openreport_pods_add(pods, &e.report, &e.object));
	e.object.owner = "CronJob a";
	find(&e, "backend.drift", ACTION_WARN, "m");
	cr_expect(openreport_pods_add(pods, &e.report, &e.object), "a Job's owner is judged itself");
	e.object.owner = "SparkConnect a";
	cr_expect_not(openreport_pods_add(pods, &e.report, &e.object), "an operator's kind is not");
	cr_expect_eq(openreport_pods_take(pods, &e.arena, &e.report).len, 0);
	openreport_pods_free(pods);
	arena_release(&e.arena);
}

Test(openreport, more_owners_than_anybody_reads_share_a_report)
{
	struct example e;
	struct openreport_pods *pods = openreport_pods_new();
	const struct json *last = NULL;
	struct slice text;
	size_t count = 0;

	example_fill(&e);
	find(&e, "backend.drift", ACTION_WARN, "m");
	for (int i = 0; i < OPENREPORT_OWNERS_MAX + 50; i++) {
		be_pod(&e, arena_printf(&e.arena, "p-%d", i), "x");
		e.object.owner = arena_printf(&e.arena, "Job j-%d", i);
		cr_assert(openreport_pods_add(pods, &e.report, &e.object));
	}
	while ((text = openreport_pods_take(pods, &e.arena, &e.report)).len > 0) {
		last = parsed(&e.arena, text);
		count++;
	}
	cr_expect_eq(count, OPENREPORT_OWNERS_MAX + 1);
	cr_expect_str_eq(text_at(last, "scope.kind"), "Namespace");
	cr_expect_str_eq(text_at(result_at(last, 0), "message"), "50 pods: p-1000, p-1001, p-1002 and 47 more: m");
	openreport_pods_free(pods);
	arena_release(&e.arena);
}

/* ---- the List ---- */

Test(openreport, a_list_in_the_order_of_namespaces)
{
	struct example e;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct report_writer *writer = report_writer_open(&(struct report_style){
		.format = REPORT_OPENREPORTS, .command = "audit", .policy = "0123456789ab", .now = 7, .out = out});

	example_fill(&e);
	report_writer_object(writer, &e.object, &e.arena); /* nothing to say */
	find(&e, "backend.drift", ACTION_WARN, "m");
	report_writer_object(writer, &e.object, &e.arena);
	e.object.owner = "Deployment spark";
	be_pod(&e, "p", "spark-1");
	report_writer_object(writer, &e.object, &e.arena);
	e.object.owner = NULL;
	e.review.namespace = "team-b";
	report_writer_object(writer, &e.object, &e.arena);
	report_writer_close(writer);
	fclose(out);
	const struct json *list = parsed(&e.arena, (struct slice){text, size});
	const struct json *items = json_get(list, "items");
	cr_expect_str_eq(text_at(list, "kind"), "List");
	cr_assert_eq(json_count(items), 3);
	cr_expect_str_eq(text_at(json_at(items, 1), "metadata.namespace"), "team-a", "before the next namespace begins");
	cr_expect_str_eq(text_at(json_at(items, 2), "metadata.namespace"), "team-b");
	cr_expect_eq(number_at(result_at(json_at(items, 0), 0), "timestamp", "seconds"), 7);
	free(text);
	arena_release(&e.arena);
}

Test(openreport, an_empty_list_is_one)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct arena a = ARENA_INIT;

	json_setup();
	report_writer_close(report_writer_open(&(struct report_style){
		.format = REPORT_OPENREPORTS, .command = "audit", .policy = "0123456789ab", .out = out}));
	fclose(out);
	cr_expect_eq(json_count(json_get(parsed(&a, (struct slice){text, size}), "items")), 0);
	free(text);
	arena_release(&a);
}
