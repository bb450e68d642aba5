/*
 * hash.h - where a name belongs in a hash table, so that nobody outside can choose names that collide.
 *
 *	size_t slot = hash(key) & (size - 1);     // size: a power of two
 *
 * Eight bytes at a time: multiplied to 128 bits by a secret odd number and folded. As long as the multiplier is
 * secret, nobody outside can tell which words collide. Not a digest, and not stable: every process has its own secret.
 *
 * Threads: hash_setup() once before the first thread; then any number.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/slice.h"

/* Draw the secret. Without it all processes hash alike. */
void hash_setup(void);

uint64_t hash(struct slice text);

#endif
