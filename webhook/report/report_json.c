/* One object a line: docs/review.schema.json. */
#include "report/report.h"

#include "admission/entry.h"
#include "base/json_write.h"
#include "policy/called.h"

static void write_place(struct json_writer *w, const struct place *place)
{
	json_write_member_nonempty(w, "container", place->container);
	json_write_member_nonempty(w, "key", place->key);
	json_write_member_nonzero(w, "line", place->line);
}

static void write_identity(struct arena *a, struct json_writer *w, const struct report_object *o)
{
	const struct review *r = o->review;
	bool core = !*r->group;

	json_write_member(w, "schema", "sparkgate.io/review/v1");
	json_write_member(w, "file", o->file);
	json_write_member_nonzero(w, "document", o->document);
	json_write_member(w, "apiVersion", core ? r->version : arena_printf(a, "%s/%s", r->group, r->version));
	json_write_member(w, "kind", r->kind);
	json_write_member(w, "namespace", o->namespace);
	json_write_member_nonempty(w, "name", r->name);
	json_write_member(w, "operation", operation_name(r->operation));
}

static void write_pss(struct json_writer *w, const struct decision *d)
{
	json_write_key(w, SLICE_LIT("pss"));
	if (d->ns.mode == MODE_NONE || !d->judged) {
		json_write_null(w);
		return;
	}
	json_write_open(w, '{');
	json_write_member(w, "level", pss_level_name(d->ns.pss_level));
	json_write_member(w, "version", d->ns.pss_version);
	json_write_member(w, "mode", mode_name(d->ns.pss_mode));
	json_write_close(w, '}');
}

static void write_scope(struct arena *a, struct json_writer *w, const struct decision *d)
{
	spark_version v = d->judged ? d->version : 0;

	json_write_member(w, "role", role_name(d->role));
	json_write_member(w, "mode", d->judged ? mode_name(d->ns.mode) : NULL);
	json_write_member(w, "backend", d->judged ? backend_name(d->backend) : NULL);
	json_write_member(w, "sparkVersion", v ? spark_version_text(a, v) : NULL);
	write_pss(w, d);
}

static void write_changes(struct json_writer *w, const struct changes *changes)
{
	json_write_member_open(w, "changes", '[');
	for (size_t i = 0; i < changes->count; i++) {
		const struct change *c = &changes->items[i];
		json_write_open(w, '{');
		json_write_member(w, "rule", c->rule);
		json_write_member(w, "carrier", c->carrier);
		json_write_member(w, "pointer", c->place.pointer ? c->place.pointer : "");
		write_place(w, &c->place);
		json_write_member(w, "from", c->from);
		json_write_member(w, "to", c->to);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
}

static void write_violations(struct json_writer *w, const struct findings *violations)
{
	json_write_member_open(w, "violations", '[');
	for (size_t i = 0; i < violations->count; i++) {
		const struct finding *f = &violations->items[i];
		json_write_open(w, '{');
		json_write_member(w, "rule", f->rule);
		json_write_member(w, "action", action_name(f->action));
		json_write_member(w, "message", f->message);
		json_write_member(w, "pointer", f->place.pointer);
		write_place(w, &f->place);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
}

static void write_warnings(struct json_writer *w, const struct simulation *s)
{
	json_write_member_open(w, "warnings", '[');
	for (size_t i = 0; i < s->warning_count; i++)
		json_write_string(w, slice_of(s->warnings[i]));
	json_write_close(w, ']');
}

static void write_patch(struct json_writer *w, const char *key, const struct json_patch *patch)
{
	json_write_key(w, slice_of(key));
	json_write_raw(w, patch && patch->count ? json_patch_print(patch, "") : SLICE_LIT("[]"));
}

/* As they arrive in the API server's audit log: the entry's name comes first. */
static void write_audit(struct arena *a, struct json_writer *w, const struct decision *d)
{
	for (size_t i = 0; i < d->answer.audit_count; i++)
		json_write_member(w, arena_printf(a, "%s/%s", entry_name(d->entry), d->answer.audit[i][0]),
				  d->answer.audit[i][1]);
}

/* Sparkgate's own, as the API server's audit log has them, or as its answer had. */
static void write_recorded_annotations(struct json_writer *w, const struct json *annotations, bool plain)
{
	json_write_member_open(w, "auditAnnotations", '{');
	JSON_EACH(note, annotations) {
		struct slice rest = json_key_slice(note);
		bool ours = plain || called_is_ours(slice_cut(&rest, '/'));
		if (ours && json_text(note, NULL))
			json_write_member(w, json_key(note), json_text(note, NULL));
	}
	json_write_close(w, '}');
}

static void write_recorded_warnings(struct json_writer *w, const struct json *warnings)
{
	json_write_key(w, SLICE_LIT("warnings"));
	if (!warnings) {
		json_write_null(w);
		return;
	}
	json_write_open(w, '[');
	JSON_EACH(warning, warnings)
		if (json_text(warning, NULL))
			json_write_string(w, slice_of(json_text(warning, "")));
	json_write_close(w, ']');
}

static void write_recorded(struct json_writer *w, const struct report_recorded *r)
{
	json_write_member_open(w, "recorded", '{');
	json_write_member_nonempty(w, "auditID", r->audit_id);
	json_write_member_nonempty(w, "time", r->time);
	json_write_member_nonempty(w, "user", r->user);
	json_write_member_nonempty(w, "verb", r->verb);
	json_write_key(w, SLICE_LIT("code"));
	if (r->code)
		json_write_int(w, r->code);
	else
		json_write_null(w);
	json_write_member_bool(w, "dryRun", r->dry_run);
	json_write_member_bool(w, "refused", r->refused);
	json_write_member(w, "comparison", r->comparison);
	json_write_member_nonempty(w, "message", r->message);
	write_recorded_warnings(w, r->warnings);
	write_recorded_annotations(w, r->annotations, r->plain);
	json_write_close(w, '}');
}

void report_json_object(const struct report *report, const struct report_object *o, struct buf *out)
{
	const struct simulation *s = o->simulation;
	struct findings violations = report_violations(report, o);
	struct json_writer w = json_writer(out);

	json_write_open(&w, '{');
	write_identity(report->arena, &w, o);
	write_scope(report->arena, &w, report_decision(o));
	json_write_member(&w, "policy", report->policy);
	json_write_member_bool(&w, "allowed", s->allowed);
	json_write_member(&w, "verdict", s->verdict ? "allow" : "deny");
	json_write_member_nonempty(&w, "message", s->message);
	write_warnings(&w, s);
	write_changes(&w, &s->changes);
	write_violations(&w, &violations);
	write_patch(&w, "patch", s->patch);
	write_patch(&w, "admissionPatch", s->admission_patch);
	json_write_member_open(&w, "auditAnnotations", '{');
	write_audit(report->arena, &w, &s->mutate);
	write_audit(report->arena, &w, &s->validate);
	json_write_close(&w, '}');
	if (o->recorded)
		write_recorded(&w, o->recorded);
	json_write_close(&w, '}');
	buf_addc(out, '\n');
}
