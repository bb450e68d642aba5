/*
 * handshake.h - a TLS handshake with our own listener, as an API server would do one: for the first readiness.
 *
 *	if (handshake_check(server_address(server), service->certificates, err) < 0)
 *		...                     // "cannot connect to '127.0.0.1:8443': Connection refused", "... another certificate ..."
 *
 * What it proves: the socket takes connections, a worker answers, the TLS library accepts chain and key, and what is
 * served is what was loaded. Whether a client would trust it is not checked here.
 *
 * Blocks, at most HANDSHAKE_NS for each of connecting and shaking hands: never on a thread that serves. Threads: no
 * state.
 */
#ifndef HTTP_HANDSHAKE_H
#define HTTP_HANDSHAKE_H

#include "base/clock.h"
#include "http/tls.h"

#define HANDSHAKE_NS (2 * CLOCK_SECOND)

/* address: "127.0.0.1:8443", "[::]:8443"; for a listener on all addresses, the loopback one is used. */
MUST_CHECK int handshake_check(const char *address, struct tls_store *expected, struct err *err);

#endif
