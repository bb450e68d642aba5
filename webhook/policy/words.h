/*
 * words.h - lists of known words: does a text match one, and which one was
 * probably meant.
 *
 * Ownership: nothing is copied or allocated. Threads: no state.
 */
#ifndef POLICY_WORDS_H
#define POLICY_WORDS_H

#include "base/slice.h"

/* Does text match pattern? A '*' stands for any run of bytes, none included. */
bool glob_match(const char *pattern, struct slice text);

/* The word that text was probably meant to be (upper and lower case are one, a few letters may be
 * wrong, missing, too many or swapped: of what differs behind the last '/' or '.' about a third); NULL
 * where none is near, and of numbers and versions. */
const char *nearest_word(struct slice text, const char *const *words, size_t count);

/* The index of text among words; -1 where it is none. */
int word_index(struct slice text, const char *const *words, size_t count);

#endif
