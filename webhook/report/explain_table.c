/*
 * For people:
 *
 *	Pod team-a/connect: refused (enforce)                             pod.yaml:1
 *	  what refuses it: pss.hostNamespaces
 *
 *	Selection
 *	  connect-server: container connect: start-connect-server.sh
 *	  ...
 */
#include "base/color.h"
#include "base/field_path.h"
#include "base/wrap.h"
#include "report/explain.h"

#include "admission/subject.h"

#define INDENT 4

struct printing {
	const struct report *report;
	const struct report_object *object; /* NULL = the log holds none */
	const struct explanation *e;
	struct arena *a;
	struct buf *out;
};

static const char *hue(const struct printing *p, enum color which)
{
	return color(p->report->color, which);
}

/* ---- text ---- */

static void line(const struct printing *p, size_t column, const char *text)
{
	wrap_add_in(p->out, report_tame(p->a, text), report_columns(p->report), column, 0);
}

static void heading(const struct printing *p, const char *title)
{
	buf_printf(p->out, "\n%s%s%s\n", hue(p, COLOR_BOLD), title, hue(p, COLOR_OFF));
}

/* "  label     text", text from column on. */
static void labelled(const struct printing *p, enum color which, const char *label, size_t column, const char *text)
{
	buf_printf(p->out, "  %s%s%s", hue(p, which), label, hue(p, COLOR_OFF));
	wrap_add_in(p->out, report_tame(p->a, text), report_columns(p->report), column, 2 + wrap_width(slice_of(label)));
}

/* ---- where something stands ---- */

/* The line in the file; 0 where the object is not YAML. */
static unsigned file_line(const struct printing *p, const struct place *place)
{
	const struct report_object *o = p->object;

	return o && o->yaml && o->yaml->node && place->pointer ? report_line(p->report, o, place) : 0;
}

static const char *where(const struct printing *p, const struct place *place)
{
	const char *field = place->pointer ? field_path(p->a, place->pointer) : "";
	unsigned number = file_line(p, place);

	return number ? arena_printf(p->a, "%s, line %u", field, number) : field;
}

/* Where its author finds a line of a text; what sparkgate wrote has no number. */
static const char *line_of_text(const struct printing *p, const char *text, unsigned line)
{
	return line ? arena_printf(p->a, "%s line %u", text, line) : arena_join(p->a, "sparkgate's own lines of ", text);
}

static const char *place_text(const struct printing *p, const struct place_value *v)
{
	if (v->config_map)
		return arena_printf(p->a, "ConfigMap '%s'%s, %s%s", v->config_map,
				    texts_has(&p->e->rewritten, slice_of(v->config_map)) ? " as rewritten" : "",
				    line_of_text(p, v->data_key ? v->data_key : "key", v->place.line),
				    v->source == SOURCE_PROPERTIES_FILE ? ", by --properties-file" : "");
	if (strcmp(v->carrier, "properties") == 0)
		return line_of_text(p, v->how, v->place.line);
	if (strcmp(v->carrier, "image") == 0)
		return arena_printf(p->a, "%s, which the image's entrypoint adds", v->how);
	return arena_printf(p->a, "%s, %s%s", v->how, where(p, &v->place), strcmp(v->carrier, "shell") == 0 ? " (shell)" : "");
}

/* ---- verdict ---- */

static const char *title(const struct printing *p)
{
	const struct review *r = p->e->review;
	bool cluster = p->object && !p->object->namespace;
	const char *text = arena_printf(p->a, "%s %s%s%s", r->kind, cluster ? "" : r->namespace, cluster || !*r->namespace ? "" : "/",
					*r->name ? r->name : "(no name)");

	return report_tame(p->a, text).ptr;
}

