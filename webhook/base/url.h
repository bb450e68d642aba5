/*
 * url.h - what of a URL must not be printed: the password in "https://user:password@host", the token in
 *"https://token@host".
 *
 *	err_set(err, "'%s' is not a master", url_redact(a, text));
 *
 * Ownership: arena. Threads: as the arena.
 */
#ifndef BASE_URL_H
#define BASE_URL_H

#include "base/arena.h"

/* text, in which passwords of URLs, and users without one, are "(redacted)": rather too much than too little. A URL
 * ends at a blank or quote, since text may hold more than URLs. Its authority ends at '/', '?' or '#' (RFC 3986), but
 * for passwords that hold these though they must not: what follows "user:" is taken for one, up to the last '@'. (A
 * token that does is a host and a path to anybody who reads it, and shown.)
 */
const char *url_redact(struct arena *a, struct slice text);

#endif
