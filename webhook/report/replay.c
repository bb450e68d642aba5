#include "report/replay.h"

#include "report/replay_totals.h"

struct replay_totals *replay_totals_new(void)
{
	struct replay_totals *totals = calloc(1, sizeof(*totals));

	if (!totals)
		out_of_memory();
	return totals;
}

void replay_totals_free(struct replay_totals *totals)
{
	if (!totals)
		return;
	HASH_CLEAR(hh, totals->namespaces);
	HASH_CLEAR(hh, totals->rules);
	HASH_CLEAR(hh, totals->groups);
	arena_release(&totals->kept);
	free(totals);
}

const char *replay_comparison(enum replay_then then, bool allowed)
{
	if (!allowed && then != THEN_REFUSED)
		return "newlyRefused";
	return allowed && then == THEN_REFUSED ? "noLongerRefused" : "same";
}

bool replay_reading_incomplete(const struct replay_reading *r)
{
	return r->no_object + r->no_result + r->unknown_namespace + r->bad_lines + r->broken + r->forgotten > 0;
}

/* ---- rows ---- */

static struct replay_row *row_of(struct replay_totals *totals, struct replay_row **table, const char *name)
{
	struct replay_row *row;

	HASH_FIND_STR(*table, name, row);
	if (row)
		return row;
	row = ARENA_NEW(&totals->kept, struct replay_row);
	row->name = arena_dup(&totals->kept, slice_of(name));
	HASH_ADD_KEYPTR(hh, *table, row->name, strlen(row->name), row);
	return row;
}

static struct replay_row *namespace_row(struct replay_totals *totals, const char *name)
{
	struct replay_row *row;

	HASH_FIND_STR(totals->namespaces, name, row);
	if (!row && HASH_COUNT(totals->namespaces) >= REPLAY_NAMESPACES)
		name = "(others)";
	return row ? row : row_of(totals, &totals->namespaces, name);
}

/* ---- examples ---- */

static void add_example(struct replay_totals *totals, struct replay_examples *list, const struct report_object *o,
			const struct replay_past *past, const char *message)
{
	struct report report = {.arena = &totals->kept};
	struct arena *a = &totals->kept;

	if (list->count++ >= REPLAY_EXAMPLES)
		return;
	list->items[list->count - 1] = (struct replay_example){
		.title = report_title(&report, o),
		.time = report_tame(a, past->time).ptr,
		.audit_id = report_tame(a, past->audit_id).ptr,
		.file = report_tame(a, o->file).ptr,
		.message = report_tame(a, message ? message : "").ptr,
		.namespace = report_tame(a, o->namespace ? o->namespace : "").ptr,
		.document = o->document,
	};
	if (past->review)
		list->items[list->count - 1].object = report_tame(a, arena_printf(a, "%s/%s", o->review->kind, o->review->name)).ptr;
}

/* ---- one request ---- */

static void count(struct replay_row *row, const struct report_object *o)
{
	row->judged++;
	row->refused += !o->simulation->allowed;
	row->changed += report_is_changed(o);
	row->warned += o->simulation->allowed && o->simulation->warning_count > 0;
}

static struct replay_group *group_of(struct replay_totals *totals, const char *rules)
{
	struct replay_group *group;

	HASH_FIND_STR(totals->groups, rules, group);
	if (!group && HASH_COUNT(totals->groups) >= REPLAY_GROUPS) {
		rules = "other rules";
		HASH_FIND_STR(totals->groups, rules, group);
	}
	if (group)
		return group;
	group = ARENA_NEW(&totals->kept, struct replay_group);
	group->rules = arena_dup(&totals->kept, slice_of(rules));
	HASH_ADD_KEYPTR(hh, totals->groups, group->rules, strlen(group->rules), group);
	return group;
}

/* A rule counts once for a request, however many places it found. */
static void add_findings(struct replay_totals *totals, const struct report_object *o, const struct replay_past *past,
			 struct arena *scratch)
{
	struct report report = {.arena = scratch};
	const struct findings findings = report_violations(&report, o);
	struct buf rules = buf_in(scratch);

	for (size_t i = 0; i < findings.count; i++) {
		const struct finding *f = &findings.items[i];
		enum action action = finding_in_force(report_decision(o), f);
		struct replay_row *row = row_of(totals, &totals->rules, f->rule);
		row->warned += action == ACTION_WARN;
		if (action != ACTION_DENY || o->simulation->allowed)
			continue;
		row->refused++;
		buf_printf(&rules, "%s%s", rules.len > 0 ? ", " : "", f->rule);
	}
	if (!o->simulation->allowed && past->then != THEN_REFUSED)
		add_example(totals, &group_of(totals, buf_slice(&rules).ptr)->newly, o, past, o->simulation->message);
}

static bool changed_before(const struct changes *changes, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(changes->items[k].rule, changes->items[i].rule) == 0)
			return true;
	return false;
}

static void add_changes(struct replay_totals *totals, const struct report_object *o)
{
	const struct changes *changes = &o->simulation->changes;

	for (size_t i = 0; report_is_changed(o) && i < changes->count; i++)
		if (!changed_before(changes, i))
			row_of(totals, &totals->rules, changes->items[i].rule)->changed++;
}

static void compare(struct replay_totals *totals, const struct report_object *o, const struct replay_past *past)
{
	bool allowed = o->simulation->allowed;

	totals->unasked += past->then == THEN_UNASKED;
	totals->rewritten_otherwise += past->rewritten_otherwise;
	if (!allowed && past->then != THEN_REFUSED) {
		totals->newly++;
		totals->newly_unasked += past->then == THEN_UNASKED;
	} else if (allowed && past->then == THEN_REFUSED) {
		add_example(totals, &totals->no_longer, o, past, "");
	}
}

/* Moments of the API server sort as texts. Kept in place: an arena would grow with each later one. */
static void note_time(struct replay_totals *totals, const char *time)
{
	if (!*time || strlen(time) >= REPLAY_TIME_SIZE)
		return;
	if (!totals->first[0] || strcmp(time, totals->first) < 0)
		memcpy(totals->first, time, strlen(time) + 1);
	if (strcmp(time, totals->last) > 0)
		memcpy(totals->last, time, strlen(time) + 1);
}

void replay_totals_add(struct replay_totals *totals, const struct report_object *o, const struct replay_past *past)
{
	struct arena scratch = ARENA_INIT;

	totals->judged++;
	totals->refused += !o->simulation->allowed;
	totals->changed += report_is_changed(o);
	totals->warned += o->simulation->allowed && o->simulation->warning_count > 0;
	count(namespace_row(totals, o->namespace ? o->namespace : o->review->name), o);
	add_findings(totals, o, past, &scratch);
	add_changes(totals, o);
	compare(totals, o, past);
	note_time(totals, past->time);
	arena_release(&scratch);
}
