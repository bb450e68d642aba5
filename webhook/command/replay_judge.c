#include "command/replay.h"

#include "admission/entry.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

#define COMPLAINTS_MAX 5

void replay_complain(struct replay *r, const struct replay_place *at, const char *text)
{
	progress_end(&r->progress); /* until the next tick draws it again */
	if (r->complaints++ < COMPLAINTS_MAX)
		fprintf(stderr, "sparkgate review: %s:%" PRIu64 ": %s\n", at->path, at->line, text);
	else if (r->complaints == COMPLAINTS_MAX + 1)
		fprintf(stderr, "sparkgate review: more like these are counted, not named\n");
}

/* ---- facts ---- */

static bool is_fact(const struct review *review)
{
	return strcmp(review->kind, "ConfigMap") == 0 || strcmp(review->kind, "Namespace") == 0;
}

static int find_facts(struct replay *r, const struct review *review, int64_t now, struct facts *ret, struct err *err)
{
	struct facts_cluster *cluster = r->input->cluster;
	struct needs needs;

	simulate_needs(review, r->options->review->policy, &r->event, &needs);
	*ret = (struct facts){.now = now};
	if (cluster && facts_cluster_fetch(cluster, r->input->facts, &needs, err) < 0)
		return -1;
	facts_history_fill(r->history, &r->event, &needs, cluster ? LOOKUP_MISSING : LOOKUP_UNSEEN, ret);
	r->namespace_then = ret->namespace;
	if (ret->namespace && r->options->review->as_enforce)
		ret->namespace = simulate_as_enforce(&r->event, ret->namespace);
	return 0;
}

/* The moment of the event; what has none is as of now. */
static int64_t time_of(const struct replay *r, const struct audit_event *e)
{
	int64_t time;

	return clock_parse_time(slice_of(e->recorded.time), &time) == 0 ? time : r->options->review->now;
}

/* A ConfigMap as this policy's /mutate leaves it: so pods would read it. What was rewritten then stays as it is. */
static const struct json *as_mutated(struct replay *r, const struct audit_event *e)
{
	struct review written = e->review;
	const struct json *mutated;
	struct err ignored; /* judge() has reported it */
	struct facts facts;

	written.object = e->stored;
	if (review_subject_kind(&written) != SUBJECT_CONFIG_MAP || find_facts(r, &written, time_of(r, e), &facts, &ignored) < 0 ||
	    simulate_stored(&written, &facts, r->options->review->policy, &r->event, &mutated, &ignored) < 0)
		return e->stored;
	return mutated;
}

/* After a request: what it wrote is a fact for those that follow. */
static void remember(struct replay *r, const struct audit_event *e)
{
	const struct review *review = &e->review;

	if (e->deleted)
		facts_history_remove(r->history, review->kind, review->namespace, review->name);
	if (!e->stored)
		return;
	if (!is_fact(review))
		replay_seen_put(r->seen, &r->event, review, e->stored);
	else if (*review->name && json_type(e->stored) == JSON_OBJECT)
		facts_history_put(r->history, &r->event, review->kind, review->namespace, review->name, as_mutated(r, e));
}

/* ---- which requests are judged ---- */

/* An update in which nothing that is judged changed, as far as the log tells. */
static bool passes_unchanged(struct replay *r, const struct audit_event *e)
{
	const struct review *review = &e->review;
	bool pod = review_subject_kind(review) == SUBJECT_POD;

	if (review->operation != OP_UPDATE || is_fact(review))
		return false;
	if (e->patch && !replay_patch_matters(e->patch)) {
		r->reading.idle++;
		return true;
	}
	switch (replay_seen_compare(r->seen, &r->event, review, e->stored ? e->stored : review->object)) {
	case SEEN_SAME:
		r->reading.idle++;
		return true;
	case SEEN_NEVER:
		/* Little can change in a running pod, and most updates change none of that. */
		if (!pod || *review->subresource)
			return false;
		r->reading.unknown_before++;
		return true;
	case SEEN_CHANGED:
		break;
	}
	return false;
}