static void print_verdict(const struct printing *p)
{
	static const enum color hues[] = {[EXPLAIN_NOT_OURS] = COLOR_DIM, [EXPLAIN_UNKNOWN] = COLOR_YELLOW, [EXPLAIN_ALLOWED] = COLOR_GREEN,
					  [EXPLAIN_CHANGED] = COLOR_CYAN, [EXPLAIN_REFUSED] = COLOR_RED};
	static const char *const words[] = {"none of sparkgate's business", "not known", "allowed", "changed", "refused"};
	enum explain_verdict v = p->e->verdict;
	const char *mode = v >= EXPLAIN_ALLOWED ? mode_name(p->e->decision->ns.mode) : NULL;

	buf_printf(p->out, "%s%s%s: ", hue(p, COLOR_BOLD), title(p), hue(p, COLOR_OFF));
	if (p->e->decision->role != ROLE_NONE && kind_is_controller(p->e->review->kind))
		buf_adds(p->out, "its pods are ");
	buf_printf(p->out, "%s%s%s", hue(p, hues[v]), words[v], hue(p, COLOR_OFF));
	buf_printf(p->out, "%s%s%s\n", mode ? " (" : "", mode ? mode : "", mode ? ")" : "");
	line(p, 2, p->e->why);
}

/* ---- selection ---- */

static const char *miss_text(const struct printing *p, const struct near_miss *m)
{
	switch (m->kind) {
	case NEAR_BEATEN:
		return arena_printf(p->a, "%s is %s, but %s", m->where, m->found, m->wanted);
	case NEAR_LABEL_MISSING:
		return arena_printf(p->a, "%s is not there, wanted '%s'", m->where, m->wanted);
	case NEAR_WORD_ENV:
		return arena_printf(p->a, "%s holds '%s', which counts only in command and args", m->where, m->found);
	default:
		break;
	}
	return arena_printf(p->a, "%s is %s%s%s, wanted '%s'", m->where, m->found ? "'" : "not there", m->found ? m->found : "",
			    m->found ? "'" : "", m->wanted);
}

static void print_misses(const struct printing *p)
{
	const struct role_near *near = &p->e->near;

	if (near->miss_count > 0)
		line(p, 2, p->e->match.role == ROLE_NONE ? "It would have had a role, but:" : "It has no other role, since:");
	for (size_t i = 0; i < near->miss_count; i++) {
		const char *role = role_name(near->misses[i].role);
		line(p, INDENT, arena_join(p->a, role, ": ", miss_text(p, &near->misses[i])));
	}
	if (near->more)
		line(p, INDENT, "... and more of the kind");
}

static void print_selection(const struct printing *p)
{
	const char *role = role_name(p->e->match.role);

	if (strcmp(p->e->review->kind, "Namespace") == 0 || (!role && p->e->near.miss_count == 0))
		return;
	heading(p, "Selection");
	line(p, 2, role ? arena_join(p->a, role, ", by ", p->e->match.reason) : "no role");
	for (size_t i = 0; i < p->e->near.sign_count; i++) {
		const struct role_sign *s = &p->e->near.signs[i];
		struct place place = {.pointer = s->pointer};
		line(p, INDENT, arena_printf(p->a, "%s (%s)", s->text, where(p, &place)));
	}
	if (p->e->match.label_only)
		line(p, INDENT, "by its labels alone: nothing in it could start a Connect server, so backend rules only warn");
	print_misses(p);
}

/* ---- facts ---- */

static void print_facts(const struct printing *p)
{
	if (p->e->fact_count == 0)
		return;
	heading(p, "Namespace");
	for (size_t i = 0; i < p->e->fact_count; i++) {
		const struct explain_fact *f = &p->e->facts[i];
		const char *value = f->value ? f->value : "none";
		labelled(p, COLOR_OFF, f->name, 16, arena_printf(p->a, "%s (%s)", value, f->from));
	}
	for (size_t i = 0; i < p->e->problem_count; i++)
		labelled(p, p->e->problems[i].refuses ? COLOR_RED : COLOR_YELLOW, "problem", 16, p->e->problems[i].message);
}

