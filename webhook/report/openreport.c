/* The Report on one object. */
#include "report/openreport_write.h"

#include "admission/subject.h"
#include "base/field_path.h"

static struct openreport_subject subject_of_object(struct arena *a, const struct report_object *o)
{
	const struct review *r = o->review;
	const struct json *metadata = json_get(o->original ? o->original : r->object, "metadata");

	return (struct openreport_subject){
		.api_version = openreport_api_version(a, r),
		.kind = r->kind,
		.namespace = *r->namespace ? r->namespace : NULL,
		.name = r->name,
		/* In a manifest a uid means nothing: it may be that of another cluster. */
		.uid = o->file ? NULL : json_text(json_get(metadata, "uid"), NULL),
	};
}

/* ---- violations ---- */

static void write_violation(struct openreport_writer *w, const struct report_object *o, const struct finding *f)
{
	const struct decision *d = report_decision(o);

	openreport_result(w, &(struct openreport_result){
				     .rule = f->rule,
				     .outcome = openreport_outcome_of(f->action),
				     .severity = openreport_severity_of(f->action),
				     .message = f->message,
				     .mode = openreport_mode(d, f->rule),
				     .backend = backend_name(d->backend),
				     .place = &f->place,
			     });
}

/* Those with this action, one by one: joined ones would say "more" in a text and not in the summary. */
static void write_violations(struct openreport_writer *w, const struct report_object *o, enum action action)
{
	const struct findings *all = &o->simulation->findings;

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].action == action)
			write_violation(w, o, &all->items[i]);
}

static size_t count_violations(const struct report_object *o)
{
	const struct findings *all = &o->simulation->findings;
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		n += all->items[i].action != ACTION_OFF;
	return n;
}

/* ---- changes ---- */

/* Does admission make the change, or has it? What is in the cluster already, and would still be changed, came
 * before the namespace opted in or behind our back; a controller's pods are changed when they come. */
static bool is_made(const struct report_object *o, const char *rule)
{
	const char *mode = openreport_mode(report_decision(o), rule);

	return o->simulation->allowed && mode && strcmp(mode, "enforce") == 0 &&
	       (o->file || kind_is_controller(o->review->kind));
}

static const char *change_text(struct arena *a, const struct change *c, bool made)
{
	const char *what = c->place.key       ? c->place.key
			   : c->place.pointer ? field_path(a, c->place.pointer)
					      : c->rule;

	return arena_printf(a, "%s%s: %s -> %s", made ? "" : "would change ", what, c->from ? c->from : "(absent)",
			    c->to ? c->to : "(removed)");
}

static void write_change(struct openreport_writer *w, const struct report_object *o, const struct change *c)
{
	const struct decision *d = report_decision(o);
	bool made = is_made(o, c->rule);

	openreport_result(w, &(struct openreport_result){
				     .rule = c->rule,
				     .outcome = made ? OPENREPORT_PASS : OPENREPORT_WARN,
				     .severity = made ? "info" : "low",
				     .message = change_text(w->arena, c, made),
				     .mode = openreport_mode(d, c->rule),
				     .backend = backend_name(d->backend),
				     .place = &c->place,
				     .change = c,
			     });
}

/* ---- the whole ---- */

struct slice openreport_of(struct arena *a, const struct report *report, const struct report_object *o)
{
	const struct changes *changes = &o->simulation->changes;
	size_t total = count_violations(o) + changes->count;

	if (total == 0)
		return SLICE_LIT("");
	struct openreport_subject subject = subject_of_object(a, o);
	struct openreport_writer w = openreport_writer(a, report, total);
	openreport_head(&w, openreport_name(a, subject.kind, &subject), &subject, &subject, subject.uid ? 1 : 0);
	write_violations(&w, o, ACTION_DENY);
	write_violations(&w, o, ACTION_WARN);
	write_violations(&w, o, ACTION_AUDIT);
	for (size_t i = 0; i < changes->count; i++)
		write_change(&w, o, &changes->items[i]);
	return openreport_end(&w);
}
