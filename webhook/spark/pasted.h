/*
 * pasted.h - what the kubelet puts into the text of a shell before that reads it.
 *
 * $(NAME) in an element of command or args is replaced by the bytes of the value, whatever they are: in
 * `sh -c 'start.sh --name "$(X)"'` a value with a quote ends the word, and what follows are words of its own
 * (spark/kube_refs.h). So a text is only what it seems to be if no value has a byte that is grammar where it stands: in
 * double quotes another one, a backquote and the like, outside of quotes operators, too. $NAME, which the shell puts in,
 * is safe within quotes.
 *
 * Linear. Threads: no state.
 */
#ifndef SPARK_PASTED_H
#define SPARK_PASTED_H

#include "spark/cmdline.h"
#include "spark/env_text.h"

/* NULL: none. */
struct pasted {
	const struct env_item *grammar; /* a value with such a byte, or so long that it was not looked at (env_text.h) */
	const struct env_item *unseen;  /* one that is not known, so it may have one: of a Secret, an annotation */
};

/* The first variables of both kinds whose value is put into a text that the container of line hands to a shell. Of an
 * envFrom that nobody sees, names are not known: $(hostname) is a command there as elsewhere. */
struct pasted pasted_values(const struct cmdline *line, struct env_texts *texts);

#endif
