#include "admission/warnings.h"

#include "base/limits.h"
#include "base/utf8.h"

struct warnings warnings_in(struct arena *a, size_t limit)
{
	return (struct warnings){.arena = a, .limit = limit};
}

static void add(struct warnings *list, const char *text, bool whole)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].text, text) == 0) {
			list->items[i].times++;
			return;
		}
	list->items = arena_grow(list->arena, list->items, &list->cap, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = (struct warning){text, 1, whole};
}

void warnings_add(struct warnings *list, const char *text)
{
	add(list, text, false);
}

void warnings_add_whole(struct warnings *list, const char *text)
{
	add(list, text, true);
}

char *text_cut(struct arena *a, const char *text, size_t max)
{
	struct slice whole = slice_of(text);

	return whole.len <= max ? arena_dup(a, whole) : arena_printf(a, "%.*s...", (int)utf8_cut(whole, max - 3), text);
}

/* whole_max: the limit for one that is not cut, so that it alone does not exceed what all may take. */
static const char *finish(struct arena *a, const struct warning *w, size_t whole_max)
{
	const char *counted = w->times > 1 ? arena_printf(a, " (%u times)", w->times) : "";
	size_t max = (w->whole ? whole_max : LIMIT_WARNING_CHARS) - strlen(counted);

	return utf8_one_line(arena_printf(a, "%s%s", text_cut(a, w->text, max), counted));
}

const char *const *warnings_done(struct warnings *list, size_t *count)
{
	const char **texts = ARENA_ARRAY(list->arena, list->count + 1, const char *);
	size_t total = 0, n = 0, room = list->limit - LIMIT_WARNING_CHARS; /* the last line needs its own */

	for (size_t i = 0; i < list->count; i++) {
		const char *text = finish(list->arena, &list->items[i], room);
		if (total + strlen(text) > room) {
			texts[n++] = arena_printf(list->arena, "sparkgate: %zu more warnings, see the audit annotations",
						  list->count - i);
			break;
		}
		total += strlen(text);
		texts[n++] = text;
	}
	*count = n;
	return texts;
}
