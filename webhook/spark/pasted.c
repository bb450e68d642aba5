#include "spark/pasted.h"

#include "spark/cmdline_line.h"
#include "spark/shell_names.h"

/* Is what begins with this '$' no more than a variable? "$", "$(" and "${" open something, "$@" is many words. */
static bool is_variable(struct slice rest)
{
	struct slice name;

	return !slice_starts(rest, "$(") && shell_skip_variable(&rest, &name);
}

/* Does a shell read the first byte of rest as syntax? Blanks split words, just as those of an unquoted $NAME do. */
static bool is_grammar(struct slice rest, enum quotes quotes, bool in_word)
{
	char c = *rest.ptr;

	switch (quotes) {
	case QUOTES_COMMENT:
		return c == '\n';
	case QUOTES_SINGLE:
		return c == '\'';
	case QUOTES_DOCUMENT:
	case QUOTES_DOUBLE:
		return c == (quotes == QUOTES_DOUBLE ? '"' : '\n') || c == '`' || (c == '$' && !is_variable(rest)) ||
		       (c == '\\' && (rest.len == 1 || strchr("\"`$\\\n", rest.ptr[1])));
	case QUOTES_NONE:
		return strchr("\"'\\`;&|<>()\n", c) || (c == '#' && !in_word) || (c == '$' && !is_variable(rest));
	case QUOTES_OTHER:
		break;
	}
	return strchr("\"'\\`;&|<>()\n#{}", c) || (c == '$' && !is_variable(rest));
}

/* From byte `known` on, a reference to a variable stands for a value that nobody knows. */
static bool has_grammar(const struct environment *env, struct slice text, size_t known, enum quotes quotes)
{
	struct kube_scan scan = {.text = text, .at = known};
	struct kube_ref ref;
	bool more = kube_scan_next(&scan, &ref);

	for (size_t i = 0; i < text.len; i++) {
		bool stands = more && i == ref.at && ref.name.ptr && environment_find(env, ref.name);
		size_t len = stands ? ref.len : 1;

		if (!stands && is_grammar((struct slice){text.ptr + i, text.len - i}, quotes, i > 0 && !strchr(" \t", text.ptr[i - 1])))
			return true;
		if (more && i == ref.at)
			more = kube_scan_next(&scan, &ref);
		i += len - 1;
	}
	return false;
}

/* The first of each kind counts. */
static void look_at(struct pasted *found, struct env_texts *texts, const struct env_item *item, enum quotes quotes)
{
	size_t known = 0;
	struct slice value = env_text(texts, item, &known);
	bool of_the_pod = item->kind == ENV_POD_IP || item->kind == ENV_POD_NAME || item->kind == ENV_FIELD;

	if (of_the_pod)
		return; /* names and addresses, none of which has such a byte */
	if ((item->refers && texts->budget == 0) || (value.ptr && has_grammar(texts->env, value, known, quotes)))
		found->grammar = found->grammar ? found->grammar : item;
	else if (!value.ptr || known < value.len)
		found->unseen = found->unseen ? found->unseen : item;
}

/* A long value can be referred to many times: look at each only once for each kind of quotes. */
static bool is_new(unsigned char *asked, const struct environment *env, const struct env_item *item, enum quotes quotes)
{
	unsigned char *of_item = &asked[item - env->items], bit = (unsigned char)(1u << quotes);
	bool new = !(*of_item & bit);

	*of_item |= bit;
	return new;
}

static void look_into(struct pasted *found, struct env_texts *texts, unsigned char *asked, const struct carrier *text)
{
	struct kube_scan scan = {.text = text->host->fresh};
	size_t i = 0;

	for (struct kube_ref ref; kube_scan_next(&scan, &ref);) {
		const struct env_item *item = ref.name.ptr ? environment_find(texts->env, ref.name) : NULL;

		while (i < text->dollar_count && text->dollars[i].at < ref.at)
			i++;
		enum quotes quotes = i < text->dollar_count && text->dollars[i].at == ref.at ? text->dollars[i].quotes : QUOTES_OTHER;
		if (item && is_new(asked, texts->env, item, quotes))
			look_at(found, texts, item, quotes);
	}
}

struct pasted pasted_values(const struct cmdline *line, struct env_texts *texts)
{
	const struct cmdline_home *home = line->home;
	unsigned char *asked = ARENA_ARRAY(texts->a, texts->env->count + 1, unsigned char);
	struct pasted found = {NULL, NULL};

	for (size_t i = 0; i < home->text_count; i++) {
		const struct carrier *text = home->texts[i];

		if (text->host && text->host->in && text->host->in->kind == CARRIER_ARRAY)
			look_into(&found, texts, asked, text);
	}
	return found;
}
