/*
 * url.h - what of a URL must not be printed: the password in "https://user:password@host".
 *
 *	err_set(err, "'%s' is no master", url_redact(a, text));
 *
 * Ownership: arena. Threads: as the arena.
 */
#ifndef BASE_URL_H
#define BASE_URL_H

#include "base/arena.h"

/* text, in which every password of a URL is "(redacted)". Where the authority ends is RFC 3986's: at '/', '?', '#'; and at
 * a blank or quote, since text may hold more than URLs. */
const char *url_redact(struct arena *a, struct slice text);

#endif
