/* A List of Reports, one a line, for `kubectl apply -f -`. */
#include "report/openreport.h"
#include "report/writer_formats.h"

static void openreports_begin(struct report_writer *w)
{
	w->pods = openreport_pods_new();
	writer_put(w, SLICE_LIT("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":["));
}

static void add(struct report_writer *w, struct slice text, struct buf *out)
{
	if (text.len == 0)
		return;
	buf_adds(out, w->more ? ",\n" : "\n");
	buf_add(out, text);
	w->more = true;
}

static void add_pods(struct report_writer *w, const struct report *report, struct buf *out)
{
	struct slice text;

	while ((text = openreport_pods_take(w->pods, report->arena, report)).len > 0)
		add(w, text, out);
}

static void openreports_object(struct report_writer *w, const struct report *report, const struct report_object *o,
			       struct buf *out)
{
	if (openreport_pods_due(w->pods, o))
		add_pods(w, report, out);
	if (!openreport_pods_add(w->pods, report, o))
		add(w, openreport_of(report->arena, report, o), out);
}

static void openreports_end(struct report_writer *w)
{
	const struct report report = {.arena = &w->group_arena, .policy = w->style.policy, .now = w->style.now};
	struct buf out = buf_in(&w->group_arena);

	add_pods(w, &report, &out);
	buf_adds(&out, w->more ? "\n]}\n" : "]}\n");
	writer_put(w, buf_slice(&out));
}

const struct writer_class writer_openreports = {
	.begin = openreports_begin, .object = openreports_object, .end = openreports_end};
