#include "policy/template.h"

#include "policy/words.h"

const char *const placeholder_words[PLACEHOLDER_COUNT] = {
	[PLACEHOLDER_MASTER] = "master",
	[PLACEHOLDER_NAMESPACE] = "namespace",
	[PLACEHOLDER_EXECUTOR_CORES] = "executorCores",
	[PLACEHOLDER_POD_IP] = "podIP",
	[PLACEHOLDER_POD_NAME] = "podName",
	[PLACEHOLDER_IMAGE] = "image",
	[PLACEHOLDER_PULL_SECRETS] = "pullSecrets",
};

/* The word in the braces that open at that place; ptr NULL: they are no placeholder's. */
static struct slice word_at(struct slice text, size_t at)
{
	struct slice word = slice_from(text, at + 1);
	size_t len = 0;

	if (at > 0 && strchr("${", text.ptr[at - 1]))
		return SLICE_NONE;
	while (len < word.len && char_is_letter(word.ptr[len]))
		len++;
	return len > 0 && len < word.len && word.ptr[len] == '}' ? (struct slice){word.ptr, len} : SLICE_NONE;
}

bool template_next(struct slice *rest, struct template_part *ret)
{
	struct slice text = *rest;

	for (size_t at = 0; at < text.len; at++) {
		struct slice word = text.ptr[at] == '{' ? word_at(text, at) : SLICE_NONE;
		if (!word.ptr)
			continue;
		int what = word_index(word, placeholder_words, PLACEHOLDER_COUNT);
		*ret = (struct template_part){{text.ptr, at}, word, what < 0 ? PLACEHOLDER_COUNT : (enum placeholder)what};
		*rest = slice_from(text, at + word.len + 2);
		return true;
	}
	*ret = (struct template_part){.plain = text, .what = PLACEHOLDER_NONE};
	*rest = SLICE_NONE;
	return text.len > 0;
}

unsigned template_asks(struct slice template)
{
	unsigned asks = 0;

	for (struct template_part part; template_next(&template, &part);)
		asks |= 1u << part.what;
	return asks;
}
