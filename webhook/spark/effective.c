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

const struct setting *view_file_winner(const struct view *view, struct slice key)
{
	const struct setting *s = settings_last(&view->settings, SOURCE_PROPERTIES_FILE, key);

	return s ? s : settings_last(&view->settings, SOURCE_DEFAULTS_FILE, key);
}
