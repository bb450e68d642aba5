/*
 * tls.h - the server certificate in use, replaced while connections live. Those of clients: http/tls_clients.h.
 *
 *	struct tls_store *store = tls_store_new();
 *	if (tls_store_load(store, cert_pem, key_pem, err) < 0) ...
 *	tls_store_serve(store);     // tls_retrieve() now hands it out
 *
 * libmicrohttpd serves TLS through GnuTLS and asks for the certificate at each
 * handshake (MHD_OPTION_HTTPS_CERT_CALLBACK2); so a new one counts from the
 * next handshake on and open connections do not notice. A handshake gets copies,
 * since GnuTLS frees what it was given whenever it likes.
 *
 * Threads: any number; loading and handing out are serialised by a mutex that is held only for the copying.
 */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include "base/err.h"
#include "base/slice.h"

#include <gnutls/abstract.h>
#include <stdint.h>

/* A leaf, intermediates, and some to spare. */
#define TLS_CHAIN_MAX 8

struct tls_store;

struct tls_store *tls_store_new(void);
void tls_store_free(struct tls_store *store); /* NULL is fine; not while a daemon serves it */

/* Use this certificate chain (leaf first) and key from now on. On failure -1, and the old ones stay. */
MUST_CHECK int tls_store_load(struct tls_store *store, struct slice cert_pem, struct slice key_pem, struct err *err);

/* When the leaf in use expires, seconds since 1970; 0 = none loaded. */
int64_t tls_store_not_after(const struct tls_store *store);

/* SHA-256 of the DER of the leaf in use; all zero = none loaded. */
#define TLS_FINGERPRINT 32
void tls_store_fingerprint(struct tls_store *store, unsigned char ret[TLS_FINGERPRINT]);

/* Hand this store's certificate to GnuTLS from now on (NULL: none any more). */
void tls_store_serve(struct tls_store *store);

/* For MHD_OPTION_HTTPS_CERT_CALLBACK2 and gnutls_certificate_set_retrieve_function3(). */
gnutls_certificate_retrieve_function3 tls_retrieve;

/* The same bytes for GnuTLS, which does not write them. */
gnutls_datum_t tls_datum(struct slice s);

#endif
