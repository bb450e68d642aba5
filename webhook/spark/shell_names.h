/*
 * shell_names.h - what can be asked of a shell text without reading its grammar: what stands between others (sh -c 'sh -c
 * "..."') is seen as well.
 *
 * Linear. Ownership: arena. Threads: as the arena.
 */
#ifndef SPARK_SHELL_NAMES_H
#define SPARK_SHELL_NAMES_H

#include "base/arena.h"
#include "base/slice.h"

/* text without its quotes and backslashes: EXP"ORT" is EXPORT. It says too much rather than too little: for questions
 * where "perhaps" has to be answered as "yes" is. */
struct slice shell_without_quotes(struct arena *a, struct slice text);

/* Is a program of that name (the last part of its path) a shell? */
bool shell_is_program(struct slice name);

/* Take "$NAME", "${NAME}" or "$(NAME)" off the front; *name is NAME. */
bool shell_skip_variable(struct slice *s, struct slice *name);

/* NAME=value, or NAME+=value, which appends: cut it. Whether NAME is one, the caller says: of a program's argument it may be anything. */
bool shell_assignment(struct slice word, struct slice *name, struct slice *value, bool *appends);

/* The same, where NAME is name. */
bool shell_assigns(struct slice word, struct slice name, struct slice *value, bool *appends);

/* The line at hand of a text that is gone through once. */
struct shell_line {
	struct slice text;
	size_t seen; /* so far no other line has begun */
	bool comment;
};

/* Is what stands at `at`, behind all that was asked for before, in a line that is a comment? One that begins with "#!" is none. Linear in all. */
bool shell_in_comment(struct shell_line *line, size_t at);

#endif
