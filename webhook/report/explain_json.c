/* One object: docs/explain.schema.json. All keys are always there, null where nothing is. */
#include "base/field_path.h"
#include "base/json_write.h"
#include "report/explain.h"

static const char *path_of(const struct report *report, const char *pointer)
{
	return pointer ? field_path(report->arena, pointer) : NULL;
}

/* ---- what it is ---- */

static void write_object(const struct report *report, const struct report_object *o, const struct explanation *e,
			 struct json_writer *w)
{
	const struct review *r = e->review;

	json_write_key(w, SLICE_LIT("object"));
	if (!r) {
		json_write_null(w);
		return;
	}
	json_write_open(w, '{');
	json_write_member(w, "apiVersion", *r->group ? arena_join(report->arena, r->group, "/", r->version) : r->version);
	json_write_member(w, "kind", r->kind);
	json_write_member(w, "namespace", o ? o->namespace : NULL);
	json_write_member_nonempty(w, "name", r->name);
	json_write_member(w, "file", o ? o->file : NULL);
	json_write_member_nonzero(w, "line", o && o->file && o->yaml ? report_line(report, o, &(struct place){.pointer = ""}) : 0);
	json_write_close(w, '}');
}

static void write_verdict(const struct explanation *e, struct json_writer *w)
{
	const char *mode = e->verdict >= EXPLAIN_ALLOWED ? mode_name(e->decision->ns.mode) : NULL;

	json_write_member_open(w, "verdict", '{');
	json_write_member(w, "word", explain_verdict_name(e->verdict));
	json_write_member(w, "mode", mode);
	json_write_member(w, "why", e->why);
	json_write_member_bool(w, "allowed", e->simulation->allowed);
	json_write_member_bool(w, "enforceAllows", e->simulation->verdict);
	json_write_member(w, "message", e->simulation->message);
	json_write_close(w, '}');
}

