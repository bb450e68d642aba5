/* SARIF 2.1.0: results as they come, then the tool with the rules that were met. */
#include "report/writer_formats.h"

#include "base/json_write.h"
#include "base/plural.h"

static const char SCHEMA[] = "https://json.schemastore.org/sarif-2.1.0.json";

static void sarif_begin(struct report_writer *w)
{
	fprintf(w->style.out, "{\"$schema\":\"%s\",\"version\":\"2.1.0\",\"runs\":[{\"results\":[", SCHEMA);
}

static bool is_noted(const struct report_writer *w, const char *rule)
{
	for (size_t i = 0; i < w->rule_count; i++)
		if (strcmp(w->rules[i], rule) == 0)
			return true;
	return false;
}

static void note_rule(struct report_writer *w, const char *rule)
{
	if (is_noted(w, rule))
		return;
	*ARENA_PUSH(&w->kept, w->rules, &w->rule_cap, w->rule_count) = arena_dup(&w->kept, slice_of(rule));
}

static void note_rules(struct report_writer *w, const struct report *report, const struct report_object *o)
{
	struct findings violations = report_violations(report, o);

	for (size_t i = 0; i < violations.count; i++)
		note_rule(w, violations.items[i].rule);
}

static void sarif_object(struct report_writer *w, const struct report *report, const struct report_object *o,
			 struct buf *out)
{
	struct buf results = buf_in(report->arena);
	struct json_writer list = json_writer(&results);

	note_rules(w, report, o);
	json_write_open(&list, '[');
	report_sarif_results(report, o, &list);
	json_write_close(&list, ']');
	struct slice text = buf_slice(&results);
	if (text.len == 2)
		return;
	buf_adds(out, w->more ? ",\n" : "\n");
	buf_add(out, (struct slice){text.ptr + 1, text.len - 2});
	w->more = true;
}

/* Where the run was not a whole one, it says so: section 3.20 of SARIF 2.1.0. */
static void write_invocation(const struct report_writer *w)
{
	size_t n = w->sum.not_judged;

	fprintf(w->style.out,
		"],\"invocations\":[{\"executionSuccessful\":false,\"toolExecutionNotifications\":[{\"level\":\"error\",\"message\":"
		"{\"text\":\"%zu object%s could not be judged: standard error said why\"}}]}",
		n, plural(n));
}

static void sarif_end(struct report_writer *w)
{
	struct buf out = buf_in(&w->kept);
	struct json_writer rules = json_writer(&out);

	json_write_open(&rules, '[');
	for (size_t i = 0; i < w->rule_count; i++) {
		json_write_open(&rules, '{');
		json_write_member(&rules, "id", w->rules[i]);
		json_write_close(&rules, '}');
	}
	json_write_close(&rules, ']');
	if (w->sum.not_judged > 0)
		write_invocation(w);
	struct slice text = buf_slice(&out);
	fprintf(w->style.out, "],\"tool\":{\"driver\":{\"name\":\"sparkgate\",\"rules\":%.*s}}}]}\n", SLICE_ARG(text));
}

const struct writer_class writer_sarif = {.begin = sarif_begin, .object = sarif_object, .end = sarif_end};
