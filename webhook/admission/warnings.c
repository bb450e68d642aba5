#include "admission/warnings.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/utf8.h"

/* A power of two, as each size of the table. */
#define SLOTS_FIRST 32

struct warnings warnings_in(struct arena *a, size_t limit)
{
	return (struct warnings){.arena = a, .limit = limit};
}

/* Where text is in the table, or belongs. */
static size_t *slot_of(const struct warnings *list, const char *text)
{
	size_t mask = list->slot_count - 1, at = hash(slice_of(text)) & mask;

	while (list->slots[at] && strcmp(list->items[list->slots[at] - 1].text, text) != 0)
		at = (at + 1) & mask;
	return &list->slots[at];
}

/* The table is half empty at least. */
static void make_slots(struct warnings *list)
{
	if (list->count * 2 < list->slot_count)
		return;
	list->slot_count = list->slot_count ? list->slot_count * 2 : SLOTS_FIRST;
	list->slots = ARENA_ARRAY(list->arena, list->slot_count, size_t);
	for (size_t i = 0; i < list->count; i++)
		*slot_of(list, list->items[i].text) = i + 1;
}

static void add(struct warnings *list, const char *text, bool whole)
{
	make_slots(list);
	size_t *slot = slot_of(list, text);

	if (*slot) {
		list->items[*slot - 1].times++;
		return;
	}
	*slot = list->count + 1;
	*ARENA_PUSH(list->arena, list->items, &list->cap, list->count) = (struct warning){text, 1, whole};
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

/* whole_max: the limit for one that is not cut, so that it does not exceed what is left for all. */
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
		size_t left = room - total > LIMIT_WARNING_CHARS ? room - total : LIMIT_WARNING_CHARS;
		const char *text = finish(list->arena, &list->items[i], left);
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