static bool is_outside(const struct replay *r, int64_t time)
{
	return (r->options->since && time < r->since) || (r->options->until && time >= r->until);
}

/* ---- what was decided then ---- */

/* Does the list of recorded violations refuse, in these modes of its two halves? "deny RULE: text; warn RULE: text" */
static bool denies(const char *violations, bool enforce, bool pss_enforce)
{
	struct slice rest = slice_of(violations);

	while (rest.len > 0) {
		struct slice one = slice_cut(&rest, ';');
		(void)slice_skip(&one, SLICE_LIT(" "));
		if (slice_skip(&one, SLICE_LIT("deny ")) && (slice_starts(one, "pss.") ? pss_enforce : enforce))
			return true;
	}
	return false;
}

/* A controller is judged by its pods (admission/simulate.h): did the recorded decision foretell their refusal? The mode is
 * recorded; that of the Pod Security half is the namespace's of that moment. */
static bool foretold(struct replay *r, const struct audit_recorded *recorded)
{
	const char *violations = audit_annotation(recorded, ".validate", "violations");
	const char *mode = audit_annotation(recorded, ".validate", "mode");
	struct namespace ns = {.mode = MODE_NONE};

	if (!violations || !mode)
		return false;
	namespace_parse(r->options->review->policy, &r->event, r->namespace_then, &ns);
	return denies(violations, strcmp(mode, mode_name(MODE_ENFORCE)) == 0, ns.pss_mode == MODE_ENFORCE);
}

static enum replay_then then_of(struct replay *r, const struct audit_event *e)
{
	bool controller = review_subject_kind(&e->review) == SUBJECT_CONTROLLER;

	if (e->recorded.refused || (controller && foretold(r, &e->recorded)))
		return THEN_REFUSED;
	return e->recorded.asked ? THEN_ALLOWED : THEN_UNASKED;
}

static const char *changes_of(const struct decision *d)
{
	for (size_t i = 0; i < d->answer.audit_count; i++)
		if (strcmp(d->answer.audit[i][0], "changes") == 0)
			return d->answer.audit[i][1];
	return "";
}

/* Only where the object is the one that was sent: what is stored was changed already. */
static bool rewritten_otherwise(const struct audit_event *e, const struct simulation *s)
{
	bool controller = review_subject_kind(&e->review) == SUBJECT_CONTROLLER;
	const char *kind = controller ? ".validate" : ".mutate";
	const char *recorded = audit_annotation(&e->recorded, kind, "changes");

	if (e->patch || !audit_annotation(&e->recorded, kind, "policy"))
		return false;
	return strcmp(recorded ? recorded : "", changes_of(controller ? &s->validate : &s->mutate)) != 0;
}

/* ---- judging ---- */

static const char *shown_namespace(const struct review *review)
{
	return review_subject_kind(review) == SUBJECT_NAMESPACE || !*review->namespace ? NULL : review->namespace;
}

static void report(struct replay *r, const struct audit_event *e, const struct simulation *s,
		   const struct replay_place *at)
{
	enum replay_then then = then_of(r, e);
	struct report_recorded recorded = {.audit_id = e->recorded.audit_id,
					   .time = e->recorded.time,
					   .user = e->recorded.user,
					   .verb = e->recorded.verb,
					   .code = e->recorded.code,
					   .dry_run = e->recorded.dry_run,
					   .refused = e->recorded.refused,
					   .comparison = replay_comparison(then, s->allowed),
					   .message = e->recorded.message,
					   .warnings = e->recorded.warnings,
					   .annotations = e->recorded.annotations,
					   .plain = e->recorded.plain};
	struct report_object object = {.file = at->path,
				       .document = at->line < UINT32_MAX ? (unsigned)at->line : UINT32_MAX,
				       .pointer = "",
				       .review = &e->review,
				       .namespace = shown_namespace(&e->review),
				       .simulation = s,
				       .original = e->review.object,
				       .result = s->result,
				       .recorded = &recorded};
	struct replay_past past = {.then = then,
				   .rewritten_otherwise = rewritten_otherwise(e, s),
				   .audit_id = e->recorded.audit_id,
				   .time = e->recorded.time,
				   .review = e->recorded.plain};

	r->refused |= !s->allowed;
	r->reading.dry_runs += e->recorded.dry_run;
	replay_totals_add(r->totals, &object, &past);
	if (r->writer)
		report_writer_object(r->writer, &object, &r->event);
}

