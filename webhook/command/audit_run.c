/* What becomes of each line of an audit: counted, compared with the last, printed. */
#include "audit/exemptions.h"
#include "audit/since.h"
#include "audit/totals.h"
#include "base/clock.h"
#include "base/plural.h"
#include "base/wrap.h"
#include "command/audit.h"

#include <stdio.h>
#include <unistd.h>

struct run {
	const struct audit_request *request;
	struct report_writer *writer;
	struct totals totals;
	struct exemptions_met exemptions;
	struct since *since;
	size_t failed;
	enum action worst; /* of what counts for --fail-on */
	size_t namespaces, objects;
	bool terminal;
	int64_t shown; /* when progress was */
	bool stands;   /* it is on the terminal now */
};

/* ---- progress ---- */

#define PROGRESS_NS (200 * CLOCK_MS)

/* Before anything else is written: both streams may end on the same terminal. */
static void erase_progress(struct run *run)
{
	if (run->stands)
		fputs("\r\033[K", stderr);
	run->stands = false;
}

static void show_progress(void *closure, size_t namespaces, size_t objects)
{
	struct run *run = closure;
	size_t all = run->request->source->class->namespace_count(run->request->source);
	int64_t now = clock_mono_ns();

	run->namespaces = namespaces;
	run->objects = objects;
	if (!run->terminal || all == 0 || now - run->shown < PROGRESS_NS)
		return;
	run->shown = now;
	run->stands = true;
	fprintf(stderr, "\r\033[Kaudit: %zu of %zu namespaces, %zu objects, %zu refused", namespaces, all, objects,
		run->totals.all.refused);
}

void audit_say(void *closure, const char *text)
{
	(void)closure;
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	fprintf(stderr, "sparkgate audit: %s\n", text);
}

static void say_failed(void *closure, const struct err *err)
{
	struct run *run = closure;

	run->failed++;
	report_writer_not_judged(run->writer);
	audit_say(NULL, err->text);
}

/* ---- a line ---- */

static bool note(struct run *run, const struct audit_line *line, const char *name, const char *rule, const char *action)
{
	const struct since_finding finding = {line->ns->name, line->report.review->kind, name, rule, action};

	return !run->since || since_is_new(run->since, &finding);
}

/* Is there something in it that the last audit did not have? The strictest of it counts. */
static bool note_findings(struct run *run, const struct audit_line *line, struct arena *a)
{
	const struct simulation *s = line->report.simulation;
	const char *name = since_name(a, line->report.review->name, line->object ? line->object->owner : NULL);
	bool any = false;

	for (size_t i = 0; i < s->findings.count; i++) {
		const struct finding *f = &s->findings.items[i];
		if (f->action == ACTION_OFF || !note(run, line, name, f->rule, action_name(f->action)))
			continue;
		any = true;
		if (f->action < run->worst)
			run->worst = f->action;
	}
	for (size_t i = 0; i < s->changes.count; i++)
		any |= note(run, line, name, s->changes.items[i].rule, "change");
	return any;
}

/* Reports hold every finding, new or known. */
static int publish(struct run *run, const struct report_object *object, struct arena *a, struct err *err)
{
	const struct report report = {.arena = a, .policy = run->request->policy->hash};

	return run->request->publisher ? publisher_object(run->request->publisher, &report, object, err) : 0;
}

static int emit(void *closure, const struct audit_line *line, struct arena *a, struct err *err)
{
	struct run *run = closure;
	bool news = note_findings(run, line, a);

	struct report_object object = line->report;

	totals_add(&run->totals, line, a);
	exemptions_met_add(&run->exemptions, line->report.simulation);
	object.owner = line->object ? line->object->owner : NULL;
	if (!run->since || news) {
		erase_progress(run);
		report_writer_object(run->writer, &object, a);
	}
	return publish(run, &object, a, err);
}

/* ---- the end ---- */

static void print_news(struct run *run)
{
	const char *when = since_when(run->since);
	struct since_news news = since_news(run->since);

	if (when)
		printf("since %s: %zu new finding%s, %zu known, %zu gone\n", when, news.added, plural(news.added),
		       news.known, news.gone);
	else
		printf("the first audit of this file: all %zu finding%s are new\n", news.added, plural(news.added));
}

static void print_next(const struct run *run)
{
	const struct totals_counts *all = &run->totals.all;

	if (all->refused + all->changed == 0)
		return;
	printf("Why admission refuses or changes one, and what would change that:\n  sparkgate explain %s\n",
	       run->request->live ? "KIND/NAME -n NAMESPACE" : "-f FILE KIND/NAME -n NAMESPACE --namespaces FILE");
}

