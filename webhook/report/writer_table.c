/* The table, diffs and JSON lines: objects one after the other; the table has a sum at its end. */
#include "report/writer_formats.h"

#include "base/plural.h"

static bool has_something_to_say(const struct report_object *o)
{
	const struct simulation *s = o->simulation;

	for (size_t i = 0; i < s->findings.count; i++)
		if (s->findings.items[i].action != ACTION_OFF)
			return true;
	return s->changes.count + s->warning_count > 0 || !s->allowed;
}

/* Of equal objects of one owner only the first is shown: executors of one server, above all. */
static bool is_like_last(const struct report_writer *w, const struct report_object *o, struct slice body)
{
	return w->style.brief && o->owner && w->last_owner && strcmp(o->owner, w->last_owner) == 0 &&
	       slice_eq(body, w->last_body);
}

static void note_last(struct report_writer *w, const struct report_object *o, struct slice body)
{
	arena_reset(&w->group_arena);
	w->last_owner = o->owner ? arena_dup(&w->group_arena, slice_of(o->owner)) : NULL;
	w->last_body = arena_copy(&w->group_arena, body);
}

static void end_fold(struct report_writer *w)
{
	if (w->like_it > 0)
		fprintf(w->style.out, "         ... and %zu more like it, of %s\n", w->like_it, w->last_owner);
	if (w->last_body.ptr)
		fputc('\n', w->style.out);
	w->like_it = 0;
}

static void table_object(struct report_writer *w, const struct report *report, const struct report_object *o,
			 struct buf *out)
{
	struct buf body = buf_in(report->arena);

	if (w->style.brief ? !has_something_to_say(o) : !report_concerns(o))
		return;
	report_table_body(report, o, &body);
	if (is_like_last(w, o, buf_slice(&body))) {
		w->like_it++;
		return;
	}
	end_fold(w);
	report_table_heading(report, o, out);
	buf_add(out, buf_slice(&body));
	note_last(w, o, buf_slice(&body));
}

/* "2 refused"; where enforce would do it to others, that too. */
static void print_count(FILE *out, size_t count, const char *word, size_t enforce)
{
	fprintf(out, enforce == count ? "%zu %s, " : "%zu %s (enforce: %zu), ", count, word, enforce);
}

static void print_sum(const struct report_sum *s, FILE *out)
{
	fprintf(out, "%zu object%s, %zu of Spark: ", s->objects, plural(s->objects), s->concerned);
	print_count(out, s->refused, "refused", s->would_refuse);
	print_count(out, s->changed, "changed", s->would_change);
	fprintf(out, "%zu warning%s\n", s->warnings, plural(s->warnings));
}

static void table_end(struct report_writer *w)
{
	const struct report_sum *s = &w->sum;
	FILE *out = w->style.out;

	end_fold(w);
	if (w->style.own_end)
		return;
	if (s->not_judged > 0)
		fprintf(out, "%zu object%s could not be judged\n", s->not_judged, plural(s->not_judged));
	if (s->objects == 0 && s->not_judged > 0)
		return;
	if (s->concerned == 0 && s->refused == 0)
		fprintf(out, "%zu object%s, none of Spark Connect\n", s->objects, plural(s->objects));
	else
		print_sum(s, out);
}

static void diff_object(struct report_writer *w, const struct report *report, const struct report_object *o,
			struct buf *out)
{
	(void)w;
	report_diff_object(report, o, out);
}

static void json_object(struct report_writer *w, const struct report *report, const struct report_object *o,
			struct buf *out)
{
	(void)w;
	report_json_object(report, o, out);
}

const struct writer_class writer_table = {.object = table_object, .end = table_end};
const struct writer_class writer_diff = {.object = diff_object};
const struct writer_class writer_json = {.object = json_object};
