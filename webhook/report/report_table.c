/*
 * For people:
 *
 *	refused  Deployment team-a/spark-connect                       release.yaml:14
 *	         connect-server on standalone, enforce, Spark 4.1
 *	  change backend.master, line 41, container spark
 *	         spark.master: k8s://https://kubernetes.default.svc -> spark://spark-master:7077
 *	  deny   pss.hostNamespaces, line 22
 *	         host namespaces (hostNetwork=true)
 */
#include "report/report.h"

#include "base/color.h"
#include "base/field_path.h"
#include "base/wrap.h"

#define INDENT 9

/* ---- text ---- */

/* text at INDENT, broken between words. */
static void print_wrapped(const struct report *report, struct buf *out, const char *text)
{
	wrap_add_in(out, report_tame(report->arena, text), report_columns(report), INDENT, 0);
}

size_t report_columns(const struct report *report)
{
	return report->columns ? report->columns : WRAP_COLUMNS;
}

/* The command at the beginning of text: up to what is said behind it. */
static struct slice command_at(const char *text)
{
	static const char *const ends[] = {"; ", " (", ", ", " shows "};
	struct slice command = slice_of(text);

	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		const char *end = strstr(text, ends[i]);
		if (end && (size_t)(end - text) < command.len)
			command.len = (size_t)(end - text);
	}
	return command;
}

void report_table_advice(const struct report *report, const char *text, size_t column, struct buf *out)
{
	const char *rest = report_tame(report->arena, text).ptr, *found;

	while ((found = strstr(rest, ": kubectl ")) != NULL) {
		struct slice before = {rest, (size_t)(found - rest) + 1}, command = command_at(found + 2);
		wrap_add_in(out, before, report_columns(report), column, 0);
		buf_printf(out, "%*s%.*s\n", (int)column, "", SLICE_ARG(command));
		rest = command.ptr + command.len;
		rest += strspn(rest, "; ,");
	}
	if (*rest)
		wrap_add_in(out, slice_of(rest), report_columns(report), column, 0);
}

/* ---- one object ---- */

/* "release.yaml:14"; nothing for a live object. */
static struct slice where_of(const struct report *report, const struct report_object *o)
{
	if (!o->file)
		return SLICE_LIT("");
	return report_tame(report->arena, arena_printf(report->arena, "%s:%u", o->file,
						       report_line(report, o, &(struct place){.pointer = ""})));
}

void report_table_heading(const struct report *report, const struct report_object *o, struct buf *out)
{
	bool refused = !o->simulation->allowed, changed = report_is_changed(o);
	const char *word = refused ? "refused" : changed ? "changed" : "allowed";
	enum color hue = refused ? COLOR_RED : changed ? COLOR_CYAN : COLOR_GREEN;
	struct slice title = slice_of(report_title(report, o));
	struct slice where = where_of(report, o);
	size_t used = INDENT + wrap_width(title) + wrap_width(where);

	buf_printf(out, "%s%-*s%s", color(report->color, hue), INDENT, word, color(report->color, COLOR_OFF));
	buf_printf(out, "%s%.*s%s", color(report->color, COLOR_BOLD), SLICE_ARG(title),
		   color(report->color, COLOR_OFF));
	if (where.len == 0)
		buf_addc(out, '\n');
	else if (used + 2 > report_columns(report))
		buf_printf(out, "\n%*s%.*s\n", INDENT, "", SLICE_ARG(where));
	else
		buf_printf(out, "%*s%.*s\n", (int)(report_columns(report) - used), "", SLICE_ARG(where));
}

/* Under its mode it is let in; enforce would not. */
static bool is_refused_elsewhere(const struct report_object *o)
{
	return o->simulation->allowed && !o->simulation->verdict;
}

static void print_scope(const struct report *report, const struct report_object *o, struct buf *out)
{
	const struct decision *d = report_decision(o);
	struct buf text = buf_in(report->arena);
	const char *role = role_name(d->role), *backend = backend_name(d->backend), *mode = mode_name(d->ns.mode);

	if (!role && strcmp(o->review->kind, "Namespace") != 0) {
		print_wrapped(report, out, "nothing of Spark Connect");
		return;
	}
	buf_adds(&text, role ? role : "namespace");
	if (!mode) {
		buf_adds(&text, ", its namespace has not opted in");
	} else if (!d->judged) {
		buf_printf(&text, ": %s", simulate_unjudged_why(o->review));
	} else {
		if (backend)
			buf_printf(&text, " on %s, %s", backend, mode);
		else
			buf_printf(&text, ", no backend, %s", mode);
		if (d->version)
			buf_printf(&text, ", Spark %s", spark_version_text(report->arena, d->version));
		if (is_refused_elsewhere(o))
			buf_adds(&text, "; enforce would refuse it");
	}
	print_wrapped(report, out, buf_slice(&text).ptr);
}

