/*
 * template.h - the value of a rule, with placeholders for what is known only when an object is there.
 *
 * {word}, of letters, is one. ${word} and {{word}} are not: they are Spark's, and those of pod templates.
 *
 *	struct slice rest = slice_of(rule->value);
 *	for (struct template_part part; template_next(&rest, &part);)
 *		... part.plain, and behind it what part.what stands for
 *
 * Ownership: slices into the template. Threads: no state.
 */
#ifndef POLICY_TEMPLATE_H
#define POLICY_TEMPLATE_H

#include "base/slice.h"

enum placeholder {
	PLACEHOLDER_MASTER,         /* {master}: of the backend in force */
	PLACEHOLDER_NAMESPACE,      /* {namespace} */
	PLACEHOLDER_EXECUTOR_CORES, /* {executorCores} */
	PLACEHOLDER_POD_IP,         /* {podIP} */
	PLACEHOLDER_POD_NAME,       /* {podName} */
	PLACEHOLDER_IMAGE,          /* {image}: of the container that runs Spark */
	PLACEHOLDER_PULL_SECRETS,   /* {pullSecrets}: of the pod, "a,b" */
	PLACEHOLDER_COUNT,          /* another word: policies that have one are not compiled */
	PLACEHOLDER_NONE            /* the end of the template */
};

/* The words, by enum. */
extern const char *const placeholder_words[PLACEHOLDER_COUNT];

struct template_part {
	struct slice plain;    /* the text in front */
	struct slice word;     /* without the braces */
	enum placeholder what;
};

/* Cut the next part off rest; false past the end. */
bool template_next(struct slice *rest, struct template_part *ret);

/* The placeholders that it has, a bit for each: 1 << PLACEHOLDER_MASTER. */
unsigned template_asks(struct slice template);

/* Those that only a pod has; and of these, those that a variable of the container holds. */
#define PLACEHOLDERS_OF_VARIABLES (1u << PLACEHOLDER_POD_IP | 1u << PLACEHOLDER_POD_NAME)
#define PLACEHOLDERS_OF_POD (PLACEHOLDERS_OF_VARIABLES | 1u << PLACEHOLDER_IMAGE | 1u << PLACEHOLDER_PULL_SECRETS)

#endif
