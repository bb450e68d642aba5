/*
 * word_roles.h - private to spark/: what a word would be as the name of a program. Each question about a command goes
 * through all its words, so what each of them is, is found out once.
 *
 * Threads: as the words' arena.
 */
#ifndef SPARK_WORD_ROLES_H
#define SPARK_WORD_ROLES_H

#include "spark/words.h"

enum word_role {
	WORD_ROLE_FOUND = 1 << 0, /* in every answer */

	/* Of Spark. */
	WORD_ROLE_START = 1 << 1,
	WORD_ROLE_DAEMON = 1 << 2,
	WORD_ROLE_JAVA = 1 << 3, /* or spark-class */
	WORD_ROLE_SUBMIT = 1 << 4,
	WORD_ROLE_CONSOLE = 1 << 5,

	/* It runs the words after it. */
	WORD_ROLE_RUNNER = 1 << 6,   /* these and nothing else */
	WORD_ROLE_MEASURED = 1 << 7, /* behind options and numbers */
	WORD_ROLE_INIT = 1 << 8,     /* behind options */
	WORD_ROLE_USER = 1 << 9,     /* behind the name of a user */
	WORD_ROLE_PASSES = 1 << 10,  /* as the shell would */
	WORD_ROLE_ADDS = 1 << 11,    /* with words of its own after them */

	/* It reads a text. */
	WORD_ROLE_SHELL = 1 << 12,
	WORD_ROLE_EVAL = 1 << 13,
	WORD_ROLE_SU = 1 << 14,
	WORD_ROLE_HANDS_TEXT = 1 << 15, /* for a shell */
	WORD_ROLE_INTERPRETS = 1 << 16, /* in another language */

	WORD_ROLE_SCRIPT = 1 << 17, /* NAME.sh */

	/* It starts nothing. */
	WORD_ROLE_HARMLESS = 1 << 18,
	WORD_ROLE_KEEPS = 1 << 19, /* besides: keeps a text that something else may run */
	WORD_ROLE_MAY_RUN = 1 << 20 /* besides: runs what one of its options says */
};

/* What word_has_role() keeps. */
unsigned word_find_roles(const struct word *word);

/* Has the word one of the roles? */
static inline bool word_has_role(struct word *word, unsigned roles)
{
	if (!word->roles)
		word->roles = word_find_roles(word);
	return word->roles & roles;
}

/* The last component of a path, where it is known; {NULL, 0} where it is not, or the word is NAME=path. */
struct slice word_base(const struct word *word);

/* Is the whole value known, Kubernetes' references included? */
bool word_is_known(const struct word *word);

#endif
