#include "audit/totals.h"

#include "base/color.h"

#include <stdlib.h>

/* Does the line say that something runs that is not as its namespace asks? */
static bool is_drift(const struct audit_line *line)
{
	const struct findings *findings = &line->report.simulation->findings;

	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].action != ACTION_OFF && report_rule_is_drift(findings->items[i].rule))
			return true;
	return false;
}

static bool is_warned(const struct audit_line *line)
{
	const struct findings *findings = &line->report.simulation->findings;

	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].action == ACTION_WARN && !report_rule_is_drift(findings->items[i].rule))
			return true;
	return false;
}

static bool is_noted(const struct audit_line *line)
{
	const struct findings *findings = &line->report.simulation->findings;

	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].action == ACTION_AUDIT)
			return true;
	return false;
}

static void count(struct totals_counts *c, const struct audit_line *line)
{
	const struct simulation *s = line->report.simulation;

	c->objects += report_role(&line->report) != ROLE_NONE;
	c->refused += !s->verdict;
	c->changed += s->changes.count > 0;
	c->drift += is_drift(line);
	c->warned += is_warned(line);
	c->noted += is_noted(line);
}

static struct totals_namespace *namespace_row(struct totals *t, const struct audit_line *line)
{
	const struct totals_namespace *last = t->namespace_count ? &t->namespaces[t->namespace_count - 1] : NULL;

	if (!last || strcmp(last->name, line->ns->name) != 0) {
		t->namespaces = arena_grow(t->arena, t->namespaces, &t->namespace_cap, t->namespace_count + 1,
					   sizeof(*t->namespaces));
		t->namespaces[t->namespace_count++] =
			(struct totals_namespace){.name = arena_dup(t->arena, slice_of(line->ns->name)),
						  .mode = line->parsed->mode,
						  .backend = line->parsed->backend};
	}
	return &t->namespaces[t->namespace_count - 1];
}

static struct totals_rule *rule_row(struct totals *t, const char *rule, bool change)
{
	for (size_t i = 0; i < t->rule_count; i++)
		if (t->rules[i].change == change && strcmp(t->rules[i].rule, rule) == 0)
			return &t->rules[i];
	t->rules = arena_grow(t->arena, t->rules, &t->rule_cap, t->rule_count + 1, sizeof(*t->rules));
	t->rules[t->rule_count] = (struct totals_rule){arena_dup(t->arena, slice_of(rule)), ACTION_OFF, change, 0};
	return &t->rules[t->rule_count++];
}

static void count_findings(struct totals *t, const struct findings *violations)
{
	for (size_t i = 0; i < violations->count; i++) {
		struct totals_rule *row = rule_row(t, violations->items[i].rule, false);
		row->objects++;
		if (violations->items[i].action < row->action)
			row->action = violations->items[i].action;
	}
}

/* One object counts once for a rule, however many of its settings the rule changes. */
static bool is_first(const struct changes *changes, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(changes->items[i].rule, changes->items[at].rule) == 0)
			return false;
	return true;
}

void totals_add(struct totals *t, const struct audit_line *line, struct arena *scratch)
{
	const struct report report = {.arena = scratch};
	const struct findings violations = report_violations(&report, &line->report);
	const struct changes *changes = &line->report.simulation->changes;

	count(&t->all, line);
	count(&namespace_row(t, line)->counts, line);
	count_findings(t, &violations);
	for (size_t i = 0; i < changes->count; i++)
		if (is_first(changes, i))
			rule_row(t, changes->items[i].rule, true)->objects++;
}

size_t totals_not_judged(const struct totals *t, size_t *namespaces)
{
	size_t objects = 0;

	*namespaces = 0;
	for (size_t i = 0; i < t->namespace_count; i++) {
		const struct totals_namespace *n = &t->namespaces[i];
		if (n->mode != MODE_NONE || n->counts.objects == 0)
			continue;
		objects += n->counts.objects;
		++*namespaces;
	}
	return objects;
}