/* "refuses 0" is no comfort where nobody judged. */
static void print_not_judged(const struct run *run)
{
	size_t namespaces, objects = totals_not_judged(&run->totals, &namespaces);
	bool one = objects == 1;

	if (objects == 0)
		return;
	const char *text = arena_printf(run->request->arena, "%zu object%s in %zu namespace%s that %s not opted in %s not judged: "
					"--as enforce says what would become of %s", objects, plural(objects), namespaces, plural(namespaces),
					namespaces == 1 ? "has" : "have", one ? "is" : "are", one ? "it" : "them");
	wrap_print(stdout, text, 0, 0);
}

static void print_sum(struct run *run)
{
	const struct totals_counts *all = &run->totals.all;

	if (run->failed > 0 && all->objects == 0) {
		printf("%zu object%s could not be judged, and nothing else is of Spark Connect\n", run->failed,
		       plural(run->failed));
		return;
	}
	totals_print(&run->totals, run->request->color, stdout);
	exemptions_met_print(&run->exemptions, run->request->now, run->request->color, stdout);
	if (run->failed > 0)
		printf("%zu object%s could not be judged\n", run->failed, plural(run->failed));
	printf("%zu namespace%s, %zu object%s looked at, %zu of Spark Connect: enforce refuses %zu and\n"
	       "changes %zu; %zu with drift, %zu with warnings, %zu with notes\n",
	       run->namespaces, plural(run->namespaces), run->objects, plural(run->objects), all->objects, all->refused,
	       all->changed, all->drift, all->warned, all->noted);
	print_not_judged(run);
	if (run->since)
		print_news(run);
	print_next(run);
}

/* What could not be judged gets no Report now; one from an earlier audit stays. */
static int end_publishing(struct run *run, struct err *err)
{
	struct publisher *publisher = run->request->publisher;
	struct publish_counts n;

	if (!publisher)
		return 0;
	int rc = publisher_finish(publisher, run->failed == 0, &n, err);
	fprintf(stderr, "sparkgate audit: Reports: %zu created, %zu updated, %zu unchanged, %zu deleted\n", n.created,
		n.updated, n.unchanged, n.pruned);
	if (n.gone > 0)
		fprintf(stderr, "sparkgate audit: %zu not written, their namespace is being deleted\n", n.gone);
	return rc;
}

static int end_run(struct run *run, struct err *err)
{
	static const enum action limits[] = {
		[FAIL_ON_DENY] = ACTION_DENY, [FAIL_ON_WARN] = ACTION_WARN, [FAIL_ON_AUDIT] = ACTION_AUDIT};
	const struct audit_request *request = run->request;
	int published = end_publishing(run, err);

	report_writer_close(run->writer);
	if (request->format == REPORT_TABLE)
		print_sum(run);
	if (run->failed > 0 || published < 0)
		return 2; /* what could not be judged was reported */
	/* Output that did not arrive must not be remembered as seen; main() reports the failed write. */
	if (fflush(stdout) != 0 || ferror(stdout))
		return 2;
	if (run->since && since_save(run->since, request->now, err) < 0)
		return 2;
	if (request->fail_on == FAIL_ON_NEVER)
		return 0;
	return run->worst <= limits[request->fail_on];
}

/* What the numbers are about, in a sentence. */
static const char *scope_for_people(const struct audit_request *request)
{
	const char *mode = request->as_enforce ? "every namespace as if it were in enforce"
					       : "each namespace in its own mode";

	return arena_join(request->arena, mode, request->since ? "; only what is new since the last audit" : "");
}

int audit_command_run(const struct audit_request *request, struct err *err)
{
	struct run run = {.request = request,
			  .totals = {.arena = request->arena},
			  .exemptions = exemptions_met_of(request->policy, request->arena),
			  .worst = ACTION_OFF,
			  .terminal = isatty(STDERR_FILENO)};
	const struct audit audit = {.source = request->source,
				    .policy = request->policy,
				    .now = request->now,
				    .as_enforce = request->as_enforce,
				    .emit = emit,
				    .failed = say_failed,
				    .progress = show_progress,
				    .closure = &run};
	int code;

	if (request->since && since_open(request->since, request->scope, &run.since, err) < 0)
		return 2;
	run.writer = report_writer_open(&(struct report_style){.format = request->format,
							       .command = "audit",
							       .policy = request->policy->hash,
							       .color = request->color,
							       .columns = wrap_columns(STDOUT_FILENO),
							       .now = request->now,
							       .source = request->source_name,
							       .scope = scope_for_people(request),
							       .live = request->live,
							       .brief = true,
							       .own_end = true,
							       .out = stdout});
	int rc = audit_run(&audit, err);
	erase_progress(&run);
	if (rc < 0) {
		report_writer_abandon(run.writer);
		code = 2;
	} else {
		code = end_run(&run, err);
	}
	since_close(run.since);
	return code;
}
