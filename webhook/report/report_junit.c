/* JUnit XML, in the subset that CI servers agree on (github.com/testmoapp/junitxml). */
#include "report/writer_formats.h"

/* XML 1.0 has no way to write most control characters, so they become blanks. */
static void print_escaped(struct buf *out, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '<')
			buf_adds(out, "&lt;");
		else if (*p == '>')
			buf_adds(out, "&gt;");
		else if (*p == '&')
			buf_adds(out, "&amp;");
		else if (*p == '"')
			buf_adds(out, "&quot;");
		else if (*p < 0x20 || *p == 0x7F)
			buf_addc(out, ' ');
		else if (p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE) /* U+FFFE, U+FFFF are no XML either */
			p += 2;
		else
			buf_addc(out, (char)*p);
	}
}

void report_xml_attribute(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " %s=\"", name);
	print_escaped(out, value);
	buf_addc(out, '"');
}

static void print_output(const struct report *report, const struct report_object *o, struct buf *out)
{
	const struct simulation *s = o->simulation;

	if (s->changes.count == 0 && s->warning_count == 0)
		return;
	buf_adds(out, "      <system-out>");
	for (size_t i = 0; i < s->changes.count; i++) {
		const struct change *c = &s->changes.items[i];
		const char *what = c->place.key ? c->place.key : c->place.pointer ? c->place.pointer : "";
		print_escaped(out, arena_printf(report->arena, "change %s: %s: %s -> %s", c->rule, what,
						c->from ? c->from : "(absent)", c->to ? c->to : "(removed)"));
		buf_addc(out, '\n');
	}
	for (size_t i = 0; i < s->warning_count; i++) {
		print_escaped(out, arena_printf(report->arena, "warning %s", s->warnings[i]));
		buf_addc(out, '\n');
	}
	buf_adds(out, "</system-out>\n");
}

static void print_failure(const struct report *report, const struct report_object *o, struct buf *out)
{
	struct findings violations = report_violations(report, o);

	buf_adds(out, "      <failure");
	report_xml_attribute(out, "message", o->simulation->message ? o->simulation->message : "refused");
	report_xml_attribute(out, "type", "refused");
	buf_addc(out, '>');
	for (size_t i = 0; i < violations.count; i++) {
		const struct finding *f = &violations.items[i];
		print_escaped(out,
			      arena_printf(report->arena, "%s %s: %s", action_name(f->action), f->rule, f->message));
		buf_addc(out, '\n');
	}
	buf_adds(out, "</failure>\n");
}

void report_junit_case(const struct report *report, const struct report_object *o, struct buf *out)
{
	buf_adds(out, "    <testcase");
	report_xml_attribute(out, "classname", role_name(report_role(o)) ? role_name(report_role(o)) : "namespace");
	report_xml_attribute(out, "name", report_title(report, o));
	if (o->file) {
		report_xml_attribute(out, "file", o->file);
		buf_printf(out, " line=\"%u\"", report_line(report, o, &(struct place){.pointer = ""}));
	}
	buf_adds(out, ">\n");
	if (!o->simulation->allowed)
		print_failure(report, o, out);
	print_output(report, o, out);
	buf_adds(out, "    </testcase>\n");
}
