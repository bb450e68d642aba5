/*
 * cmdline_expand.h - private to cmdline*.c: the words of a shell command, with those that stand for other words
 * replaced by them, as the shell will do.
 */
#ifndef SPARK_CMDLINE_EXPAND_H
#define SPARK_CMDLINE_EXPAND_H

#include "spark/kube_refs.h"
#include "spark/shell.h"
#include "spark/words.h"

/* What may be spent on one container: a text can refer to the same words many times. */
struct expander {
	struct arena *arena;
	struct kube_env *env;
	const struct cmdline_home *home;
	size_t budget;     /* words that may still be inserted */
	unsigned resolved; /* program names looked up among the text's variables */
};

/* What "$0" and "$@" stand for in a text. */
struct positional {
	const struct argument *words; /* words[0] is $0 */
	size_t count;
	bool known; /* nothing in the text changes them (shell_moves.h): found out when it is read */
};

/* The command's words; *count may be 0. */
struct argument *command_expand(struct expander *e, const struct shell *sh, const struct shell_command *command,
				const struct positional *p, size_t *count);

#endif
