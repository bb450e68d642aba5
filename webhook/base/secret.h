/*
 * secret.h - a text that must not be printed (a token, a private key), and memory that is wiped before it is given back.
 *
 *	struct secret token = secret_of(text);
 *	log_text(&line, "token", token);                      // does not compile: it is not a text
 *	header = arena_printf(a, "... %s", secret_reveal(token).ptr);
 *
 * There is one way to its bytes, secret_reveal(), and tests/lint/source.py lists the files that may call it. Whether two
 * are equal or one is empty is no secret.
 *
 * Ownership: whoever holds the bytes, usually an arena made with ARENA_SECRET (base/arena.h), which wipes what it had.
 * Threads: no state.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/slice.h"

struct secret {
	struct slice hidden; /* secret_reveal() */
};

static inline struct secret secret_of(struct slice text)
{
	return (struct secret){text};
}

/* Is there one? It may be empty, which its user refuses. */
static inline bool secret_is_set(struct secret s)
{
	return s.hidden.ptr != NULL;
}

static inline struct slice secret_reveal(struct secret s)
{
	return s.hidden;
}

/* Like realloc() and free(), but wiping what was there. For buffers of responses, which may hold a Secret. */
void *secret_realloc(void *p, size_t size);
void secret_free(void *p);

#endif