static void judge(struct replay *r, const struct audit_event *e, const struct replay_place *at)
{
	struct simulation *s = ARENA_NEW(&r->event, struct simulation);
	const struct review *review = &e->review;
	struct err err = {""};
	struct facts facts;

	if (find_facts(r, review, time_of(r, e), &facts, &err) < 0 ||
	    simulate(review, &facts, r->options->review->policy, &r->event, s, &err) < 0) {
		r->reading.broken++;
		replay_complain(r, at, err.text);
	} else if (s->validate.role != ROLE_NONE && facts.namespace_state == NAMESPACE_UNKNOWN) {
		if (r->reading.unknown_namespace++ == 0)
			r->reading.a_namespace = arena_dup(r->input->arena, slice_of(review->namespace));
	} else if (s->validate.judged) {
		report(r, e, s, at);
	} else if (s->validate.role != ROLE_NONE) {
		r->reading.not_opted_in += s->validate.ns.mode == MODE_NONE;
		r->reading.idle += s->validate.ns.mode != MODE_NONE;
	} else {
		r->reading.other++;
	}
}

static void take_request(struct replay *r, struct audit_event *e, const struct replay_place *at)
{
	if (is_outside(r, time_of(r, e))) {
		r->reading.outside++;
		return;
	}
	if (passes_unchanged(r, e))
		return;
	if (strcmp(e->review.kind, "Namespace") == 0 && e->review.operation == OP_UPDATE)
		e->review.old_object = facts_history_namespace(r->history, &r->event, e->review.name);
	judge(r, e, at);
}

/* Without its object it might have been one of Spark's, unless its namespace is known not to have opted in. */
static void take_no_object(struct replay *r, const struct audit_event *e)
{
	const struct json *ns = facts_history_namespace(r->history, &r->event, e->review.namespace);
	bool aside = ns && !r->options->review->as_enforce &&
		     !json_get(json_get(json_get(ns, "metadata"), "labels"), "sparkgate.io/mode");

	if (is_outside(r, time_of(r, e)))
		r->reading.outside++;
	else if (aside && strcmp(e->review.kind, "Namespace") != 0)
		r->reading.other++;
	else if (e->patch && !replay_patch_matters(e->patch) && !is_fact(&e->review))
		r->reading.idle++;
	else if (e->patch)
		r->reading.no_result++;
	else
		r->reading.no_object++;
}

void replay_event(struct replay *r, const struct json *root, const struct replay_place *at)
{
	struct audit_event e;

	r->reading.events++;
	audit_event_read(root, &e);
	switch (e.state) {
	case AUDIT_STAGE:
		r->reading.stages++;
		return;
	case AUDIT_OTHER:
	case AUDIT_FACT:
		r->reading.other++;
		break;
	case AUDIT_FAILED:
		r->reading.failed++;
		break;
	case AUDIT_NO_OBJECT:
		take_no_object(r, &e);
		break;
	case AUDIT_REQUEST:
		take_request(r, &e, at);
		break;
	}
	remember(r, &e);
}

void replay_review(struct replay *r, struct audit_event *e, const struct replay_place *at)
{
	r->reading.events++;
	if (e->state == AUDIT_REQUEST)
		judge(r, e, at);
	else
		r->reading.other++;
	remember(r, e);
}
