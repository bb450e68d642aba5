#include "command/review.h"

#include "admission/entry.h"
#include "command/options.h"
#include "facts/unknown.h"

#include <stdio.h>

/* Objects of which one line tells: the first, and how many there are. */
struct mention {
	const struct review_file *file;
	const struct review_item *item;
	size_t count;
};

struct judging {
	struct review_input *input;
	struct review_world world;
	const struct review_options *options;
	struct report_writer *writer; /* NULL = none */
	struct review_outcome *outcome;
	struct option_list told; /* namespaces already reported as not opted in */
	struct mention of_operators; /* of which a Spark operator makes pods */
	struct mention of_others;    /* of which pods are made by who knows whom */
};

/* ---- messages ---- */

static bool told_already(struct judging *j, const char *ns)
{
	for (size_t i = 0; i < j->told.count; i++)
		if (strcmp(j->told.items[i], ns) == 0)
			return true;
	option_list_add(&j->told, ns);
	return false;
}

static unsigned line_of(const struct review_file *file, const struct review_item *item)
{
	return yaml_line(&file->stream.items[item->document], item->pointer);
}

static void say_unknown_namespace(const struct judging *j, const struct review_file *file, const struct review_item *item)
{
	const struct review *r = &item->review;
	struct arena *a = j->input->arena;
	const struct facts_unknown unknown = {r->namespace, facts_names_namespace(item->object) || j->input->namespace_named,
					      j->input->facts_file, j->input->facts};

	fprintf(stderr, "sparkgate review: %s: line %u: %s '%s': %s\n", file->path, line_of(file, item), report_tame(a, r->kind).ptr,
		report_tame(a, r->name).ptr, report_tame(a, facts_unknown_text(a, &unknown)).ptr);
}

static void say_not_opted_in(struct judging *j, const char *name, const struct namespace *ns)
{
	if (!told_already(j, name))
		fprintf(stderr, "sparkgate review: namespace '%s' has not opted in (%s): its objects stay as they are\n",
			report_tame(j->input->arena, name).ptr, namespace_not_opted_in(ns));
}

/* Who has nothing to do with Spark is not bothered, but whoever has tried. */
static bool is_to_hear_of_opting_in(const struct review_item *item, const struct decision *d)
{
	bool is_namespace = review_subject_kind(&item->review) == SUBJECT_NAMESPACE;

	return d->ns.mode == MODE_NONE && (d->role != ROLE_NONE || (is_namespace && d->ns.mode_is_annotation));
}

/* Else "none of Spark Connect" would sound as if they had been looked at. */
static void say_mention(const struct judging *j, const struct mention *m, const char *why)
{
	struct arena *a = j->input->arena;

	if (m->count == 0)
		return;
	const struct review *r = &m->item->review;
	fprintf(stderr, "sparkgate review: %s: line %u: %s '%s'%s%s\n", m->file->path, line_of(m->file, m->item),
		report_tame(a, r->kind).ptr, report_tame(a, r->name).ptr,
		m->count > 1 ? arena_printf(a, " (and %zu more)", m->count - 1) : "", why);
}

static void say_mentions(const struct judging *j)
{
	say_mention(j, &j->of_operators, ": not judged, it is for a Spark operator: the pods are, when the operator creates them");
	say_mention(j, &j->of_others, ": not judged, sparkgate is not asked about this kind of its apiVersion: its pods are judged when they are created");
}

static void say_failed(const struct judging *j, const struct review_file *file, const struct review_item *item,
		       const struct err *err)
{
	fprintf(stderr, "sparkgate review: %s: line %u: %s\n", file->path, line_of(file, item),
		report_tame(j->input->arena, err->text).ptr);
}

/* In a pipe a person sees nothing else of it. The message contains names from the object. */
static void say_refused(const struct judging *j, const struct review_file *file, const struct review_item *item,
			const char *message)
{
	struct slice text = report_tame(j->input->arena, message);

	fprintf(stderr, "sparkgate review: %s: line %u: refused: %.*s\n", file->path, line_of(file, item), (int)text.len,
		text.ptr);
}

/* ---- judging ---- */

static void not_judged(struct judging *j)
{
	j->outcome->failed = true;
	if (j->writer)
		report_writer_not_judged(j->writer);
}

bool review_is_of_an_operator(const struct review *r)
{
	return strcmp(r->group, "spark.apache.org") == 0 || strcmp(r->group, "sparkoperator.k8s.io") == 0;
}

/* Rollout, CloneSet, or a `deployment` that no API server takes: of kinds that are not ours, those with a pod's containers. */
static bool has_pod_template(const struct review *r)
{
	const struct json *template = json_get(json_get(r->object, "spec"), "template");

	return review_subject_kind(r) == SUBJECT_OTHER &&
	       json_type(json_get(json_get(template, "spec"), "containers")) == JSON_ARRAY;
}

static void mention(struct mention *m, const struct review_file *file, const struct review_item *item)
{
	if (m->count++ > 0)
		return;
	m->file = file;
	m->item = item;
}

static void mention_not_judged(struct judging *j, const struct review_file *file, const struct review_item *item)
{
	if (review_is_of_an_operator(&item->review))
		mention(&j->of_operators, file, item);
	else if (has_pod_template(&item->review))
		mention(&j->of_others, file, item);
}

static void judge_item(struct judging *j, const struct review_file *file, struct review_item *item)
{
	struct arena *a = j->input->arena;
	struct simulation *s = ARENA_NEW(a, struct simulation);
	struct err err = {""};
	struct facts facts;

	mention_not_judged(j, file, item);
	if (review_world_find_facts(&j->world, &item->review, &facts, &err) < 0 ||
	    simulate(&item->review, &facts, j->options->policy, a, s, &err) < 0 ||
	    simulate_manifest(a, s, item->object, &item->result, &err) < 0) {
		say_failed(j, file, item, &err);
		not_judged(j);
		return;
	}
	if (s->validate.role != ROLE_NONE && facts.namespace_state == NAMESPACE_UNKNOWN) {
		say_unknown_namespace(j, file, item);
		not_judged(j);
		return;
	}
	if (is_to_hear_of_opting_in(item, &s->validate))
		say_not_opted_in(j, item->review.namespace, &s->validate.ns);
	j->outcome->refused |= !s->allowed;
	if (!s->allowed && j->options->tells_refusals)
		say_refused(j, file, item, s->message);
	const struct report_object object = {.file = file->path,
					     .document = item->number,
					     .yaml = &file->stream.items[item->document],
					     .pointer = item->pointer,
					     .review = &item->review,
					     .namespace = item->namespace,
					     .simulation = s,
					     .original = item->object,
					     .result = item->result};
	if (j->writer)
		report_writer_object(j->writer, &object, a);
}

void review_judge(struct review_input *input, const struct review_options *options, struct report_writer *writer,
		  struct review_outcome *ret)
{
	struct judging j = {
		.input = input, .options = options, .writer = writer, .outcome = ret, .told = {.arena = input->arena}};

	for (size_t i = 0; i < input->unread; i++)
		not_judged(&j);
	review_world_open(&j.world, input, options->policy, options->now, options->as_enforce);
	for (size_t i = 0; i < input->count; i++)
		for (size_t k = 0; k < input->files[i].count; k++)
			judge_item(&j, &input->files[i], &input->files[i].items[k]);
	review_world_close(&j.world);
	say_mentions(&j);
}
