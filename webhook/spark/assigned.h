/*
 * assigned.h - the words in the commands of a container that may give a variable its value: NAME=value of a shell, and what
 * env, export and other programs are given. Not the text that a shell is to run, which may begin so and whose own words follow.
 *
 * Allocates nothing. Threads: no state.
 */
#ifndef SPARK_ASSIGNED_H
#define SPARK_ASSIGNED_H

#include "spark/cmdline_line.h"

/* Hand them to judge until it returns true. */
void assigned_words(const struct cmdline_home *home, bool (*judge)(const void *context, const struct word *word), const void *context);

#endif
