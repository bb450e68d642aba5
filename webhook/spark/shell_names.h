/*
 * shell_names.h - the names in a shell text, without reading its grammar: quotes and backslashes are passed over, so that
 * EXP"ORT" is EXPORT, and what stands between others (sh -c 'sh -c "..."') is seen as well.
 *
 *	struct shell_names names = {.rest = text};
 *	struct shell_name name;
 *	while (shell_names_next(&names, &name))
 *		...
 *
 * It says too much rather than too little: for questions where "perhaps" has to be answered as "yes" is.
 * Linear, one pass. Ownership: nothing is allocated, but by shell_without_quotes(). Threads: no state.
 */
#ifndef SPARK_SHELL_NAMES_H
#define SPARK_SHELL_NAMES_H

#include "base/arena.h"
#include "base/slice.h"

/* Names that anybody asks for are shorter. */
#define SHELL_NAME_BYTES 48

struct shell_name {
	struct slice text;  /* its first SHELL_NAME_BYTES bytes; good until the next one is asked for */
	char before[2];     /* the two bytes in front, the nearer one first; '\0' where there is none */
	char after[2];      /* the two behind */
	bool split;         /* quotes stood in it: $KUBE"CONFIG" is $KUBE, and CONFIG behind it */
};

struct shell_names {
	struct slice rest;
	char last[2], name[SHELL_NAME_BYTES];
};

bool shell_names_next(struct shell_names *names, struct shell_name *ret);

/* Is the variable of that name used there: $NAME, ${NAME or $(NAME? */
bool shell_name_is_used(const struct shell_name *name);

/* Is there any way in text to set a variable, be its name written or put together: NAME=x, export, read, eval, a file that is
 * read, env ...? Of a text that is one word, as arguments are: NAME=x, or such a command's own name. */
bool shell_may_set(struct slice text);

/* text as it is read here. */
struct slice shell_without_quotes(struct arena *a, struct slice text);

/* Take "$NAME", "${NAME}" or "$(NAME)" off the front; *name is NAME. */
bool shell_skip_variable(struct slice *s, struct slice *name);

#endif
