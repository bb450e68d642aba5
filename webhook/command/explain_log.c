/* The events of an audit log that explain is asked about: found line by line, in a log of any length. */
#include "base/lines.h"
#include "command/audit_event.h"
#include "command/explain.h"

struct reading {
	struct arena *arena;   /* for what is kept */
	struct arena scratch;  /* for one line */
	explain_event_is_meant *is_meant;
	const void *closure;
	struct explain_events *found;
	const char *path;
};

static bool is_full(const struct reading *r)
{
	return r->found->count == EXPLAIN_EVENTS_MAX;
}

/* An event that is not meant is forgotten with its line. */
static int look_at(struct reading *r, const struct json *event, struct err *err)
{
	struct past past;

	if (is_full(r))
		return 0;
	if (past_read_event(event, &r->scratch, &past, err) < 0)
		return -1;
	if (r->is_meant(&past, r->closure))
		explain_events_add(r->arena, r->found, json_copy(r->arena, event), r->path);
	return 0;
}

static int look_at_line(struct reading *r, struct slice text, struct err *err)
{
	const struct json *root;

	if (json_parse_limited(&r->scratch, text, AUDIT_JSON_NODES, &root, err) < 0)
		return -1;
	if (!audit_is_event_list(root))
		return audit_is_event(root) ? look_at(r, root, err) : 0;
	JSON_EACH(item, json_get(root, "items"))
		if (audit_is_list_item(item) && look_at(r, item, err) < 0)
			return -1;
	return 0;
}

/* A line that is cut (a log that is being written) or too long is not the one that is looked for, as far as anybody can tell. */
static int read_file(struct reading *r, struct replay_file *file, struct err *err)
{
	enum lines_state state = LINES_END;
	struct line line;

	r->path = file->path;
	if (!file->lines && lines_open(file->path, AUDIT_LINE_MAX, &file->lines, err) < 0)
		return -1;
	while (!is_full(r) && (state = lines_next(file->lines, &line, err)) != LINES_END && state != LINES_FAILED) {
		struct err ignored;
		if (state == LINES_LINE && line.text.len > 0)
			(void)look_at_line(r, line.text, &ignored);
		arena_reset(&r->scratch);
	}
	return state == LINES_FAILED ? -1 : 0;
}

int explain_log_read(struct arena *a, const struct replay_files *files, explain_event_is_meant *is_meant,
		     const void *closure, struct explain_events *ret, struct err *err)
{
	struct reading r = {.arena = a, .is_meant = is_meant, .closure = closure, .found = ret};
	int rc = 0;

	*ret = (struct explain_events){.count = 0};
	for (size_t i = 0; i < files->count && rc == 0; i++)
		rc = read_file(&r, &files->items[i], err);
	arena_release(&r.scratch);
	return rc;
}
