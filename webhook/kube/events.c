#include "kube/events.h"

#include "base/limits.h"
#include "base/secret.h"

#include <stdlib.h>

/* A longer line's memory is not kept for the next one. */
#define LINE_KEPT (64u * 1024)

struct kube_events kube_events_of(bool (*on_event)(void *, enum kube_event, const struct json *), void *closure)
{
	return (struct kube_events){.on_event = on_event, .closure = closure, .arena = ARENA_SECRET};
}

void kube_events_end(struct kube_events *events)
{
	secret_free(events->line);
	events->line = NULL;
	events->len = events->cap = 0;
	arena_release(&events->arena);
}

static int event_of(const char *name, enum kube_event *ret)
{
	static const char *const names[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"};

	for (unsigned i = 0; i < COUNT_OF(names); i++)
		if (strcmp(name, names[i]) == 0) {
			*ret = (enum kube_event)i;
			return 0;
		}
	return -1;
}

static int take_line(struct kube_events *events, struct slice line, struct err *err)
{
	const struct json *root;
	enum kube_event event;

	if (json_parse_served(&events->arena, line, LIMIT_JSON_NODES, &root, err) < 0)
		return err_wrap(err, "event");
	const char *type = json_text(json_get(root, "type"), "");
	const struct json *object = json_get(root, "object");
	if (event_of(type, &event) < 0)
		return err_set(err, "an event of unknown type '%s'", type);
	if (json_type(object) != JSON_OBJECT)
		return err_set(err, "an event without an object");
	return events->on_event(events->closure, event, object) ? 0 : -1;
}

static int keep(struct kube_events *events, struct slice part, struct err *err)
{
	size_t need = events->len + part.len, cap = events->cap ? events->cap : 4096;

	if (need > LIMIT_BODY_BYTES)
		return err_set(err, "an event of more than %u bytes", LIMIT_BODY_BYTES);
	while (cap < need)
		cap *= 2;
	if (cap != events->cap) {
		char *line = secret_realloc(events->line, cap);
		if (!line)
			out_of_memory();
		events->line = line;
		events->cap = cap;
	}
	memcpy(events->line + events->len, part.ptr, part.len);
	events->len = need;
	return 0;
}

/* A whole line: most come in one piece and need no copy. */
static int end_line(struct kube_events *events, struct slice tail, struct err *err)
{
	struct slice line = tail;

	if (events->len > 0) {
		if (keep(events, tail, err) < 0)
			return -1;
		line = (struct slice){events->line, events->len};
	}
	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	int rc = line.len > 0 ? take_line(events, line, err) : 0;
	if (events->len > 0)
		explicit_bzero(events->line, events->len);
	events->len = 0;
	arena_reset(&events->arena);
	if (events->cap > LINE_KEPT) {
		secret_free(events->line);
		events->line = NULL;
		events->cap = 0;
	}
	return rc;
}

int kube_events_take(struct kube_events *events, struct slice piece, struct err *err)
{
	while (piece.len > 0) {
		const char *end = memchr(piece.ptr, '\n', piece.len);
		if (!end)
			return keep(events, piece, err);
		struct slice head = {piece.ptr, (size_t)(end - piece.ptr)};
		piece.ptr = end + 1;
		piece.len -= head.len + 1;
		if (end_line(events, head, err) < 0)
			return -1;
	}
	return 0;
}
