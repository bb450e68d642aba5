/*
 * pasted.h - what the kubelet puts into a shell text before the shell reads it.
 *
 * $(NAME) in an element of command or args is replaced by the bytes of the value, whatever they are: in
 * `sh -c 'start.sh --name "$(X)"'` a value with a quote ends the word, and the rest becomes words of its own
 * (spark/kube_refs.h). So a text is what it seems to be only if no value has a byte that is syntax where it lands: in
 * double quotes another one, a backquote and the like; outside of quotes operators, too. $NAME, which the shell itself
 * expands, is safe within quotes.
 *
 * Linear. Threads: no state.
 */
#ifndef SPARK_PASTED_H
#define SPARK_PASTED_H

#include "spark/cmdline.h"
#include "spark/env_text.h"

/* NULL: there is none. */
struct pasted {
	const struct env_item *grammar; /* a value with such a byte, or too long to be looked at (env_text.h) */
	const struct env_item *unseen;  /* a value that is not known, so it may have such a byte: from a Secret, an annotation */
};

/* The first variable of each kind whose value goes into a text that the container of line passes to a shell. The names
 * in an envFrom that could not be read are not known: $(hostname) counts as a command there, as elsewhere. */
struct pasted pasted_values(const struct cmdline *line, struct env_texts *texts);

#endif
