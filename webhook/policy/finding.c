#include "policy/finding.h"

const char *action_name(enum action action)
{
	static const char *const names[] = {"deny", "warn", "audit", "off"};

	return names[action];
}

void changes_add(struct changes *list, struct arena *a, struct change change)
{
	list->items = arena_grow(a, list->items, &list->cap, list->count + 1, sizeof(change));
	list->items[list->count++] = change;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same(const struct finding *a, const struct finding *b)
{
	return same_text(a->rule, b->rule) && same_text(a->message, b->message) &&
	       same_text(a->place.pointer, b->place.pointer);
}

void findings_add(struct findings *list, struct arena *a, struct finding finding)
{
	for (size_t i = 0; i < list->count; i++)
		if (same(&list->items[i], &finding))
			return;
	list->items = arena_grow(a, list->items, &list->cap, list->count + 1, sizeof(finding));
	list->items[list->count++] = finding;
}

bool findings_deny(const struct findings *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].action == ACTION_DENY)
			return true;
	return false;
}
