#include "spark/assigned.h"

#include "spark/shell_names.h"

/* No option does. */
static bool is_assigning(const struct word *word)
{
	struct slice name, value = word->value;
	bool appends;

	return value.len > 0 && shell_is_name_byte(*value.ptr) && shell_assignment(word->value, &name, &value, &appends);
}

void assigned_words(const struct cmdline_home *home, bool (*judge)(const void *context, const struct word *word), const void *context)
{
	for (size_t i = 0; i < home->text_count + 2; i++) {
		const struct carrier *words = i == 0 ? &home->command : i == 1 ? &home->args
									       : home->texts[i - 2];

		for (const struct word *w = words->first; w; w = w->next)
			if (is_assigning(w) && !w->is_text && judge(context, w))
				return;
	}
}
