/*
 * One object in the tables of the HTML report: a row, and after it a row with all the details.
 *
 *	<tbody data-c="refused drift" data-r="pss.hostNamespaces backend.drift">
 *	<tr class="head"> result, name, kind, backend, Spark, rules
 *	<tr class="more"> refusal, way out, findings, rewrite, warnings, the line of JSON
 *
 * Whatever is not ours goes through html_text().
 */
#include "report/report.h"

#include "base/field_path.h"
#include "base/html.h"

const char *const report_html_words[HTML_CLASSES] = {"refused", "rewritten", "drift", "warning", "note", "fine"};

#define BIT(class) (1U << (class))

unsigned report_html_classes(const struct report_object *o)
{
	const struct simulation *s = o->simulation;
	unsigned set = (s->verdict ? 0 : BIT(HTML_REFUSED)) | (s->changes.count ? BIT(HTML_REWRITTEN) : 0);

	for (size_t i = 0; i < s->findings.count; i++) {
		const struct finding *f = &s->findings.items[i];
		if (f->action != ACTION_OFF && report_rule_is_drift(f->rule))
			set |= BIT(HTML_DRIFT);
		else if (f->action == ACTION_WARN)
			set |= BIT(HTML_WARNED);
		if (f->action == ACTION_AUDIT)
			set |= BIT(HTML_NOTED);
	}
	return set ? set : BIT(HTML_FINE);
}

/* ---- pieces ---- */

static void add(struct buf *out, const char *text)
{
	html_text(out, slice_of(text));
}

