/* JUnit XML: a test suite a group. */
#include "base/plural.h"
#include "base/xml.h"
#include "report/writer_formats.h"

/* Cases that are held back at most, about. */
#define CASES_BYTES (1u << 20)

static const char *group_of(const struct report_object *o)
{
	return o->group ? o->group : o->file ? o->file : "live";
}

static void end_suite(struct report_writer *w)
{
	struct buf head = buf_in(&w->group_arena);

	if (w->case_count > 0) {
		buf_adds(&head, "  <testsuite");
		xml_attribute(&head, "name", w->group);
		buf_printf(&head, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n", w->case_count,
			   w->failure_count);
		writer_put(w, buf_slice(&head));
		writer_put(w, buf_slice(&w->cases));
		writer_put(w, SLICE_LIT("  </testsuite>\n"));
	}
	arena_reset(&w->group_arena);
	w->case_count = w->failure_count = 0;
	w->group = NULL;
}

static void begin_suite(struct report_writer *w, const char *group)
{
	w->group = arena_dup(&w->group_arena, slice_of(group));
	w->cases = buf_in(&w->group_arena);
}

static void junit_begin(struct report_writer *w)
{
	fprintf(w->style.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sparkgate %s\">\n",
		w->style.command);
}

static void junit_object(struct report_writer *w, const struct report *report, const struct report_object *o,
			 struct buf *out)
{
	const char *group = group_of(o);

	(void)out; /* the case waits for its suite's end */
	if (!report_concerns(o))
		return;
	if (w->group && strcmp(w->group, group) != 0)
		end_suite(w);
	if (!w->group)
		begin_suite(w, group);
	report_junit_case(report, o, &w->cases);
	w->case_count++;
	w->failure_count += !o->simulation->allowed;
	if (buf_slice(&w->cases).len > CASES_BYTES)
		end_suite(w);
}

/* An error, not a failure: nobody knows whether they pass. */
static void write_not_judged(const struct report_writer *w)
{
	size_t n = w->sum.not_judged;

	fprintf(w->style.out,
		"  <testsuite name=\"not judged\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"
		"    <testcase classname=\"not judged\" name=\"%zu object%s\">\n"
		"      <error message=\"%zu object%s could not be judged: standard error said why\"/>\n"
		"    </testcase>\n  </testsuite>\n",
		n, plural(n), n, plural(n));
}

static void junit_end(struct report_writer *w)
{
	end_suite(w);
	if (w->sum.not_judged > 0)
		write_not_judged(w);
	writer_put(w, SLICE_LIT("</testsuites>\n"));
}

const struct writer_class writer_junit = {.begin = junit_begin, .object = junit_object, .end = junit_end};
