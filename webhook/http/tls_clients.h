/*
 * tls_clients.h - whose client certificates are let in: the CAs of --client-ca, replaced while connections live.
 *
 *	struct tls_clients *clients = tls_clients_new();
 *	if (tls_clients_load(clients, ca_pem, err) < 0) ...
 *	struct tls_terms *terms = tls_clients_ask(clients, session);    // before the handshake
 *	... handshake, requests ...
 *	if (tls_clients_ok(session, "kube-apiserver")) ...
 *	tls_terms_free(terms);                                          // the session is over
 *
 * A connection has the terms that were in force when it began, and keeps them and its verdict to its end: new CAs count for
 * new connections. In the handshake a client is asked for a certificate and told the names of the CAs, since
 * some clients present nothing that was signed by another. It need not present one (probes have none): who it was is
 * asked afterwards.
 *
 * Terms are GnuTLS credentials of their own, given to the session in the place of libmicrohttpd's:
 * MHD_OPTION_HTTPS_MEM_TRUST is read once, and would go on naming the old CAs.
 *
 * Threads: any number. Terms are counted and never changed; a mutex is held only while the newest are looked up or replaced.
 */
#ifndef HTTP_TLS_CLIENTS_H
#define HTTP_TLS_CLIENTS_H

#include "base/err.h"
#include "base/slice.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>

struct tls_clients;
struct tls_terms;

struct tls_clients *tls_clients_new(void);
void tls_clients_free(struct tls_clients *clients); /* NULL is fine; not while a daemon asks it */

/* Trust the clients of these CAs, and of no others, from now on. On failure -1, and the old ones stay: no certificates, or so
 * many that a handshake has no room for their names. */
MUST_CHECK int tls_clients_load(struct tls_clients *clients, struct slice ca_pem, struct err *err);

/* Let the handshake of this session, which has not begun, ask for a certificate. The terms must outlive the session.
 * NULL: no memory, and the client is not asked, so tls_clients_ok() says no. */
struct tls_terms *tls_clients_ask(struct tls_clients *clients, gnutls_session_t session);
void tls_terms_free(struct tls_terms *terms); /* NULL is fine */

/* Did the client of this session present a certificate of the CAs it was asked for, for client use, with
 * this common name (NULL: any)? */
bool tls_clients_ok(gnutls_session_t session, const char *common_name);

#endif