static void write_selection(const struct report *report, const struct explanation *e, struct json_writer *w)
{
	json_write_member_open(w, "selection", '{');
	json_write_member(w, "role", role_name(e->match.role));
	json_write_member_nonempty(w, "reason", e->match.reason);
	json_write_member_bool(w, "labelsOnly", e->match.label_only);
	json_write_member_open(w, "signs", '[');
	for (size_t i = 0; i < e->near.sign_count; i++) {
		json_write_open(w, '{');
		json_write_member(w, "text", e->near.signs[i].text);
		json_write_member(w, "container", e->near.signs[i].container);
		json_write_member(w, "field", path_of(report, e->near.signs[i].pointer));
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
	json_write_member_open(w, "nearMisses", '[');
	for (size_t i = 0; i < e->near.miss_count; i++) {
		const struct near_miss *m = &e->near.misses[i];
		json_write_open(w, '{');
		json_write_member(w, "role", role_name(m->role));
		json_write_member(w, "kind", near_kind_name(m->kind));
		json_write_member(w, "where", m->where);
		json_write_member(w, "found", m->found);
		json_write_member(w, "wanted", m->wanted);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
	json_write_close(w, '}');
}

static void write_namespace(const struct explanation *e, struct json_writer *w)
{
	json_write_member_open(w, "namespace", '[');
	for (size_t i = 0; i < e->fact_count; i++) {
		json_write_open(w, '{');
		json_write_member(w, "name", e->facts[i].name);
		json_write_member(w, "value", e->facts[i].value);
		json_write_member(w, "from", e->facts[i].from);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
	json_write_member_open(w, "problems", '[');
	for (size_t i = 0; i < e->problem_count; i++) {
		json_write_open(w, '{');
		json_write_member(w, "key", e->problems[i].key);
		json_write_member(w, "rule", e->problems[i].rule);
		json_write_member(w, "message", e->problems[i].message);
		json_write_member_bool(w, "refuses", e->problems[i].refuses);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
}

/* ---- settings ---- */

static void write_place(const struct report *report, const struct place_value *v, struct json_writer *w)
{
	json_write_open(w, '{');
	json_write_member(w, "value", v->shown);
	json_write_member(w, "carrier", v->carrier);
	json_write_member(w, "how", v->how);
	json_write_member(w, "field", path_of(report, v->place.pointer));
	json_write_member(w, "configMap", v->config_map);
	json_write_member(w, "dataKey", v->data_key);
	json_write_member_nonzero(w, "line", v->place.line);
	json_write_member_bool(w, "literal", v->literal);
	json_write_member_bool(w, "read", v->read);
	json_write_member_bool(w, "wins", v->wins);
	json_write_member_bool(w, "uncertain", v->wins && spark_places_uncertain(v));
	json_write_close(w, '}');
}

static void write_settings(const struct report *report, const struct explanation *e, struct json_writer *w)
{
	json_write_member_open(w, "settings", '[');
	for (size_t i = 0; i < e->setting_count; i++) {
		const struct explain_setting *s = &e->settings[i];
		json_write_open(w, '{');
		json_write_member(w, "key", s->key);
		json_write_member(w, "container", s->server);
		json_write_member_open(w, "places", '[');
		for (size_t k = 0; k < s->count; k++)
			write_place(report, &s->places[k], w);
		json_write_close(w, ']');
		json_write_key(w, SLICE_LIT("after"));
		if (s->after)
			write_place(report, s->after, w);
		else
			json_write_null(w);
		json_write_member_bool(w, "changed", s->changed);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
	json_write_member(w, "notSeen", e->before.unseen);
}

/* ---- rules and ways ---- */

static void write_rule(const struct report *report, const struct explain_rule *r, struct json_writer *w)
{
	const struct place *place = &r->place;

	json_write_open(w, '{');
	json_write_member(w, "rule", r->rule);
	json_write_member(w, "kind", r->change ? "change" : "finding");
	json_write_member(w, "action", r->change ? NULL : action_name(r->action));
	json_write_member(w, "inForce", r->change ? NULL : action_name(r->in_force));
	json_write_member(w, "effect", r->effect);
	json_write_member(w, "message", r->finding ? r->finding->message : NULL);
	json_write_member(w, "from", r->change ? r->change->from : NULL);
	json_write_member(w, "to", r->change ? r->change->to : NULL);
	json_write_member(w, "why", r->why);
	json_write_member(w, "versions", r->versions);
	json_write_member(w, "container", place->container);
	json_write_member(w, "key", place->key);
	json_write_member(w, "field", path_of(report, place->pointer));
	json_write_close(w, '}');
}

static void write_ways(const struct explanation *e, struct json_writer *w)
{
	json_write_member(w, "wayOut", e->decision->way_out);
	json_write_member_open(w, "ways", '[');
	for (size_t i = 0; i < e->way_count; i++) {
		json_write_open(w, '{');
		json_write_member(w, "with", e->ways[i].what);
		json_write_member(w, "verdict", explain_verdict_name(e->ways[i].verdict));
		json_write_member(w, "outcome", e->ways[i].outcome);
		json_write_member(w, "command", e->ways[i].command);
		json_write_member(w, "exemption", e->ways[i].exemption);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
}

/* ---- then ---- */

static void write_notes(const struct past *past, struct json_writer *w)
{
	json_write_member_open(w, "annotations", '[');
	for (size_t i = 0; i < past->note_count; i++) {
		json_write_open(w, '{');
		json_write_member_nonempty(w, "entry", past->notes[i].entry);
		json_write_member(w, "name", past->notes[i].name);
		json_write_member(w, "value", past->notes[i].value);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
	json_write_member_open(w, "notReached", '[');
	for (size_t i = 0; i < past->failed_count; i++)
		json_write_string(w, slice_of(past->failed_open[i]));
	json_write_close(w, ']');
}

static void write_past(const struct past *past, struct json_writer *w)
{
	json_write_key(w, SLICE_LIT("then"));
	if (!past) {
		json_write_null(w);
		return;
	}
	json_write_open(w, '{');
	json_write_member(w, "id", past->id);
	json_write_member(w, "time", past->time);
	json_write_member(w, "verb", past->verb);
	json_write_member(w, "user", past->user);
	json_write_member(w, "kind", past->kind);
	json_write_member_nonempty(w, "namespace", past->namespace);
	json_write_member_nonempty(w, "name", past->name);
	json_write_member_nonzero(w, "code", past->code > 0 && past->code < 1000 ? (unsigned)past->code : 0);
	json_write_member_bool(w, "refused", past->refused);
	json_write_member_bool(w, "bySparkgate", past->by_us);
	json_write_member(w, "message", past->message);
	json_write_member(w, "policy", past_note(past, "policy"));
	write_notes(past, w);
	json_write_close(w, '}');
}

void report_explain_json(const struct report *report, const struct report_object *object, const struct explanation *e,
			 struct buf *out)
{
	struct json_writer w = json_writer(out);

	json_write_open(&w, '{');
	json_write_member(&w, "schema", "sparkgate.io/explain/v1");
	json_write_member(&w, "policy", report->policy);
	write_past(e->past, &w);
	write_object(report, object, e, &w);
	json_write_key(&w, SLICE_LIT("now"));
	if (!e->review) {
		json_write_null(&w);
	} else {
		json_write_open(&w, '{');
		write_verdict(e, &w);
		write_selection(report, e, &w);
		write_namespace(e, &w);
		write_settings(report, e, &w);
		json_write_member_open(&w, "rules", '[');
		for (size_t i = 0; i < e->rule_count; i++)
			write_rule(report, &e->rules[i], &w);
		json_write_close(&w, ']');
		write_ways(e, &w);
		json_write_close(&w, '}');
	}
	json_write_close(&w, '}');
	buf_addc(out, '\n');
}