/* ---- settings ---- */

static void print_value(const struct printing *p, enum color which, const char *label, const struct place_value *v)
{
	labelled(p, which, arena_join(p->a, "  ", label), 13,
		 arena_printf(p->a, "%s (%s)%s", v->shown, place_text(p, v),
			      v->wins && spark_places_uncertain(v) ? ", unless an expansion after it sets another" : ""));
}

static void print_setting(const struct printing *p, const struct explain_setting *s)
{
	line(p, 2, s->key);
	for (size_t i = 0; i < s->count; i++) {
		const struct place_value *v = &s->places[i];
		print_value(p, v->wins ? COLOR_GREEN : COLOR_DIM, v->wins ? "wins" : v->read ? "loses" : "unread", v);
	}
	if (!s->changed)
		return;
	/* Where it will be is not a place in the file. */
	if (s->after)
		labelled(p, COLOR_CYAN, "  after", 13, arena_printf(p->a, "%s (%s)", s->after->shown, s->after->how));
	else
		labelled(p, COLOR_CYAN, "  after", 13, "set nowhere");
}

static bool new_server(const struct explain_setting *s, const struct explain_setting *last)
{
	return s->server && (!last || !last->server || strcmp(s->server, last->server) != 0);
}

static void print_settings(const struct printing *p)
{
	const struct explanation *e = p->e;

	if (e->setting_count > 0)
		heading(p, "Settings");
	for (size_t i = 0; i < e->setting_count; i++) {
		if (new_server(&e->settings[i], i ? &e->settings[i - 1] : NULL))
			line(p, 2, arena_join(p->a, "of container ", e->settings[i].server, ":"));
		print_setting(p, &e->settings[i]);
	}
	if (e->before.unseen)
		line(p, 2, arena_join(p->a, "not seen: ", e->before.unseen));
}

/* ---- rules ---- */

/* The command line lacks it; a file may set it all the same. */
static const char *absent(const struct printing *p, const struct change *c)
{
	const struct explanation *e = p->e;

	for (size_t i = 0; c->place.key && i < e->setting_count; i++)
		if (strcmp(e->settings[i].key, c->place.key) == 0 && e->settings[i].count > 0 && e->settings[i].server)
			return "(absent on the command line)";
	return "(absent)";
}

static const char *change_text(const struct printing *p, const struct change *c)
{
	const char *what = c->place.key ? c->place.key : c->place.pointer ? field_path(p->a, c->place.pointer) : "";

	return arena_printf(p->a, "%s: %s -> %s", what, c->from ? c->from : absent(p, c), c->to ? c->to : "(removed)");
}

static const char *rule_head(const struct printing *p, const struct explain_rule *r)
{
	const struct place *place = &r->place;
	unsigned number = file_line(p, place);

	const char *at = number ? arena_printf(p->a, ", line %u", number) : "";
	bool plain = r->change && strcmp(r->effect, "changed") == 0; /* the label says so already */

	return plain ? arena_join(p->a, r->rule, at) : arena_join(p->a, r->rule, at, ": ", r->effect);
}

static void print_rule(const struct printing *p, size_t i)
{
	static const enum color hues[] = {
		[ACTION_DENY] = COLOR_RED, [ACTION_WARN] = COLOR_YELLOW, [ACTION_AUDIT] = COLOR_DIM, [ACTION_OFF] = COLOR_CYAN};
	const struct explain_rule *r = &p->e->rules[i];

	labelled(p, r->change ? COLOR_CYAN : hues[r->in_force], r->change ? "change" : action_name(r->in_force), 9, rule_head(p, r));
	report_table_advice(p->report, r->change ? change_text(p, r->change) : r->finding->message, 9, p->out);
	if (!r->why || r->again)
		return;
	bool all = strcmp(r->versions, "all") == 0;
	line(p, 9, arena_join(p->a, "why: ", r->why, all ? "" : " [", all ? "" : r->versions, all ? "" : "]"));
}

