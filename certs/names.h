/*
 * names.h - the DNS names and IP addresses of a certificate (subjectAltName).
 *
 * Kept canonical (DNS names lower case, addresses as inet_ntop writes them) and
 * without repetition, so that two lists can be compared by text. Ownership: the
 * arena. Threads: as the arena.
 */
#ifndef CERTS_NAMES_H
#define CERTS_NAMES_H

#include "base/arena.h"
#include "certs/ossl.h"

/* No webhook is served under more names; the bound keeps lookups linear and cheap. */
#define NAMES_MAX 64

struct names {
	struct arena *arena;
	const char *items[NAMES_MAX];
	size_t count;
};

/* Add a DNS name (RFC 1123, no wildcard) or an IP address. One that is there already stays. */
MUST_CHECK int names_add(struct names *names, const char *text, struct err *err);

/* Add those of a certificate; kinds other than DNS and IP are skipped. */
MUST_CHECK int names_add_of(struct names *names, const X509 *cert, struct err *err);

/* Is every one of wanted among names? */
bool names_cover(const struct names *names, const struct names *wanted);

/* Write them into cert as its subjectAltName. */
MUST_CHECK int names_put(const struct names *names, X509 *cert, struct err *err);

#endif
