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

void report_junit_case(const struct report *report, const struct report_object *o, struct buf *out)
{
	buf_adds(out, "    <testcase");
	xml_attribute(out, "classname", role_name(report_role(o)) ? role_name(report_role(o)) : "namespace");
	xml_attribute(out, "name", report_title(report, o));
	if (o->file) {
		xml_attribute(out, "file", o->file);
		buf_printf(out, " line=\"%u\"", report_line(report, o, &(struct place){.pointer = ""}));
	}
	buf_adds(out, ">\n");
	if (!o->simulation->allowed)
		print_failure(report, o, out);
	print_output(report, o, out);
	buf_adds(out, "    </testcase>\n");
}
