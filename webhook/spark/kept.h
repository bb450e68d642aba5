/*
 * kept.h - private to spark/: commands that a shell text keeps, to run them later.
 *
 *	CMD="start-connect-server.sh $X"; exec $CMD          a variable; also by ${CMD:=...} and printf -v CMD ...
 *	for c in start-connect-server.sh; do $c; done        a loop
 *	set -- start-connect-server.sh; exec "$@"            "$@"
 *
 * Where the program can be told (cmdline_expand.c), options are written behind it, and the words of a `set` are edited if nothing can
 * come behind them. Else a server that is started in this way is one that is missed, even beside others that were found.
 *
 * Ownership: the arena of the text. Threads: as the arena. Work: linear in the text, for at most KEPT_MAX names.
 */
#ifndef SPARK_KEPT_H
#define SPARK_KEPT_H

#include "spark/cmdline_line.h"
#include "spark/shell.h"

#define KEPT_MAX 32u

/* The variables that the text sets to something that names a server. */
struct kept {
	struct slice names[KEPT_MAX];
	size_t count;
	bool full; /* there are more */
};

void kept_names(const struct policy *policy, const struct shell *sh, struct kept *ret);

/* Do words run what one of these holds: as their program, maybe behind others that run it (exec, env, tini), or at the beginning of
 * the text that a shell gets (eval, sh -c)? */
bool kept_is_run(const struct kept *kept, const struct argument *words, size_t count);

/* Is it `set`, with words for "$@"? */
bool kept_in_positional(const struct shell_command *command);

/* Are the words of each `set` all that will be run: does each begin with its program, and is "$@" the end of each command behind the
 * first that has it? Functions that were made before are not looked into, nor a `for` without words. */
bool kept_set_is_all(const struct shell *sh);

/* Is a server named in a command of a subscript, 'A[$(...)]'? That is run wherever bash takes a word for a variable or a number: [[ ]],
 * test -v, read, unset. */
bool kept_in_subscript(const struct policy *policy, const struct shell *sh);

#endif
