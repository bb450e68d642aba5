#include "spark/pasted.h"

#include "spark/cmdline_line.h"

/* Blanks part words, as those of $NAME without quotes do, and what a shell puts in for a '$' is none of its grammar. */
static bool has_grammar(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (memchr("\"'\\`;&|<>()#\n", text.ptr[i], sizeof("\"'\\`;&|<>()#\n") - 1))
			return true;
	return false;
}

static bool may_have_grammar(struct env_texts *texts, const struct env_item *item)
{
	size_t known = 0;
	struct slice value = env_text(texts, item, &known);
	bool of_the_pod = item->kind == ENV_POD_IP || item->kind == ENV_POD_NAME || item->kind == ENV_FIELD;

	return !of_the_pod && (!value.ptr || known < value.len || has_grammar(value));
}

/* A long value can be named very often: each is asked once. */
static bool is_new(bool *asked, const struct environment *env, const struct env_item *item)
{
	size_t at = (size_t)(item - env->items);
	bool new = !asked[at];

	asked[at] = true;
	return new;
}

static const struct env_item *in_text(struct env_texts *texts, bool *asked, struct slice text)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		struct slice name = {NULL, 0};

		if (text.ptr[i] == '$' && text.ptr[i + 1] == '$') /* one dollar, and no reference */
			i++;
		else if (text.ptr[i] == '$')
			name = kube_ref_name((struct slice){text.ptr + i, text.len - i});
		const struct env_item *item = name.ptr ? environment_find(texts->env, arena_dup(texts->a, name)) : NULL;
		if (item && is_new(asked, texts->env, item) && may_have_grammar(texts, item))
			return item;
	}
	return NULL;
}

const struct env_item *pasted_grammar(const struct cmdline *line, struct env_texts *texts)
{
	const struct cmdline_home *home = line->home;
	bool *asked = ARENA_ARRAY(texts->a, texts->env->count + 1, bool);

	for (size_t i = 0; i < home->text_count; i++) {
		const struct word *host = home->texts[i]->host;
		bool in_array = host && host->in && host->in->kind == CARRIER_ARRAY;
		const struct env_item *item = in_array ? in_text(texts, asked, host->fresh) : NULL;

		if (item)
			return item;
	}
	return NULL;
}
