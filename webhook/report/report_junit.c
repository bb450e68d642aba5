/* JUnit XML, in the subset that CI servers agree on (github.com/testmoapp/junitxml). */
#include "base/xml.h"
#include "report/report.h"

static void print_output(const struct report *report, const struct report_object *o, struct buf *out)
{
	const struct simulation *s = o->simulation;

	if (s->changes.count == 0 && s->warning_count == 0)
		return;
	buf_adds(out, "      <system-out>");
	for (size_t i = 0; i < s->changes.count; i++) {
		const struct change *c = &s->changes.items[i];
		const char *what = c->place.key ? c->place.key : c->place.pointer ? c->place.pointer : "";
		xml_text(out, arena_printf(report->arena, "change %s: %s: %s -> %s", c->rule, what,
						c->from ? c->from : "(absent)", c->to ? c->to : "(removed)"));
		buf_addc(out, '\n');
	}
	for (size_t i = 0; i < s->warning_count; i++) {
		xml_text(out, arena_printf(report->arena, "warning %s", s->warnings[i]));
		buf_addc(out, '\n');
	}
	buf_adds(out, "</system-out>\n");
}

static void print_failure(const struct report *report, const struct report_object *o, struct buf *out)
{
	struct findings violations = report_violations(report, o);

	buf_adds(out, "      <failure");
	xml_attribute(out, "message", o->simulation->message ? o->simulation->message : "refused");
	xml_attribute(out, "type", "refused");
	buf_addc(out, '>');
	for (size_t i = 0; i < violations.count; i++) {
		const struct finding *f = &violations.items[i];
		xml_text(out, arena_printf(report->arena, "%s %s: %s", action_name(f->action), f->rule, f->message));
		buf_addc(out, '\n');
	}
	buf_adds(out, "</failure>\n");
}

static void print_case(const struct report *report, const struct report_object *o, struct buf *out)
{
	buf_adds(out, "    <testcase");
	xml_attribute(out, "classname", role_name(report_role(o)) ? role_name(report_role(o)) : "namespace");
	xml_attribute(out, "name", report_title(report, o));
	xml_attribute(out, "file", o->file ? o->file : "");
	buf_printf(out, " line=\"%u\">\n", report_line(report, o, &(struct place){.pointer = ""}));
	if (!o->simulation->allowed)
		print_failure(report, o, out);
	print_output(report, o, out);
	buf_adds(out, "    </testcase>\n");
}

/* The objects of one file that concern us, from *at on; returns how many. */
static size_t count_suite(const struct report *report, size_t at, size_t *end, size_t *failures)
{
	size_t cases = 0;
	const char *file = report->items[at].file;

	*failures = 0;
	for (*end = at; *end < report->count && report->items[*end].file == file; ++*end) {
		if (!report_concerns(&report->items[*end]))
			continue;
		cases++;
		*failures += !report->items[*end].simulation->allowed;
	}
	return cases;
}

static void print_suite(const struct report *report, size_t at, size_t end, size_t cases, size_t failures,
			struct buf *out)
{
	buf_adds(out, "  <testsuite");
	xml_attribute(out, "name", report->items[at].file ? report->items[at].file : "live");
	buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n", cases, failures);
	for (size_t i = at; i < end; i++)
		if (report_concerns(&report->items[i]))
			print_case(report, &report->items[i], out);
	buf_adds(out, "  </testsuite>\n");
}

void report_junit(const struct report *report, struct buf *out)
{
	struct buf suites = buf_in(report->arena);
	size_t all_cases = 0, all_failures = 0, end;

	for (size_t at = 0; at < report->count; at = end) {
		size_t failures, cases = count_suite(report, at, &end, &failures);
		if (cases > 0)
			print_suite(report, at, end, cases, failures, &suites);
		all_cases += cases;
		all_failures += failures;
	}
	buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	buf_printf(out, "<testsuites name=\"sparkgate review\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n", all_cases,
		   all_failures);
	buf_add(out, buf_slice(&suites));
	buf_adds(out, "</testsuites>\n");
}