/* "  change backend.master, line 41, container spark" */
static void print_label(const struct report *report, const struct report_object *o, enum color hue, const char *label,
			const char *rule, const struct place *place, struct buf *out)
{
	unsigned line = place->pointer ? report_line(report, o, place) : 0;

	buf_printf(out, "  %s%-6s%s %s", color(report->color, hue), label, color(report->color, COLOR_OFF), rule);
	if (line)
		buf_printf(out, ", line %u", line);
	if (place->container) {
		struct slice name = report_tame(report->arena, place->container);
		buf_printf(out, ", container %.*s", SLICE_ARG(name));
	}
	buf_addc(out, '\n');
}

static void print_changes(const struct report *report, const struct report_object *o, struct buf *out)
{
	const struct changes *changes = &o->simulation->changes;
	const char *label = report_is_changed(o) ? "change" : "would change"; /* outside enforce nothing is changed */

	for (size_t i = 0; i < changes->count; i++) {
		const struct change *c = &changes->items[i];
		const char *what = c->place.key       ? c->place.key
				   : c->place.pointer ? field_path(report->arena, c->place.pointer)
						      : "";
		print_label(report, o, COLOR_CYAN, label, c->rule, &c->place, out);
		print_wrapped(report, out,
			      arena_printf(report->arena, "%s: %s -> %s", what, c->from ? c->from : "(absent)",
					   c->to ? c->to : "(removed)"));
	}
}

static void print_violations(const struct report *report, const struct report_object *o,
			     const struct findings *violations, struct buf *out)
{
	static const enum color hues[] = {
		[ACTION_DENY] = COLOR_RED, [ACTION_WARN] = COLOR_YELLOW, [ACTION_AUDIT] = COLOR_DIM};

	for (size_t i = 0; i < violations->count; i++) {
		const struct finding *f = &violations->items[i];
		const char *label = f->action == ACTION_DENY && is_refused_elsewhere(o) ? "would deny" : action_name(f->action);
		print_label(report, o, hues[f->action], label, f->rule, &f->place, out);
		report_table_advice(report, f->message, INDENT, out);
	}
}

/* Pod Security says what is wrong in upstream's words; this is what to do about it. */
static void print_way_out(const struct report *report, const struct report_object *o, struct buf *out)
{
	const char *way_out = report_decision(o)->way_out;

	if (!way_out)
		return;
	buf_printf(out, "  %sto do%s\n", color(report->color, COLOR_BOLD), color(report->color, COLOR_OFF));
	report_table_advice(report, way_out, INDENT, out);
}

/* Is the warning's rule among what was printed? Pod Security's come as one text. */
static bool is_told(const struct report_object *o, const struct findings *violations, const char *warning)
{
	struct slice rest = slice_of(warning), rule = slice_cut(&rest, ':');

	if (slice_starts(slice_of(warning), "would violate PodSecurity"))
		return true;
	for (size_t i = 0; i < violations->count; i++)
		if (slice_is(rule, violations->items[i].rule))
			return true;
	for (size_t i = 0; i < o->simulation->changes.count; i++)
		if (slice_is(rule, o->simulation->changes.items[i].rule))
			return true;
	return false;
}

static void print_warnings(const struct report *report, const struct report_object *o,
			   const struct findings *violations, struct buf *out)
{
	for (size_t i = 0; i < o->simulation->warning_count; i++) {
		const char *warning = o->simulation->warnings[i];
		if (is_told(o, violations, warning))
			continue;
		buf_printf(out, "  %swarn%s\n", color(report->color, COLOR_YELLOW), color(report->color, COLOR_OFF));
		print_wrapped(report, out, warning);
	}
}

size_t report_table_warnings(const struct report *report, const struct report_object *o)
{
	const struct findings violations = report_violations(report, o);
	size_t count = 0;

	for (size_t i = 0; i < violations.count; i++)
		count += violations.items[i].action == ACTION_WARN;
	for (size_t i = 0; i < o->simulation->warning_count; i++)
		count += !is_told(o, &violations, o->simulation->warnings[i]);
	return count;
}

void report_table_body(const struct report *report, const struct report_object *o, struct buf *out)
{
	struct findings violations = report_violations(report, o);

	print_scope(report, o, out);
	print_changes(report, o, out);
	print_violations(report, o, &violations, out);
	print_way_out(report, o, out);
	print_warnings(report, o, &violations, out);
}
