/* From marked words to patch operations: only the elements that changed. */
#include "spark/cmdline_line.h"

/* Write inner texts into the words that hold them, the innermost first. */
static void render_texts(struct cmdline_home *home)
{
	for (size_t i = home->text_count; i > 0; i--) {
		struct carrier *c = home->texts[i - 1];
		struct slice text;

		if (!carrier_edited(c))
			continue;
		text = carrier_render(home->arena, c);
		if (slice_eq(text, c->text))
			continue;
		if (c->in_quotes)
			word_change_source(c->host, slice_of(arena_printf(home->arena, "\"%.*s\"", SLICE_ARG(text))));
		else
			word_change(c->host, text, text);
	}
}

static void patch_array(const struct cmdline_home *home, const struct carrier *c, struct json_patch *patch)
{
	static const char *const ops[] = {NULL, "replace", "add", "remove"};
	size_t index = 0; /* in the array as left by the operations so far */

	for (struct word *w = c->first; w; w = w->next) {
		struct slice value = SLICE_NONE;

		if (w->state == WORD_CHANGED || w->state == WORD_ADDED)
			value = json_patch_string(home->arena, w->fresh);
		if (w->state != WORD_KEPT)
			json_patch_add(patch, ops[w->state],
				       w->index == index ? word_pointer(home->arena, w) : arena_path(home->arena, c->pointer, index), value);
		index += w->state != WORD_REMOVED;
	}
}

void cmdlines_patch(const struct cmdlines *lines, struct json_patch *patch)
{
	struct cmdline_home *home = lines->count ? lines->items[0].home : NULL;

	if (!home)
		return;
	render_texts(home);
	patch_array(home, &home->command, patch);
	patch_array(home, &home->args, patch);
}
