#include "command/replay.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* ---- lines ---- */

static void bad_line(struct replay *r, const struct replay_place *at, const char *text)
{
	r->reading.bad_lines++;
	replay_complain(r, at, text);
}

static void take_list(struct replay *r, const struct json *items, const struct replay_place *at)
{
	size_t index = 0;

	if (items && json_type(items) != JSON_ARRAY)
		bad_line(r, at, "items of an EventList are not a list");
	JSON_EACH(item, items) {
		if (audit_is_list_item(item))
			replay_event(r, item, at);
		else
			bad_line(r, at, arena_printf(&r->event, "items[%zu]: expected an Event of audit.k8s.io", index));
		index++;
	}
}

static void take_root(struct replay *r, const struct json *root, const struct replay_place *at)
{
	if (audit_is_event_list(root)) {
		take_list(r, json_get(root, "items"), at);
	} else if (audit_is_event(root)) {
		replay_event(r, root, at);
	} else {
		bad_line(r, at, "expected an Event of audit.k8s.io");
	}
}

static void take_line(struct replay *r, const struct line *line, const struct replay_place *at)
{
	const struct json *root;
	struct err err = {""};

	if (line->text.len == 0)
		return;
	if (json_parse_limited(&r->event, line->text, AUDIT_JSON_NODES, &root, &err) == 0)
		take_root(r, root, at);
	else
		bad_line(r, at, line->unended ? "the last line is cut short" : err.text);
	arena_reset(&r->event);
}

static int take_lines(struct replay *r, const char *path, struct lines *lines, uint64_t before, struct err *err)
{
	struct replay_place at = {.path = path};
	enum lines_state state;
	struct line line;

	while ((state = lines_next(lines, &line, err)) == LINES_LINE || state == LINES_LONG) {
		at.line = line.number;
		if (state == LINES_LINE)
			take_line(r, &line, &at);
		else
			bad_line(r, &at, arena_printf(&r->event, "longer than %u MiB", AUDIT_LINE_MAX >> 20));
		progress_tick(&r->progress, before + lines_done(lines), r->reading.events);
	}
	return state == LINES_FAILED ? -1 : 0;
}

/* ---- files ---- */

static int take_file(struct replay *r, struct replay_file *file, uint64_t *before, struct err *err)
{
	if (!file->lines && lines_open(file->path, AUDIT_LINE_MAX, &file->lines, err) < 0)
		return -1;
	int failed = take_lines(r, file->path, file->lines, *before, err);
	*before += lines_done(file->lines);
	lines_close(file->lines);
	file->lines = NULL;
	return failed;
}

static int take_files(struct replay *r, struct replay_files *files, struct err *err)
{
	uint64_t before = 0;

	for (size_t i = 0; i < files->count; i++)
		if (take_file(r, &files->items[i], &before, err) < 0)
			return -1;
	return 0;
}

/* ---- what is printed ---- */

/* Standard output is for lines of JSON only. */
static void print_notes(struct replay *r)
{
	const char *notes[REPLAY_NOTES_MAX];
	size_t count = replay_notes(&r->event, &r->reading, notes);

	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "sparkgate review: not judged: %s\n", notes[i]);
}

static void print_end(struct replay *r)
{
	r->reading.forgotten = facts_history_forgotten(r->history);
	if (r->writer)
		print_notes(r);
	else
		replay_totals_print(r->totals, &r->reading, r->options->color, &r->event, stdout);
}

/* ---- all ---- */

static struct report_writer *open_writer(const struct replay_options *options)
{
	if (!options->json)
		return NULL;
	return report_writer_open(&(struct report_style){.format = REPORT_JSON,
							 .command = "review",
							 .policy = options->review->policy->hash,
							 .out = stdout});
}

static int parse_moment(const char *option, const char *text, int64_t *ret, struct err *err)
{
	if (text && clock_parse_time(slice_of(text), ret) < 0)
		return err_set(err, "--%s takes a moment in UTC as 2025-01-31T23:59:59Z, not '%s'", option, text);
	return 0;
}

int replay_begin(struct replay *r, struct review_input *input, const struct replay_options *options, uint64_t bytes,
		 struct err *err)
{
	*r = (struct replay){.options = options, .input = input};
	if (parse_moment("since", options->since, &r->since, err) < 0 ||
	    parse_moment("until", options->until, &r->until, err) < 0)
		return -1;
	r->history = facts_history_new(input->facts);
	r->seen = replay_seen_new();
	r->totals = replay_totals_new();
	r->writer = open_writer(options);
	r->progress = progress_start(!options->json || !isatty(STDOUT_FILENO), bytes);
	return 0;
}

void replay_end(struct replay *r, bool whole, struct review_outcome *outcome)
{
	progress_end(&r->progress);
	if (whole)
		print_end(r);
	outcome->refused = r->refused;
	outcome->failed = !whole || replay_reading_incomplete(&r->reading);
	report_writer_abandon(r->writer);
	replay_totals_free(r->totals);
	replay_seen_free(r->seen);
	facts_history_free(r->history);
	arena_release(&r->event);
}

int replay_run(struct review_input *input, struct replay_files *files, const struct replay_options *options,
	       struct review_outcome *outcome, struct err *err)
{
	struct replay r;

	if (replay_begin(&r, input, options, files->bytes, err) < 0)
		return -1;
	int failed = take_files(&r, files, err);
	replay_end(&r, failed == 0, outcome);
	return failed;
}
