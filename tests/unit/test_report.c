/* What the writers make of one object; whole runs are in tests/review. */
#include "base/json.h"
#include "report/writer.h"
#include "testing.h"

/* A refused Pod of a hostile name, as simulate() would leave it. */
struct example {
	struct arena arena;
	struct review review;
	struct simulation simulation;
	struct report report;
	struct report_object object;
};

static void example_fill(struct example *e)
{
	struct arena *a = &e->arena;
	struct finding first = {.rule = "connect.x", .action = ACTION_WARN, .message = "one", .place = {.pointer = "/spec"}};
	struct finding second = {.rule = "connect.x", .action = ACTION_DENY, .message = "two", .place = {.pointer = "/spec/containers/0"}};
	struct finding silent = {.rule = "connect.y", .action = ACTION_OFF, .message = "three"};
	struct change change = {"backend.master",
				"argv",
				{.pointer = "/spec/containers/0/args/1", .key = "spark.master"},
				NULL,
				"<k8s://\"x\">"};
	const struct json *object;
	struct err err = {""};

	json_setup();
	cr_assert_eq(json_parse(a, quoted(a, "{'apiVersion':'v1','kind':'Pod'}"), &object, &err), 0);
	*e = (struct example){
		.arena = *a,
		.review = {.group = "", .version = "v1", .kind = "Pod", .name = "n\033[2J&<", .object = object}};
	e->simulation.validate = (struct decision){.role = ROLE_CONNECT_SERVER,
						   .judged = true,
						   .backend = BACKEND_K8S,
						   .version = 410,
						   .ns = {.mode = MODE_ENFORCE, .pss_version = "latest"}};
	findings_add(&e->simulation.findings, a, first);
	findings_add(&e->simulation.findings, a, second);
	findings_add(&e->simulation.findings, a, silent);
	changes_add(&e->simulation.changes, a, change);
	e->simulation.message = "refused because";
	e->report = (struct report){.arena = &e->arena, .policy = "0123456789ab"};
	e->object = (struct report_object){.file = "a b.yaml",
					   .document = 1,
					   .pointer = "",
					   .review = &e->review,
					   .namespace = "ns",
					   .simulation = &e->simulation};
}

/* A whole report on the example alone. */
static struct slice text_of(struct example *e, enum report_format format)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const struct report_style style = {.format = format, .command = "review", .policy = "0123456789ab", .out = out};
	struct report_writer *writer = report_writer_open(&style);

	report_writer_object(writer, &e->object, &e->arena);
	report_writer_close(writer);
	fclose(out);
	struct slice copy = arena_copy(&e->arena, (struct slice){text, size});
	free(text);
	return copy;
}

Test(report, joins_findings_of_one_rule)
{
	struct example e = {.arena = ARENA_INIT};

	example_fill(&e);
	struct findings v = report_violations(&e.report, &e.object);
	cr_assert_eq(v.count, 1);
	cr_expect_str_eq(v.items[0].message, "one; two");
	cr_expect_eq(v.items[0].action, ACTION_DENY);
	cr_expect_str_eq(v.items[0].place.pointer, "/spec");
	arena_release(&e.arena);
}

Test(report, json_has_every_key_and_null_for_nothing)
{
	struct example e = {.arena = ARENA_INIT};
	const struct json *line;
	struct err err = {""};

	example_fill(&e);
	struct slice text = text_of(&e, REPORT_JSON);
	cr_assert_eq(text.ptr[text.len - 1], '\n');
	cr_assert_eq(json_parse(&e.arena, text, &line, &err), 0, "%s", err.text);
	cr_expect_eq(json_count(line), 23);
	cr_expect_str_eq(json_text(json_get(line, "sparkVersion"), ""), "4.10");
	cr_expect_str_eq(json_text(json_get(line, "verdict"), ""), "deny");
	const struct json *change = json_first(json_get(line, "changes"));
	cr_expect(json_has(change, "from") && !json_get(change, "from"));
	cr_expect(json_has(change, "line") && !json_get(change, "line"));
	cr_expect_eq(json_type(json_get(line, "patch")), JSON_ARRAY);
	arena_release(&e.arena);
}

Test(report, no_writer_lets_control_characters_or_markup_through)
{
	static const enum report_format formats[] = {REPORT_JSON, REPORT_TABLE, REPORT_JUNIT, REPORT_SARIF};
	struct example e = {.arena = ARENA_INIT};

	example_fill(&e);
	for (size_t i = 0; i < COUNT(formats); i++)
		cr_expect_not(slice_has(text_of(&e, formats[i]), "\033"), "format %zu", i);
	struct slice junit = text_of(&e, REPORT_JUNIT);
	cr_expect(slice_has(junit, "&amp;&lt;"));
	cr_expect(slice_has(junit, "&lt;k8s://&quot;x&quot;&gt;"));
	cr_expect(slice_has(text_of(&e, REPORT_SARIF), "\"uri\":\"a%20b.yaml\""));
	arena_release(&e.arena);
}

static const struct {
	enum mode mode;
	enum backend backend;
	enum report_format format;
	const char *says;
} scopes[] = {
	{MODE_ENFORCE, BACKEND_K8S, REPORT_TABLE, "connect-server on k8s, enforce, Spark 4.10"},
	{MODE_WARN, BACKEND_NONE, REPORT_TABLE, "connect-server, no backend, warn, Spark 4.10; enforce would refuse it"},
	{MODE_NONE, BACKEND_NONE, REPORT_TABLE, "connect-server, its namespace has not opted in\n"},
	{MODE_ENFORCE, BACKEND_K8S, REPORT_HTML, "<p class=\"about\">mode enforce, backend k8s</p>"},
	{MODE_WARN, BACKEND_NONE, REPORT_HTML, "<p class=\"about\">mode warn, no backend</p>"},
	{MODE_NONE, BACKEND_NONE, REPORT_HTML, "<p class=\"about\">not opted in</p>"},
	{MODE_AUDIT, BACKEND_K8S, REPORT_HTML, "<p class=\"scope\">connect-server, mode audit; enforce would refuse it · a b.yaml:"},
	{MODE_NONE, BACKEND_NONE, REPORT_HTML, "<p class=\"scope\">connect-server, not opted in; enforce would refuse it · a b.yaml:"},
};

Test(report, says_mode_and_backend_or_that_there_is_none)
{
	for (size_t i = 0; i < COUNT(scopes); i++) {
		struct example e = {.arena = ARENA_INIT};
		example_fill(&e);
		struct decision *d = &e.simulation.validate;
		e.simulation.allowed = true;
		e.object.group = "ns";
		d->ns.mode = scopes[i].mode;
		d->backend = d->ns.backend = scopes[i].backend;
		struct slice text = text_of(&e, scopes[i].format);
		cr_expect(slice_has(text, scopes[i].says), "%zu: %s", i, scopes[i].says);
		arena_release(&e.arena);
	}
}
