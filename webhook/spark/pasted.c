#include "spark/pasted.h"

#include "spark/cmdline_line.h"
#include "spark/kube_refs.h"

/* Blanks part words, as those of $NAME without quotes do, and what a shell puts in for a '$' is none of its grammar. From
 * byte known on, a reference stands for a value that nobody knows. */
static bool has_grammar(struct slice text, size_t known)
{
	for (size_t i = 0; i < text.len; i++) {
		struct slice name = i < known ? (struct slice){NULL, 0} : kube_ref_name((struct slice){text.ptr + i, text.len - i});

		if (name.ptr)
			i += name.len + KUBE_REF_EXTRA - 1;
		else if (memchr("\"'\\`;&|<>()#\n", text.ptr[i], sizeof("\"'\\`;&|<>()#\n") - 1))
			return true;
	}
	return false;
}

/* The first of each kind counts. */
static void look_at(struct pasted *found, struct env_texts *texts, const struct env_item *item)
{
	size_t known = 0;
	struct slice value = env_text(texts, item, &known);
	bool of_the_pod = item->kind == ENV_POD_IP || item->kind == ENV_POD_NAME || item->kind == ENV_FIELD;

	if (of_the_pod)
		return; /* names and addresses, none of which has such a byte */
	if (value.ptr && has_grammar(value, known))
		found->grammar = found->grammar ? found->grammar : item;
	else if (!value.ptr || known < value.len)
		found->unseen = found->unseen ? found->unseen : item;
}

/* A long value can be named very often: each is asked once. */
static bool is_new(bool *asked, const struct environment *env, const struct env_item *item)
{
	size_t at = (size_t)(item - env->items);
	bool new = !asked[at];

	asked[at] = true;
	return new;
}

static void look_into(struct pasted *found, struct env_texts *texts, bool *asked, struct slice text)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		struct slice name = {NULL, 0};

		if (text.ptr[i] == '$' && text.ptr[i + 1] == '$') /* one dollar, and no reference */
			i++;
		else if (text.ptr[i] == '$')
			name = kube_ref_name((struct slice){text.ptr + i, text.len - i});
		const struct env_item *item = name.ptr ? environment_find(texts->env, arena_dup(texts->a, name)) : NULL;
		if (item && is_new(asked, texts->env, item))
			look_at(found, texts, item);
	}
}

struct pasted pasted_values(const struct cmdline *line, struct env_texts *texts)
{
	const struct cmdline_home *home = line->home;
	bool *asked = ARENA_ARRAY(texts->a, texts->env->count + 1, bool);
	struct pasted found = {NULL, NULL};

	for (size_t i = 0; i < home->text_count; i++) {
		const struct word *host = home->texts[i]->host;

		if (host && host->in && host->in->kind == CARRIER_ARRAY)
			look_into(&found, texts, asked, host->fresh);
	}
	return found;
}