/* ---- printing ---- */

/* A count; a dot where there is none, so that the eye finds the counts. */
static void print_count(FILE *out, size_t n, int width, bool color_it, enum color hue)
{
	if (n == 0)
		fprintf(out, "%*s", width, ".");
	else
		fprintf(out, "%s%*zu%s", color(color_it, hue), width, n, color(color_it, COLOR_OFF));
}

/* What enforce would do to it; nobody has judged what lies in a namespace that has not opted in. */
static void print_verdict(FILE *out, size_t n, bool judged, bool color_it, enum color hue)
{
	if (n == 0 && !judged)
		fprintf(out, "%8s", "-");
	else
		print_count(out, n, 8, color_it, hue);
}

static void print_counts(FILE *out, const struct totals_namespace *n, bool color)
{
	const struct totals_counts *c = &n->counts;
	bool judged = n->mode != MODE_NONE;

	fprintf(out, " %7zu", c->objects);
	print_verdict(out, c->refused, judged, color, COLOR_RED);
	print_verdict(out, c->changed, judged, color, COLOR_CYAN);
	print_count(out, c->drift, 6, color, COLOR_YELLOW);
	print_count(out, c->warned, 6, color, COLOR_YELLOW);
	print_count(out, c->noted, 6, color, COLOR_DIM);
	fputc('\n', out);
}

static void print_namespaces(const struct totals *t, bool color, FILE *out)
{
	int width = 10;

	for (size_t i = 0; i < t->namespace_count; i++)
		if ((int)strlen(t->namespaces[i].name) > width)
			width = (int)strlen(t->namespaces[i].name);
	if (width > 19)
		width = 19; /* a longer one pushes its row out, and stays whole */
	fprintf(out, "%-*s %-7s %-10s %7s%8s%8s%6s%6s%6s\n", width, "NAMESPACE", "MODE", "BACKEND", "OBJECTS",
		"REFUSED", "CHANGED", "DRIFT", "WARN", "NOTE");
	for (size_t i = 0; i < t->namespace_count; i++) {
		const struct totals_namespace *n = &t->namespaces[i];
		fprintf(out, "%-*s %-7s %-10s", width, n->name, mode_name(n->mode) ? mode_name(n->mode) : "-",
			n->mode != MODE_NONE && backend_name(n->backend) ? backend_name(n->backend) : "-");
		print_counts(out, n, color);
	}
	fputc('\n', out);
}

static int by_weight(const void *a, const void *b)
{
	const struct totals_rule *x = a, *y = b;

	if (x->change != y->change)
		return x->change - y->change;
	if (x->action != y->action)
		return (int)x->action - (int)y->action;
	if (x->objects != y->objects)
		return x->objects > y->objects ? -1 : 1;
	return strcmp(x->rule, y->rule);
}

static void print_rules(const struct totals *t, bool color_it, FILE *out)
{
	static const enum color hues[] = {[ACTION_DENY] = COLOR_RED,
					  [ACTION_WARN] = COLOR_YELLOW,
					  [ACTION_AUDIT] = COLOR_DIM,
					  [ACTION_OFF] = COLOR_CYAN};

	qsort(t->rules, t->rule_count, sizeof(*t->rules), by_weight);
	fprintf(out, "%-40s %-7s %8s\n", "RULE", "ACTION", "OBJECTS");
	for (size_t i = 0; i < t->rule_count; i++) {
		const struct totals_rule *r = &t->rules[i];
		fprintf(out, "%-40s %s%-7s%s %8zu\n", r->rule, color(color_it, hues[r->action]),
			r->change ? "change" : action_name(r->action), color(color_it, COLOR_OFF), r->objects);
	}
	fputc('\n', out);
}

void totals_print(const struct totals *t, bool color, FILE *out)
{
	if (t->namespace_count == 0)
		return;
	print_namespaces(t, color, out);
	if (t->rule_count > 0)
		print_rules(t, color, out);
}
