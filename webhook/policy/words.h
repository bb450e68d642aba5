/*
 * words.h - lists of known words: does a text match one, and which one was
 * probably meant.
 *
 * Ownership: nothing is copied or allocated. Threads: no state.
 */
#ifndef POLICY_WORDS_H
#define POLICY_WORDS_H

#include "base/slice.h"

/* Does text match pattern? A '*' stands for any run of bytes, also an empty one. */
bool glob_match(const char *pattern, struct slice text);

/* The word that text was probably meant to be (in any case of letters; some may be wrong, missing, too
 * many or swapped: about a third of what follows the last '/' or '.' that both share); NULL if none is
 * near, and for numbers and versions. */
const char *nearest_word(struct slice text, const char *const *words, size_t count);

/* The index of text among words; -1 if it is not one. */
int word_index(struct slice text, const char *const *words, size_t count);

#endif