/* <tag>text</tag>; nothing for NULL. */
static void element(struct buf *out, const char *tag, const char *text)
{
	if (!text)
		return;
	buf_printf(out, "<%s>", tag);
	add(out, text);
	buf_printf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

static void cell(struct buf *out, const char *label, const char *text)
{
	buf_printf(out, "<td data-l=\"%s\">", label);
	add(out, text ? text : "");
	buf_adds(out, "</td>");
}

/* ", line 22, container spark" */
static void add_where(const struct report *report, const struct report_object *o, const struct place *place,
		      struct buf *out)
{
	unsigned line = place->pointer ? report_line(report, o, place) : 0;

	if (line)
		buf_printf(out, ", line %u", line);
	if (place->container) {
		buf_adds(out, ", container ");
		add(out, place->container);
	}
}

/* ---- the row ---- */

/* Each rule once, in the order of the findings. */
struct rules {
	const char **items;
	size_t count;
};

static void add_rule(struct rules *rules, const char *rule)
{
	for (size_t i = 0; i < rules->count; i++)
		if (strcmp(rules->items[i], rule) == 0)
			return;
	rules->items[rules->count++] = rule;
}

static struct rules rules_of(struct arena *a, const struct findings *violations, const struct changes *changes)
{
	struct rules rules = {.items = ARENA_ARRAY(a, violations->count + changes->count + 1, const char *)};

	for (size_t i = 0; i < violations->count; i++)
		add_rule(&rules, violations->items[i].rule);
	for (size_t i = 0; i < changes->count; i++)
		add_rule(&rules, changes->items[i].rule);
	return rules;
}

/* What becomes of it, or would in enforce. */
static const char *result_of(const struct report_object *o, unsigned classes, const char **hue)
{
	enum report_html_class class = HTML_REFUSED;

	while (!(classes & BIT(class)))
		class = class + 1;
	*hue = report_html_words[class];
	if (class == HTML_REFUSED)
		return o->simulation->allowed ? "would be refused" : "refused";
	if (class == HTML_REWRITTEN)
		return report_is_changed(o) ? "rewritten" : "would be rewritten";
	return *hue;
}

static const char *version_of(struct arena *a, const struct decision *d)
{
	return d->judged && d->version ? spark_version_text(a, d->version) : NULL;
}

static void add_rules_cell(const struct rules *rules, struct buf *out)
{
	buf_adds(out, "<td data-l=\"Rules\">");
	for (size_t i = 0; i < rules->count && i < 2; i++) {
		buf_adds(out, i ? " " : "");
		element(out, "code", rules->items[i]);
	}
	if (rules->count > 2)
		buf_printf(out, " <span class=\"more-of\">and %zu more</span>", rules->count - 2);
	buf_adds(out, "</td>");
}

static void add_head(const struct report *report, const struct report_object *o, unsigned classes,
		     const struct rules *rules, struct buf *out)
{
	const struct decision *d = report_decision(o);
	const char *hue, *result = result_of(o, classes, &hue);

	buf_printf(out,
		   "<tr class=\"head\"><td data-l=\"Result\"><span class=\"is %s\">%s</span></td><th scope=\"row\">",
		   hue, result);
	add(out, *o->review->name ? o->review->name : "(no name)");
	buf_adds(out, "</th>");
	cell(out, "Kind", o->review->kind);
	cell(out, "Backend", d->judged ? backend_name(d->backend) : NULL);
	cell(out, "Spark", version_of(report->arena, d));
	add_rules_cell(rules, out);
	buf_adds(out, "</tr>\n");
}

/* ---- what there is to say ---- */

static void add_scope(const struct report *report, const struct report_object *o, struct buf *out)
{
	const struct decision *d = report_decision(o);
	const char *role = role_name(d->role), *mode = mode_name(d->ns.mode);

	buf_adds(out, "<p class=\"scope\">");
	add(out, role ? role : strcmp(o->review->kind, "Namespace") == 0 ? "namespace" : "no role of Spark Connect");
	if (mode && !d->judged)
		buf_printf(out, ": %s", simulate_unjudged_why(o->review));
	else if (mode)
		buf_printf(out, ", mode %s", mode);
	else
		buf_adds(out, ", not opted in");
	if (o->simulation->allowed && !o->simulation->verdict)
		buf_adds(out, "; enforce would refuse it");
	if (o->file) {
		buf_adds(out, " · ");
		add(out, o->file);
		buf_printf(out, ":%u", report_line(report, o, &(struct place){.pointer = ""}));
	}
	buf_adds(out, "</p>\n");
}

static void add_refusal(const struct report_object *o, struct buf *out)
{
	if (o->simulation->message) {
		element(out, "h3", "Refusal");
		element(out, "p class=\"message\"", o->simulation->message);
	}
	if (report_decision(o)->way_out) {
		element(out, "h3", "Way out");
		element(out, "p class=\"way\"", report_decision(o)->way_out);
	}
}

static void add_findings(const struct report *report, const struct report_object *o, const struct findings *violations,
			 struct buf *out)
{
	if (violations->count == 0)
		return;
	buf_adds(out, "<h3>Findings</h3><ul class=\"findings\">\n");
	for (size_t i = 0; i < violations->count; i++) {
		const struct finding *f = &violations->items[i];
		buf_printf(out, "<li><b class=\"does %s\">%s</b> ", action_name(f->action), action_name(f->action));
		element(out, "code", f->rule);
		add_where(report, o, &f->place, out);
		element(out, "p", f->message);
		buf_adds(out, "</li>\n");
	}
	buf_adds(out, "</ul>\n");
}

static const char *what_of(struct arena *a, const struct change *c)
{
	return c->place.key ? c->place.key : c->place.pointer ? field_path(a, c->place.pointer) : "";
}

static void add_changes(const struct report *report, const struct report_object *o, struct buf *out)
{
	const struct changes *changes = &o->simulation->changes;

	if (changes->count == 0)
		return;
	element(out, "h3", report_is_changed(o) ? "Rewrite" : "What enforce would rewrite");
	buf_adds(out, "<ul class=\"changes\">\n");
	for (size_t i = 0; i < changes->count; i++) {
		const struct change *c = &changes->items[i];
		buf_adds(out, "<li>");
		element(out, "code", c->rule);
		add_where(report, o, &c->place, out);
		element(out, "p", what_of(report->arena, c));
		element(out, "del", c->from);
		element(out, "ins", c->to);
		buf_adds(out, "</li>\n");
	}
	buf_adds(out, "</ul>\n");
}

/* Its lines; adjacent ones of the same sign are one element. The sign stays in the text. */
static void add_diff_lines(struct slice diff, struct buf *out)
{
	char last = ' ';

	while (diff.len > 0) {
		struct slice line = slice_cut(&diff, '\n');
		char sign = line.len > 0 && (*line.ptr == '+' || *line.ptr == '-') ? *line.ptr : ' ';
		if (sign != last)
			buf_printf(out, "%s%s",
				   last == '+'   ? "</ins>"
				   : last == '-' ? "</del>"
						 : "",
				   sign == '+'   ? "<ins>"
				   : sign == '-' ? "<del>"
						 : "");
		html_text(out, line);
		buf_addc(out, '\n');
		last = sign;
	}
	buf_adds(out, last == '+' ? "</ins>" : last == '-' ? "</del>" : "");
}

static void add_diff(const struct report *report, const struct report_object *o, struct buf *out)
{
	const struct report plain = {.arena = report->arena};
	struct buf diff = buf_in(report->arena);

	report_diff_object(&plain, o, &diff);
	struct slice lines = buf_slice(&diff);
	if (lines.len == 0)
		return;
	slice_cut(&lines, '\n'); /* the two lines with names: the row has them */
	slice_cut(&lines, '\n');
	buf_adds(out, "<pre class=\"diff\" tabindex=\"0\" role=\"group\" aria-label=\"Diff of the rewrite\">\n");
	add_diff_lines(lines, out);
	buf_adds(out, "</pre>\n");
}

static void add_warnings(const struct report_object *o, struct buf *out)
{
	if (o->simulation->warning_count == 0)
		return;
	buf_adds(out, "<h3>Warnings that kubectl shows</h3><ul class=\"warnings\">\n");
	for (size_t i = 0; i < o->simulation->warning_count; i++)
		element(out, "li", o->simulation->warnings[i]);
	buf_adds(out, "</ul>\n");
}

/* What can be pasted into a shell as it is. */
static bool is_plain_name(const char *name)
{
	return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-")] == '\0' && *name != '-';
}

static void add_explain(const struct report *report, const struct report_object *o, struct buf *out)
{
	const struct review *r = o->review;

	if (!report->live || !o->namespace || !is_plain_name(r->name) || !is_plain_name(o->namespace))
		return;
	buf_adds(out, "<p class=\"ask\">Why, and what would change it: <code>sparkgate explain ");
	add(out, r->kind);
	buf_printf(out, "/%s -n %s</code></p>\n", r->name, o->namespace);
}

static void add_json(const struct report *report, const struct report_object *o, struct buf *out)
{
	struct buf line = buf_in(report->arena);

	report_json_object(report, o, &line);
	buf_adds(out, "<details><summary>The same as JSON</summary><pre class=\"json\" tabindex=\"0\" role=\"group\" "
		      "aria-label=\"JSON\">\n");
	html_text(out, buf_slice(&line));
	buf_adds(out, "</pre></details>");
}

void report_html_object(const struct report *report, const struct report_object *o, struct buf *out)
{
	struct findings violations = report_violations(report, o);
	struct rules rules = rules_of(report->arena, &violations, &o->simulation->changes);
	unsigned classes = report_html_classes(o);

	buf_adds(out, "<tbody data-c=\"");
	for (unsigned i = 0, n = 0; i < HTML_CLASSES; i++)
		if (classes & BIT(i))
			buf_printf(out, "%s%s", n++ ? " " : "", report_html_words[i]);
	buf_adds(out, "\" data-r=\"");
	for (size_t i = 0; i < rules.count; i++) {
		buf_adds(out, i ? " " : "");
		add(out, rules.items[i]);
	}
	buf_adds(out, "\">\n");
	add_head(report, o, classes, &rules, out);
	buf_adds(out, "<tr class=\"more\"><td colspan=\"6\">");
	add_scope(report, o, out);
	add_refusal(o, out);
	add_findings(report, o, &violations, out);
	add_changes(report, o, out);
	add_diff(report, o, out);
	add_warnings(o, out);
	add_explain(report, o, out);
	add_json(report, o, out);
	buf_adds(out, "</td></tr>\n</tbody>\n");
}
