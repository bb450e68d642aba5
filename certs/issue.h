/*
 * issue.h - make keys and certificates: a CA of its own, and leaves for the
 * webhook's HTTPS port. EC P-256 and SHA-256 throughout: every TLS 1.2 client
 * has them and a handshake costs half of RSA 2048's.
 *
 * Ownership: what is returned is the caller's (CLEANUP, TAKE of ossl.h).
 * Threads: no state. now is seconds since 1970.
 */
#ifndef CERTS_ISSUE_H
#define CERTS_ISSUE_H

#include "certs/names.h"

#include <stdint.h>

#define DAY_SECONDS (24 * 3600)
#define CA_LIFE_DAYS 3650
#define LEAF_LIFE_DAYS 365
/* By how much the clocks of those who look at a certificate may be behind: it is dated back by as much. */
#define BACKDATE_SECONDS (5 * 60)

/* A new EC P-256 key. */
MUST_CHECK int issue_key(EVP_PKEY **ret, struct err *err);

/* A CA certificate for key, signed by itself, good for leaves only (path length 0). */
MUST_CHECK int issue_ca(EVP_PKEY *key, int64_t now, X509 **ret, struct err *err);

/* A server certificate for key under names, signed by the CA; never outlives the CA. */
MUST_CHECK int issue_leaf(X509 *ca, EVP_PKEY *ca_key, EVP_PKEY *key, const struct names *names, int64_t now,
			  X509 **ret, struct err *err);

#endif
