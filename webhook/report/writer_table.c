/* The table, diffs and JSON lines: objects one after the other; the table has a sum at its end. */
#include "report/writer_formats.h"

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void table_object(struct report_writer *w, const struct report *report, const struct report_object *o,
			 struct buf *out)
{
	(void)w;
	if (report_concerns(o))
		report_table_object(report, o, out);
}

static void table_end(struct report_writer *w)
{
	const struct report_sum *s = &w->sum;
	FILE *out = w->style.out;

	if (s->not_judged > 0)
		fprintf(out, "%zu object%s could not be judged\n", s->not_judged, plural(s->not_judged));
	if (s->objects == 0 && s->not_judged > 0)
		return;
	if (s->concerned == 0 && s->refused == 0)
		fprintf(out, "%zu object%s, none of Spark Connect\n", s->objects, plural(s->objects));
	else
		fprintf(out, "%zu object%s, %zu of Spark: %zu refused, %zu changed, %zu warning%s\n", s->objects,
			plural(s->objects), s->concerned, s->refused, s->changed, s->warnings, plural(s->warnings));
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
