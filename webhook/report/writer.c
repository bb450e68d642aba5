#include "report/writer.h"

#include "report/openreport.h"
#include "report/writer_formats.h"

#include <stdlib.h>

static const struct writer_class *const classes[] = {
	[REPORT_TABLE] = &writer_table,
	[REPORT_DIFF] = &writer_diff,
	[REPORT_JSON] = &writer_json,
	[REPORT_JUNIT] = &writer_junit,
	[REPORT_SARIF] = &writer_sarif,
	[REPORT_OPENREPORTS] = &writer_openreports,
	[REPORT_HTML] = &writer_html,
};

struct report_writer *report_writer_open(const struct report_style *style)
{
	struct report_writer *w = calloc(1, sizeof(*w));

	if (!w)
		out_of_memory();
	w->style = *style;
	w->class = classes[style->format];
	if (w->class->begin)
		w->class->begin(w);
	return w;
}

static void count(struct report_writer *w, const struct report *report, const struct report_object *o)
{
	w->sum.objects++;
	w->sum.concerned += report_role(o) != ROLE_NONE;
	w->sum.refused += !o->simulation->allowed;
	w->sum.changed += report_is_changed(o);
	w->sum.would_refuse += !o->simulation->verdict;
	w->sum.would_change += o->simulation->changes.count > 0;
	w->sum.warnings += report_table_warnings(report, o);
}

void report_writer_object(struct report_writer *w, const struct report_object *object, struct arena *scratch)
{
	struct report report = {
		.arena = scratch, .policy = w->style.policy, .color = w->style.color, .columns = w->style.columns, .now = w->style.now, .live = w->style.live};
	struct buf out = buf_in(scratch);

	count(w, &report, object);
	w->class->object(w, &report, object, &out);
	writer_put(w, buf_slice(&out));
}

void report_writer_not_judged(struct report_writer *w)
{
	w->sum.not_judged++;
}

void report_writer_close(struct report_writer *w)
{
	if (w->class->end)
		w->class->end(w);
	report_writer_abandon(w);
}

void report_writer_abandon(struct report_writer *w)
{
	if (!w)
		return;
	openreport_pods_free(w->pods);
	arena_release(&w->kept);
	arena_release(&w->group_arena);
	free(w);
}

void writer_put(struct report_writer *w, struct slice text)
{
	fwrite(text.ptr, 1, text.len, w->style.out); /* whoever flushes it checks whether it worked */
}
