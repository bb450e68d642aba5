#include "spark/rule_settings.h"

#include <stdlib.h>

#include "spark/rule_match.h"

static int by_key(const void *x, const void *y)
{
	const struct setting *a = *(const struct setting *const *)x, *b = *(const struct setting *const *)y;
	int order = slice_order(a->key, b->key);

	return order ? order : (a > b) - (a < b);
}

void rule_settings_begin(struct rule_settings *found, struct arena *a, const struct rule *rule)
{
	const struct settings *list = &found->view->settings;
	struct wanted wanted = rule_wants(rule);

	found->rule = rule;
	found->count = found->at = 0;
	if (!wanted.prefix && !settings_may_have(list, slice_mark(wanted.text)))
		return;
	for (size_t i = 0; i < list->count; i++) {
		if (!key_fits(&wanted, list->items[i].key))
			continue;
		*ARENA_PUSH(a, found->items, &found->cap, found->count) = &list->items[i];
	}
	if (found->count > 1)
		qsort(found->items, found->count, sizeof(*found->items), by_key);
}

/* The index after the settings that share the next key. */
static size_t end_of_key(const struct rule_settings *found)
{
	size_t end = found->at;

	while (end < found->count && slice_eq(found->items[end]->key, found->items[found->at]->key))
		end++;
	return end;
}

/* Within one source the last wins. */
static struct setting_group group_of(const struct rule_settings *found, size_t end)
{
	struct setting_group group = {.winner = NULL};

	for (size_t i = end; i-- > found->at;) {
		const struct setting *s = found->items[i];
		if (!group.winner || s->source < group.winner->source)
			group.winner = s;
		if (setting_is_of_file(s) && (!group.file || s->source < group.file->source))
			group.file = s;
		group.on_line |= setting_is_on_line(s);
	}
	return group;
}

const struct setting *rule_settings_winner(struct rule_settings *found)
{
	size_t end = end_of_key(found);
	const struct setting *winner = group_of(found, end).winner;

	found->at = end;
	return winner;
}

/* The last setting in a file that breaks the rule; NULL: none does. */
static const struct setting *breaking_in_files(const struct rule_settings *found, size_t end)
{
	for (size_t i = end; i-- > found->at;) {
		const struct setting *s = found->items[i];
		if (setting_is_of_file(s) && rule_may_match(found->rule, s) && !rule_is_content(found->rule, s))
			return s;
	}
	return NULL;
}

const struct setting *rule_settings_next(struct rule_settings *found)
{
	while (found->at < found->count) {
		size_t end = end_of_key(found);
		found->group = group_of(found, end);
		const struct setting *winner = found->group.winner;
		const struct setting *breaking = view_is_guess(found->view, winner) ? breaking_in_files(found, end) : NULL;

		found->at = end;
		if (breaking)
			return breaking;
		if (rule_may_match(found->rule, winner))
			return winner;
	}
	return NULL;
}
