#include "spark/assigned.h"

#include "spark/shell_names.h"

#include <stdlib.h>

/* Words by their address: those whose value is a text. */
struct hosts {
	const struct word **items;
	size_t count;
};

static int by_address(const void *a, const void *b)
{
	const struct word *const *left = a, *const *right = b;

	return (*left > *right) - (*left < *right);
}

static struct hosts hosts_of(struct arena *a, const struct cmdline_home *home)
{
	struct hosts hosts = {.items = ARENA_ARRAY(a, home->text_count, const struct word *)};

	for (size_t i = 0; i < home->text_count; i++)
		if (home->texts[i]->host)
			hosts.items[hosts.count++] = home->texts[i]->host;
	if (hosts.count > 0)
		qsort(hosts.items, hosts.count, sizeof(*hosts.items), by_address);
	return hosts;
}

static bool is_text(const struct hosts *hosts, const struct word *word)
{
	return hosts->count > 0 && bsearch(&word, hosts->items, hosts->count, sizeof(*hosts->items), by_address);
}

/* No option does. */
static bool is_assigning(const struct word *word)
{
	struct slice name, value = word->value;
	bool appends;

	return value.len > 0 && shell_is_name_byte(*value.ptr) && shell_assignment(word->value, &name, &value, &appends);
}

void assigned_words(struct arena *a, const struct cmdline_home *home, bool (*judge)(const void *context, const struct word *word),
		    const void *context)
{
	struct hosts hosts = hosts_of(a, home);

	for (size_t i = 0; i < home->text_count + 2; i++) {
		const struct carrier *words = i == 0 ? &home->command : i == 1 ? &home->args
									       : home->texts[i - 2];

		for (const struct word *w = words->first; w; w = w->next)
			if (is_assigning(w) && !is_text(&hosts, w) && judge(context, w))
				return;
	}
}
