/*
 * hash.h - where a name belongs in a hash table, so that nobody outside can choose names that collide.
 *
 *	size_t slot = hash(key) & (size - 1);     // size: a power of two
 *
 * Eight bytes at a time: multiplied to 128 bits by a secret odd number and folded. Where the multiplier is secret,
 * two words that differ do so in a way that cannot be told from outside. Not for digests, and not stable:
 * every process has another secret.
 *
 * Threads: hash_setup() once before the first thread; then any number.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/slice.h"

/* Draw the secret. Without it the numbers are those of every other such process. */
void hash_setup(void);

uint64_t hash(struct slice text);

#endif
