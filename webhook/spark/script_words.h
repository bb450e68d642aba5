/*
 * script_words.h - private to script_conf.c: a shell text cut into words and operators, with no grammar behind it.
 *
 * shell.h refuses what shells may read differently, and keeps no redirection. Here every text is cut somehow, and a quote that is
 * never closed goes to the end.
 *
 * Linear. Ownership: slices into the text. Threads: no state.
 */
#ifndef SPARK_SCRIPT_WORDS_H
#define SPARK_SCRIPT_WORDS_H

#include "base/slice.h"

/* A word with its quotes, or an operator; len 0 at the end. */
struct script_token {
	struct slice text;
	bool is_operator;
};

/* Take the next one off the front of text, with the blanks, comments and joined lines before it. */
struct script_token script_take(struct slice *text);

/* May it stand before a word, or behind one? */
bool script_is_edge(char c);

/* Without quotes at its ends. */
struct slice script_bare(struct slice word);

#endif
