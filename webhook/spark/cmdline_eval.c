/* What eval reads: all its words as one text, so that each is read a second time. */
#include "spark/cmdline_line.h"

bool eval_reads(const struct argument *words, size_t count)
{
	size_t i = 0;

	while (i < count && (words[i].word->assignment || word_has_role(words[i].word, WORD_ROLE_PASSES)))
		i++;
	return i < count && word_has_role(words[i].word, WORD_ROLE_EVAL);
}

/* Is it one word, and the same, when a shell has read it once more? */
static bool survives(struct kube_env *env, const struct word *word)
{
	struct kube_scan scan = {.text = word->value};

	for (struct kube_ref ref; kube_scan_next(&scan, &ref);) {
		const struct kube_var *var = ref.name.ptr ? kube_env_find(env, ref.name) : NULL;

		if (!var || var->parts)
			return false;
	}
	return word->literal && shell_is_plain(word->value);
}

void eval_read(struct kube_env *env, const struct argument *words, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct word *word = words[i].word;

		if (word->in && word->in->kind == CARRIER_TEXT)
			carrier_forget_quotes(word->in, word->start, word->end);
		if (survives(env, word))
			continue;
		word->parts = true;
		word->spreads |= word->literal; /* 'a --master b' */
	}
}
