#include "spark/effective.h"

const struct setting *view_winner(const struct view *view, struct slice key)
{
	const struct setting *best = NULL;
	uint32_t mark = slice_mark(key);

	if (!settings_may_have(&view->settings, mark))
		return NULL;
	for (size_t i = view->settings.count; i-- > 0;) {
		const struct setting *s = &view->settings.items[i];
		if (s->mark == mark && (!best || s->source < best->source) && slice_eq(s->key, key))
			best = s;
	}
	return best;
}

bool view_is_guess(const struct view *view, const struct setting *winner)
{
	bool is_read = view->sure && winner->data_key == view->sure;

	return view->guessed && setting_is_of_file(winner) && !is_read;
}

const struct setting *view_file_unlike(const struct view *view, struct slice key, struct slice value)
{
	uint32_t mark = slice_mark(key);

	for (size_t i = view->settings.count; i-- > 0;) {
		const struct setting *s = &view->settings.items[i];
		if (s->mark == mark && setting_is_of_file(s) && slice_eq(s->key, key) && !slice_eq(s->value, value))
			return s;
	}
	return NULL;
}

const struct setting *view_file_winner(const struct view *view, struct slice key)
{
	const struct setting *s = settings_last(&view->settings, SOURCE_PROPERTIES_FILE, key);

	return s ? s : settings_last(&view->settings, SOURCE_DEFAULTS_FILE, key);
}
