/*
 * url.h - hides what must not be printed of a URL: the password in "https://user:password@host", the
 * token in "https://token@host".
 *
 *	err_set(err, "'%s' is not a master", url_redact(a, text));
 *
 * Ownership: arena. Threads: as the arena.
 */
#ifndef BASE_URL_H
#define BASE_URL_H

#include "base/arena.h"

/* text, with the passwords of URLs, and users without a password, replaced by "(redacted)": better too much than too
 * little. A URL ends at a blank or quote, since text may hold more than URLs. Its authority ends at '/', '?' or '#'
 * (RFC 3986), unless a password holds one, though it must not: what follows "user:" is taken for a password, up to
 * the last '@'. (A token that holds one reads as a host and a path to anybody, and is shown.)
 */
const char *url_redact(struct arena *a, struct slice text);

#endif
