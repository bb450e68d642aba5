/*
 * For people:
 *
 *	14203 events, 512 judged: 3 refused, 9 changed, 1 warned
 *	2025-01-24T00:00:01.000000Z to 2025-01-31T23:59:58.000000Z
 *
 *	 REFUSED  CHANGED   WARNED   JUDGED  NAMESPACE
 *	       3        9        1       12  team-a
 *
 *	Compared with what was decided then
 *	       3  newly refused
 *	       1  no longer refused
 *	     508  the same
 *
 *	Newly refused: 3
 *	  by connect.grpcPort
 *	  Pod team-a/spark-connect-7c9d8
 *	    2025-01-30T11:02:03.123456Z  id 6f1cda8e-...
 */
#include "report/replay_totals.h"

#include "base/color.h"
#include "base/plural.h"
#include "base/wrap.h"

#define ROWS_MAX 20

struct table {
	const struct replay_totals *totals;
	struct arena *a;
	struct buf out;
	bool color;
	bool reviews; /* of AdmissionReviews */
};

/* text with indent, broken between words. */
static void print_wrapped(struct table *t, size_t indent, const char *text)
{
	wrap_add(&t->out, slice_of(text), indent, 0);
}

static void print_head(struct table *t, const char *text)
{
	buf_printf(&t->out, "\n%s%s%s\n", color(t->color, COLOR_BOLD), text, color(t->color, COLOR_OFF));
}

/* ---- rows ---- */

