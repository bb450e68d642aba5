/*
 * sparkgate policy test: run the cases of kind Tests. One line for each expectation that was not met, as compilers and
 * editors know it (FILE:LINE: ...), and the sum at the end.
 */
#include "command/policy.h"

#include "base/clock.h"
#include "base/color.h"
#include "base/json_write.h"
#include "base/xml.h"
#include "command/command.h"
#include "command/policy_case.h"

#include <unistd.h>

struct outcome {
	const struct policy_test *test;
	struct policy_case_result result;
};

struct outcomes {
	struct outcome *items;
	size_t count, failed;
};

static const char *shown(const char *value)
{
	return !value ? "absent" : *value ? value : "''";
}

/* ---- for people ---- */

static void print_failures(struct buf *out, const struct outcome *o, bool on)
{
	for (size_t i = 0; i < o->result.count; i++) {
		const struct policy_case_failure *f = &o->result.failures[i];
		buf_printf(out, "%sFAIL%s %s:%u: %s: %s: expected %s, got %s\n", color(on, COLOR_RED), color(on, COLOR_OFF),
			   o->test->file, o->test->line, o->test->name, f->what, shown(f->expected), shown(f->got));
		if (f->hint)
			buf_printf(out, "     %s\n", f->hint);
	}
	if (o->result.count > 0 && o->test->why)
		buf_printf(out, "     # %s\n", o->test->why);
}

static void print_passed(struct buf *out, const struct outcome *o, bool verbose, bool on)
{
	const char *hint = o->result.hint;
	enum color hue = hint ? COLOR_YELLOW : COLOR_GREEN;

	if (!hint && !verbose)
		return;
	buf_printf(out, "%s%s%s %s:%u: %s\n", color(on, hue), hint ? "hint" : "ok  ", color(on, COLOR_OFF), o->test->file,
		   o->test->line, o->test->name);
	if (hint)
		buf_printf(out, "     %s\n", hint);
}

static void print_table(struct buf *out, const struct outcomes *all, bool verbose, bool on)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct outcome *o = &all->items[i];
		if (o->result.count > 0)
			print_failures(out, o, on);
		else
			print_passed(out, o, verbose, on);
	}
	buf_printf(out, "%zu passed, %zu failed\n", all->count - all->failed, all->failed);
}

/* ---- for programs ---- */

static void print_json(struct buf *out, const struct outcomes *all)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct outcome *o = &all->items[i];
		struct json_writer w = json_writer(out);
		json_write_open(&w, '{');
		json_write_member(&w, "file", o->test->file);
		json_write_member_int(&w, "line", o->test->line);
		json_write_member(&w, "name", o->test->name);
		json_write_member(&w, "why", o->test->why);
		json_write_member_bool(&w, "passed", o->result.count == 0);
		json_write_member(&w, "hint", o->result.hint);
		json_write_member_open(&w, "failures", '[');
		for (size_t k = 0; k < o->result.count; k++) {
			const struct policy_case_failure *f = &o->result.failures[k];
			json_write_open(&w, '{');
			json_write_member(&w, "what", f->what);
			json_write_member(&w, "expected", f->expected);
			json_write_member(&w, "got", f->got);
			json_write_member(&w, "hint", f->hint);
			json_write_close(&w, '}');
		}
		json_write_close(&w, ']');
		json_write_close(&w, '}');
		buf_addc(out, '\n');
	}
}

static void print_junit_case(struct buf *out, const struct outcome *o)
{
	buf_adds(out, "    <testcase");
	xml_attribute(out, "classname", o->test->file);
	xml_attribute(out, "name", o->test->name);
	xml_attribute(out, "file", o->test->file);
	buf_printf(out, " line=\"%u\">\n", o->test->line);
	for (size_t i = 0; i < o->result.count; i++) {
		const struct policy_case_failure *f = &o->result.failures[i];
		buf_adds(out, "      <failure");
		xml_attribute(out, "message", arena_printf(out->arena, "%s: expected %s, got %s", f->what, shown(f->expected),
							   shown(f->got)));
		xml_attribute(out, "type", "expectation");
		buf_addc(out, '>');
		xml_text(out, f->hint ? f->hint : "");
		buf_adds(out, "</failure>\n");
	}
	buf_adds(out, "    </testcase>\n");
}

static void print_junit(struct buf *out, const struct outcomes *all)
{
	buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	buf_printf(out, "<testsuites name=\"sparkgate policy test\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n", all->count,
		   all->failed);
	buf_printf(out, "  <testsuite name=\"policy\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n", all->count,
		   all->failed);
	for (size_t i = 0; i < all->count; i++)
		print_junit_case(out, &all->items[i]);
	buf_adds(out, "  </testsuite>\n</testsuites>\n");
}

/* ---- the action ---- */

static struct outcomes run_all(const struct policy *p, struct arena *a)
{
	struct outcomes all = {.items = ARENA_ARRAY(a, p->test_count, struct outcome)};
	int64_t now = clock_unix();

	for (; all.count < p->test_count; all.count++) {
		struct outcome *o = &all.items[all.count];
		o->test = &p->tests[all.count];
		policy_case_run(o->test, p, now, a, &o->result);
		all.failed += o->result.count > 0;
	}
	return all;
}

static int test(const struct policy_arguments *args, const struct policy *p, struct arena *a)
{
	struct outcomes all = run_all(p, a);
	struct buf out = buf_in(a);

	if (args->output == POLICY_JSON)
		print_json(&out, &all);
	else if (args->output == POLICY_JUNIT)
		print_junit(&out, &all);
	else
		print_table(&out, &all, args->verbose, color_wanted((enum color_when)args->color, STDOUT_FILENO));
	fwrite(buf_slice(&out).ptr, 1, out.len, stdout); /* main() checks whether it worked */
	return all.failed > 0 ? 1 : 0;
}

bool policy_lint_cases(const struct policy *p, struct arena *a)
{
	struct outcomes all = run_all(p, a);
	bool good = true;

	for (size_t i = 0; i < all.count; i++) {
		const struct policy_case_result *result = &all.items[i].result;
		const struct policy_test *t = all.items[i].test;
		if (!result->hint)
			continue;
		printf("%s%s:%u: test '%s': %s\n", result->empty ? "" : "warning: ", t->file, t->line, t->name, result->hint);
		good &= !result->empty;
	}
	return good;
}

int policy_test(const struct policy_arguments *args, struct arena *a)
{
	struct policy_problems problems = {0};
	struct policy *p = policy_of_layers(&args->layers, true, a, &problems);

	if (!p) {
		policy_print_problems(stderr, &problems);
		return EXIT_USAGE;
	}
	/* In a pipeline a path that holds none must not look like success. */
	int code = p->test_count > 0 ? test(args, p, a)
				     : policy_bad_usage(args, "no tests: name files with documents of kind Tests");
	policy_unref(p);
	return code;
}
