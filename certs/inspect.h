/*
 * inspect.h - PEM in and out, and what a certificate says of itself.
 *
 * PEM comes from files that others may have written: sizes are bounded by the
 * reader (store.h), an encrypted key is refused instead of asking a terminal for
 * its password. Ownership: results are the caller's; text lives in the arena.
 */
#ifndef CERTS_INSPECT_H
#define CERTS_INSPECT_H

#include "base/arena.h"
#include "base/digest.h"
#include "certs/certs.h"
#include "certs/ossl.h"

/* Certificates of one file: a new CA, the one before, some room. */
#define CHAIN_MAX 8

/* All certificates of text, in order: 1..CHAIN_MAX, else an error. */
MUST_CHECK int chain_parse(struct slice text, STACK_OF(X509) **ret, struct err *err);

/* The private key of text. */
MUST_CHECK int key_parse(struct slice text, EVP_PKEY **ret, struct err *err);

/* The certificates as PEM, each after a line that says what it is. */
MUST_CHECK int chain_print(struct arena *a, STACK_OF(X509) *chain, struct slice *ret, struct err *err);

/* The key as PEM (PKCS #8) into secret memory: wiped when the BIO is freed. */
MUST_CHECK int key_print(EVP_PKEY *key, BIO **ret, struct err *err);

int64_t cert_not_before(const X509 *cert);
int64_t cert_not_after(const X509 *cert);

/* The certificate of chain to which key belongs; NULL where there is none. */
X509 *chain_of_key(STACK_OF(X509) *chain, const EVP_PKEY *key);

/* Did one of chain sign cert? */
bool chain_signed(STACK_OF(X509) *chain, X509 *cert);

/* SHA-256 of the certificate, in hex. */
MUST_CHECK int cert_sha256(const X509 *cert, char ret[SHA256_HEX], struct err *err);

/* What a person wants to know of it. */
MUST_CHECK int cert_describe(struct arena *a, X509 *cert, struct cert_info *ret, struct err *err);

#endif
