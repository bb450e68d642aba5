/* The stream of a watch, cut as the network likes: the first byte says how. However it is cut, the same Namespaces are
 * known in the end; and what is kept of each is JSON of bounded size. */
#include "base/limits.h"
#include "facts/namespaces.h"
#include "kube/events.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take(void *closure, enum kube_event event, const struct json *object)
{
	struct namespaces *table = closure;
	const char *name = json_text(json_get(json_get(object, "metadata"), "name"), "");
	struct arena arena = ARENA_INIT;
	const struct json *back;
	struct err err = {""};
	struct slice text;
	bool opted_in;

	if (event == KUBE_DELETED)
		namespaces_remove(table, name);
	else if (event != KUBE_ERROR)
		namespaces_put(table, object);
	if (namespaces_find(table, name, &text, &opted_in) && json_parse(&arena, text, &back, &err) < 0)
		abort();
	arena_release(&arena);
	return event != KUBE_ERROR;
}

/* How many Namespaces are known at the end of the stream. */
static size_t play(struct slice text, size_t step)
{
	struct namespaces *table = namespaces_new();
	struct kube_events events = kube_events_of(take, table);
	struct err err = {""};

	for (size_t at = 0; at < text.len; at += step) {
		struct slice piece = {text.ptr + at, text.len - at < step ? text.len - at : step};
		if (kube_events_take(&events, piece, &err) < 0)
			break;
		if (events.len > LIMIT_BODY_BYTES)
			abort();
	}
	size_t count = namespaces_count(table);
	kube_events_end(&events);
	namespaces_free(table);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_setup();
	if (size == 0)
		return 0;
	struct slice text = {(const char *)data + 1, size - 1};
	if (play(text, (size_t)data[0] + 1) != play(text, size))
		abort();
	return 0;
}
