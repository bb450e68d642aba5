#include "audit/audit.h"

#include "admission/entry.h"
#include "audit/hygiene.h"
#include "facts/unknown.h"

/* The namespace under way. */
struct walk {
	const struct audit *audit;
	struct arena space;  /* lives as long as the namespace */
	struct arena object; /* as long as one object */
	struct audit_namespace ns;
	struct namespace parsed;
	struct hygiene hygiene;
	size_t namespaces, objects; /* done so far */
};

/* ---- one object ---- */

/* Nobody can say what enforce would do in a namespace that is not known. */
static const struct json *namespace_judged(const struct audit *audit, struct arena *a, const struct json *object)
{
	return object && audit->as_enforce ? simulate_as_enforce(a, object) : object;
}

static int find_facts(struct walk *w, const struct review *review, struct facts *ret, struct err *err)
{
	const struct audit *audit = w->audit;
	struct needs needs;

	simulate_needs(review, audit->policy, &w->object, &needs);
	*ret = (struct facts){.now = audit->now};
	if (audit->source->class->fetch(audit->source, &w->ns, &needs, err) < 0)
		return -1;
	facts_index_fill(w->ns.facts, &needs, audit->source->absent, ret);
	ret->namespace = namespace_judged(audit, &w->object, ret->namespace);
	return 0;
}

/* A pod that runs, as it is: is it where it belongs? */
static const struct decision *as_it_is(struct walk *w, const struct audit_object *object, const struct review *review,
				       const struct facts *facts)
{
	struct engine_request request = {ENDPOINT_VALIDATE, review};

	if (!object->live || review_subject_kind(review) != SUBJECT_POD)
		return NULL;
	struct decision *decision = ARENA_NEW(&w->object, struct decision);
	engine_decide(&request, facts, w->audit->policy, &w->object, decision);
	return decision;
}

static bool has_something_to_say(const struct report_object *o)
{
	return report_concerns(o) || o->simulation->findings.count > 0;
}

static int emit(struct walk *w, const struct audit_line *line, struct err *err)
{
	return w->audit->emit(w->audit->closure, line, &w->object, err);
}

static const char *unknown_text(struct walk *w, const struct audit_object *object)
{
	const struct facts_unknown unknown = {.namespace = w->ns.name,
					      .named = facts_names_namespace(object->object) || w->audit->source->namespace_named,
					      .file = w->audit->source->facts_file,
					      .index = w->ns.facts};

	return facts_unknown_text(&w->object, &unknown);
}

static int judge(struct walk *w, const struct audit_object *object, struct simulation *s, struct audit_line *line,
		 struct err *err)
{
	struct review *review = ARENA_NEW(&w->object, struct review);
	const struct json *result;
	struct facts facts;

	simulate_create(&w->object, object->object, w->ns.name, review);
	if (!object->live)
		review->object = simulate_defaulted(&w->object, object->object, review->kind);
	if (find_facts(w, review, &facts, err) < 0 ||
	    simulate(review, &facts, w->audit->policy, &w->object, s, err) < 0 ||
	    simulate_manifest(&w->object, s, object->object, &result, err) < 0)
		return err_wrap(err, "%s %s/%s", review->kind, w->ns.name, review->name);
	if (s->validate.role != ROLE_NONE && facts.namespace_state == NAMESPACE_UNKNOWN)
		return err_set(err, "%s '%s': %s", review->kind, review->name, unknown_text(w, object));
	const struct hygiene_seen seen = {object, review, s, as_it_is(w, object, review, &facts), &facts};
	hygiene_object(&w->hygiene, &w->object, &seen, &s->findings);
	*line = (struct audit_line){.report = {.file = object->file,
					       .document = object->document,
					       .yaml = object->yaml,
					       .pointer = object->pointer,
					       .review = review,
					       .namespace = w->ns.name,
					       .group = w->ns.name,
					       .simulation = s,
					       .original = object->object,
					       .result = result},
				    .object = object,
				    .ns = &w->ns,
				    .parsed = &w->parsed};
	return 0;
}

static void tell_progress(const struct walk *w)
{
	if (w->audit->progress)
		w->audit->progress(w->audit->closure, w->namespaces, w->objects);
}

static int visit_object(struct walk *w, const struct audit_object *object, struct err *err)
{
	struct simulation *s = ARENA_NEW(&w->object, struct simulation);
	struct audit_line line;
	struct err failed = {""};
	int rc = 0;

	w->objects++;
	if (judge(w, object, s, &line, &failed) < 0)
		w->audit->failed(w->audit->closure, &failed);
	else if (has_something_to_say(&line.report))
		rc = emit(w, &line, err);
	arena_reset(&w->object);
	tell_progress(w);
	return rc;
}

/* ---- a namespace ---- */

/* Whatever --as says. */
static bool has_opted_in(const struct walk *w)
{
	return json_get(json_get(json_get(w->ns.object, "metadata"), "labels"), "sparkgate.io/mode") != NULL;
}

static void begin_namespace(struct walk *w)
{
	const struct json *object = namespace_judged(w->audit, &w->space, w->ns.object);

	w->parsed = (struct namespace){.name = w->ns.name, .mode = MODE_NONE};
	if (object)
		namespace_parse(w->audit->policy, &w->space, object, &w->parsed);
	hygiene_begin(&w->hygiene, w->audit->policy, &w->ns, &w->parsed, has_opted_in(w), &w->space);
}

static int judge_namespace(struct walk *w, struct audit_line *line, struct err *err)
{
	const struct audit_object object = {.object = w->ns.object,
					    .kind = "Namespace",
					    .live = true,
					    .file = w->ns.file,
					    .document = w->ns.document,
					    .yaml = w->ns.yaml,
					    .pointer = w->ns.pointer};

	struct simulation *s = ARENA_NEW(&w->object, struct simulation);

	if (judge(w, &object, s, line, err) < 0)
		return -1;
	hygiene_namespace(&w->hygiene, &w->object, &s->findings);
	line->object = NULL;
	line->report.namespace = NULL;
	return 0;
}

static int end_namespace(struct walk *w, struct err *err)
{
	struct audit_line line;
	struct err failed = {""};
	int rc = 0;

	if (!w->ns.object)
		return 0;
	w->objects++;
	if (judge_namespace(w, &line, &failed) < 0)
		w->audit->failed(w->audit->closure, &failed);
	else if (has_something_to_say(&line.report))
		rc = emit(w, &line, err);
	arena_reset(&w->object);
	return rc;
}

static int visit_namespace(struct walk *w, struct err *err)
{
	struct audit_object object;
	int rc;

	begin_namespace(w);
	while ((rc = audit_next_object(w->audit->source, &object, err)) > 0)
		if (visit_object(w, &object, err) < 0)
			return -1;
	return rc < 0 ? -1 : end_namespace(w, err);
}

int audit_run(const struct audit *audit, struct err *err)
{
	struct walk w = {.audit = audit};
	int rc;

	while ((rc = audit_next_namespace(audit->source, &w.ns, err)) > 0) {
		rc = visit_namespace(&w, err);
		arena_reset(&w.space);
		if (rc < 0)
			break;
		w.namespaces++;
		tell_progress(&w);
	}
	arena_release(&w.space);
	arena_release(&w.object);
	return rc;
}
