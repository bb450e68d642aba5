#include "spark/effective.h"

const struct setting *view_winner(const struct view *view, struct slice key)
{
	for (int source = SOURCE_OPTION; source <= SOURCE_ENVIRONMENT; source++) {
		const struct setting *s = settings_last(&view->settings, (enum setting_source)source, key);
		if (s)
			return s;
	}
	return NULL;
}

const struct setting *view_file_winner(const struct view *view, struct slice key)
{
	const struct setting *s = settings_last(&view->settings, SOURCE_PROPERTIES_FILE, key);

	return s ? s : settings_last(&view->settings, SOURCE_DEFAULTS_FILE, key);
}

enum known view_known(const struct view *view, struct slice key)
{
	if (view_winner(view, key))
		return KNOWN_PRESENT;
	return view->unseen ? KNOWN_UNSEEN : KNOWN_ABSENT;
}