static int by_weight(const void *a, const void *b)
{
	const struct replay_row *x = *(const struct replay_row *const *)a, *y = *(const struct replay_row *const *)b;
	const size_t left[] = {x->refused, x->changed, x->warned}, right[] = {y->refused, y->changed, y->warned};

	for (size_t i = 0; i < 3; i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? 1 : -1;
	return strcmp(x->name, y->name);
}

static const struct replay_row **sorted(struct arena *a, struct replay_row *table, size_t count)
{
	const struct replay_row **rows = ARENA_ARRAY(a, count + 1, const struct replay_row *);
	size_t n = 0;

	for (const struct replay_row *row = table; row; row = row->hh.next)
		rows[n++] = row;
	qsort(rows, count, sizeof(const struct replay_row *), by_weight);
	return rows;
}

static void print_number(struct table *t, size_t number, enum color hue)
{
	bool shown = t->color && number > 0;

	buf_printf(&t->out, "%s%8zu%s ", color(shown, hue), number, color(shown, COLOR_OFF));
}

static void print_rows(struct table *t, struct replay_row *table, bool with_judged)
{
	size_t count = HASH_COUNT(table), shown = count < ROWS_MAX ? count : ROWS_MAX;
	const struct replay_row **rows = sorted(t->a, table, count);

	if (count == 0)
		return;
	print_head(t, with_judged ? " REFUSED  CHANGED   WARNED   JUDGED  NAMESPACE" : " REFUSED  CHANGED   WARNED  RULE");
	for (size_t i = 0; i < shown; i++) {
		print_number(t, rows[i]->refused, COLOR_RED);
		print_number(t, rows[i]->changed, COLOR_CYAN);
		print_number(t, rows[i]->warned, COLOR_YELLOW);
		if (with_judged)
			print_number(t, rows[i]->judged, COLOR_OFF);
		buf_printf(&t->out, " %s\n", report_tame(t->a, rows[i]->name).ptr);
	}
	if (count > shown)
		buf_printf(&t->out, "%9s and %zu more: -o json has them all\n", "", count - shown);
}

/* ---- beside what was decided then ---- */

static void print_unasked(struct table *t, size_t count)
{
	if (count > 0 && t->reviews)
		buf_printf(&t->out, " (%zu of them without a response)", count);
	else if (count > 0)
		buf_printf(&t->out, " (sparkgate was not asked about %zu of them)", count);
}

static void print_comparison(struct table *t)
{
	const struct replay_totals *totals = t->totals;
	size_t same = totals->judged - totals->newly - totals->no_longer.count;

	print_head(t, "Compared with what was decided then");
	buf_printf(&t->out, "%8zu  newly refused", totals->newly);
	print_unasked(t, totals->newly_unasked);
	buf_printf(&t->out, "\n%8zu  no longer refused\n%8zu  the same", totals->no_longer.count, same);
	print_unasked(t, totals->unasked - totals->newly_unasked);
	buf_addc(&t->out, '\n');
	if (totals->rewritten_otherwise > 0)
		buf_printf(&t->out, "%8zu  changed differently than then\n", totals->rewritten_otherwise);
}

/* What a shell takes as one word: ids are chosen by clients (the header Audit-ID), and this line is there to be copied. */
static const char *shell_word(struct arena *a, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,";
	struct buf out = buf_in(a);

	if (!text[strspn(text, plain)])
		return text;
	buf_addc(&out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_adds(&out, "'\\''");
		else
			buf_addc(&out, *text);
	}
	buf_addc(&out, '\'');
	return buf_slice(&out).ptr;
}

static const char *file_of(const struct replay_example *e)
{
	return strcmp(e->file, "-") != 0 ? e->file : e->object ? "reviews.json" : "audit.log";
}

static void print_where(struct table *t, const struct replay_example *e)
{
	if (e->object)
		buf_printf(&t->out, "    %s:%u  uid %s\n", e->file, e->document, e->audit_id);
	else
		buf_printf(&t->out, "    %s  id %s\n", *e->time ? e->time : "(no time)", *e->audit_id ? e->audit_id : "(none)");
}

/* How to learn more about it. */
static void print_why(struct table *t, const struct replay_example *e)
{
	if (!e->object && !*e->audit_id)
		return;
	buf_printf(&t->out, "  why: %ssparkgate explain -f %s ", color(t->color, COLOR_DIM), shell_word(t->a, file_of(e)));
	if (!e->object)
		buf_printf(&t->out, "--id %s", shell_word(t->a, e->audit_id));
	else
		buf_printf(&t->out, "%s%s%s", shell_word(t->a, e->object), *e->namespace ? " -n " : "", shell_word(t->a, e->namespace));
	buf_printf(&t->out, "%s\n", color(t->color, COLOR_OFF));
}

static void print_examples(struct table *t, const struct replay_examples *list)
{
	size_t shown = list->count < REPLAY_EXAMPLES ? list->count : REPLAY_EXAMPLES;

	for (size_t i = 0; i < shown; i++) {
		const struct replay_example *e = &list->items[i];
		buf_printf(&t->out, "  %s\n", e->title);
		print_where(t, e);
		if (i == 0 && *e->message)
			print_wrapped(t, 4, e->message);
	}
	if (list->count > shown)
		buf_printf(&t->out, "  and %zu more: -o json has them all\n", list->count - shown);
	if (shown > 0)
		print_why(t, &list->items[0]);
}

static int by_size(const void *a, const void *b)
{
	const struct replay_group *x = *(const struct replay_group *const *)a, *y = *(const struct replay_group *const *)b;

	if (x->newly.count != y->newly.count)
		return x->newly.count < y->newly.count ? 1 : -1;
	return strcmp(x->rules, y->rules);
}

static void print_groups(struct table *t)
{
	size_t count = HASH_COUNT(t->totals->groups), n = 0;
	const struct replay_group **groups = ARENA_ARRAY(t->a, count + 1, const struct replay_group *);

	for (const struct replay_group *group = t->totals->groups; group; group = group->hh.next)
		groups[n++] = group;
	qsort(groups, count, sizeof(*groups), by_size);
	for (size_t i = 0; i < count && i < ROWS_MAX; i++) {
		print_head(t, arena_printf(t->a, "Newly refused: %zu", groups[i]->newly.count));
		print_wrapped(t, 2, arena_printf(t->a, "by %s", groups[i]->rules));
		print_examples(t, &groups[i]->newly);
	}
	if (count > ROWS_MAX)
		buf_printf(&t->out, "\nand %zu groups more: -o json has them all\n", count - ROWS_MAX);
	if (t->totals->no_longer.count > 0) {
		print_head(t, arena_printf(t->a, "No longer refused: %zu", t->totals->no_longer.count));
		print_examples(t, &t->totals->no_longer);
	}
}

/* ---- what was not judged ---- */

static void add_note(const char *notes[REPLAY_NOTES_MAX], size_t *count, const char *text)
{
	if (*count < REPLAY_NOTES_MAX)
		notes[(*count)++] = text;
}

size_t replay_notes(struct arena *a, const struct replay_reading *r, const char *notes[REPLAY_NOTES_MAX])
{
	size_t n = 0;

	if (r->no_object > 0)
		add_note(notes, &n, arena_printf(a, "%zu event%s hold%s no object: the audit policy needs level Request or higher "
						    "for pods, configmaps, namespaces and the controllers of pods",
						 r->no_object, plural(r->no_object), r->no_object == 1 ? "s" : ""));
	if (r->no_result > 0)
		add_note(notes, &n, arena_printf(a, "%zu patch%s without the resulting object: the audit policy needs level "
						    "RequestResponse",
						 r->no_result, r->no_result == 1 ? "" : "es"));
	if (r->unknown_namespace > 0)
		add_note(notes, &n, arena_printf(a, "%zu request%s of namespaces of which nothing is known ('%s'): give --namespaces "
						    "FILE or --kubeconfig FILE",
						 r->unknown_namespace, plural(r->unknown_namespace),
					 r->a_namespace ? report_tame(a, r->a_namespace).ptr : ""));
	if (r->bad_lines > 0)
		add_note(notes, &n, arena_printf(a, "%zu line%s %s", r->bad_lines, plural(r->bad_lines),
					 r->bad_lines == 1 ? "is not an audit event" : "are not audit events"));
	if (r->broken > 0)
		add_note(notes, &n, arena_printf(a, "%zu request%s could not be judged", r->broken, plural(r->broken)));
	if (r->forgotten > 0)
		add_note(notes, &n, arena_printf(a, "%zu ConfigMaps and Namespaces did not fit into memory: what depends on them is "
						    "judged as if they could not be read",
						 r->forgotten));
	return n;
}

static void print_not_judged(struct table *t, const struct replay_reading *reading)
{
	const char *notes[REPLAY_NOTES_MAX];
	size_t count = replay_notes(t->a, reading, notes);

	if (count > 0)
		print_head(t, "Not judged");
	for (size_t i = 0; i < count; i++)
		print_wrapped(t, 2, notes[i]);
}

static void add_part(struct buf *list, size_t number, const char *what)
{
	if (number > 0)
		buf_printf(list, "%s%zu %s", list->len > 0 ? ", " : "", number, what);
}

static void print_passed_over(struct table *t, const struct replay_reading *r)
{
	struct buf list = buf_in(t->a);

	add_part(&list, r->stages, "of other stages");
	add_part(&list, r->other, "of other kinds and verbs or not of Spark");
	add_part(&list, r->outside, "outside of --since and --until");
	add_part(&list, r->not_opted_in, "of Spark in namespaces that have not opted in");
	add_part(&list, r->idle, "that change nothing that is judged");
	add_part(&list, r->unknown_before, "updates of pods that the log does not hold as they were before");
	add_part(&list, r->failed, "that failed for other reasons (RBAC, conflict, quota, other webhooks)");
	if (list.len == 0)
		return;
	print_head(t, "Passed over");
	print_wrapped(t, 2, buf_slice(&list).ptr);
}

/* ---- all ---- */

static void print_sum(struct table *t, const struct replay_reading *r)
{
	const struct replay_totals *totals = t->totals;

	buf_printf(&t->out, "%zu %s%s, %zu judged: %zu refused, %zu changed, %zu warned", r->events,
		   r->reviews ? "review" : "event", plural(r->events), totals->judged, totals->refused, totals->changed, totals->warned);
	if (r->dry_runs > 0)
		buf_printf(&t->out, " (%zu dry run%s)", r->dry_runs, plural(r->dry_runs));
	buf_addc(&t->out, '\n');
	if (totals->first[0])
		buf_printf(&t->out, "%s to %s\n", report_tame(t->a, totals->first).ptr, report_tame(t->a, totals->last).ptr);
}

void replay_totals_print(const struct replay_totals *totals, const struct replay_reading *reading, bool color,
			 struct arena *scratch, FILE *out)
{
	struct table t = {.totals = totals, .a = scratch, .out = buf_in(scratch), .color = color,
			  .reviews = reading->reviews};

	print_sum(&t, reading);
	if (totals->judged > 0) {
		print_rows(&t, totals->namespaces, true);
		print_rows(&t, totals->rules, false);
		print_comparison(&t);
		print_groups(&t);
	}
	print_not_judged(&t, reading);
	print_passed_over(&t, reading);
	struct slice text = buf_slice(&t.out);
	fwrite(text.ptr, 1, text.len, out); /* whoever flushes it checks whether it worked */
}