static void print_rules(const struct printing *p)
{
	if (p->e->rule_count > 0)
		heading(p, "Rules");
	for (size_t i = 0; i < p->e->rule_count; i++)
		print_rule(p, i);
}

/* ---- what would change it ---- */

/* A command will be copied: it is not broken. */
static void print_command(const struct printing *p, const char *command)
{
	buf_printf(p->out, "      %s%s%s\n", hue(p, COLOR_CYAN), report_tame(p->a, command).ptr, hue(p, COLOR_OFF));
}

static void print_ways(const struct printing *p)
{
	const struct explanation *e = p->e;
	const char *way_out = e->decision->way_out;

	if (e->way_count == 0 && !way_out)
		return;
	heading(p, "What would change it");
	if (way_out)
		report_table_advice(p->report, arena_join(p->a, "in the object: ", way_out), 2, p->out);
	for (size_t i = 0; i < e->way_count; i++) {
		line(p, 2, arena_join(p->a, e->ways[i].exemption ? "" : "with ", e->ways[i].what, ": ", e->ways[i].outcome));
		if (e->ways[i].command)
			print_command(p, e->ways[i].command);
	}
}

/* ---- then ---- */

static void print_notes(const struct printing *p, const struct past *past)
{
	for (size_t i = 0; i < past->note_count; i++) {
		const struct past_note *n = &past->notes[i];
		const char *key = arena_join(p->a, n->entry, *n->entry ? "/" : "", n->name);
		line(p, 2, arena_join(p->a, report_tame(p->a, key).ptr, ":"));
		line(p, INDENT, n->value);
	}
	if (past->more)
		line(p, 2, "... and more annotations");
	for (size_t i = 0; i < past->failed_count; i++)
		labelled(p, COLOR_RED, "not reached", 16, arena_join(p->a, past->failed_open[i], ": the API server went on without it"));
}

static void print_then(const struct printing *p)
{
	const struct past *past = p->e->past;
	const char *policy = past_note(past, "policy");
	const char *verdict = !past->refused ? "allowed" : past->by_us ? "refused by sparkgate" : "refused, not by sparkgate";

	buf_printf(p->out, "%sThen%s\n", hue(p, COLOR_BOLD), hue(p, COLOR_OFF));
	line(p, 2, arena_printf(p->a, "%s %s/%s: %s", past->kind, past->namespace, *past->name ? past->name : "(no name)", verdict));
	line(p, 2, arena_printf(p->a, "%s%s%s%s%s", past->verb, past->user ? " by " : "", past->user ? past->user : "",
				past->time ? " at " : "", past->time ? past->time : ""));
	line(p, 2, arena_join(p->a, "id ", past->id));
	if (past->message)
		line(p, 2, past->message);
	print_notes(p, past);
	if (past->note_count == 0)
		line(p, 2, "no annotation of sparkgate's: it was not asked, had nothing to say, or could not be reached");
	if (policy && strcmp(policy, p->report->policy) != 0)
		line(p, 2, arena_join(p->a, "by policy ", policy, "; what follows is by policy ", p->report->policy));
	buf_printf(p->out, "\n%sNow%s\n", hue(p, COLOR_BOLD), hue(p, COLOR_OFF));
	if (!p->e->review)
		line(p, 2, "the log holds no object (audit level Metadata): give --kubeconfig FILE to judge the one that is there");
}

void report_explain_table(const struct report *report, const struct report_object *object, const struct explanation *e,
			  struct buf *out)
{
	const struct printing p = {report, object, e, report->arena, out};

	if (e->past)
		print_then(&p);
	if (!e->review)
		return;
	print_verdict(&p);
	print_selection(&p);
	print_facts(&p);
	print_settings(&p);
	print_rules(&p);
	print_ways(&p);
}
