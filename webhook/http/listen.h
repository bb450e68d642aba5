/*
 * listen.h - a listening TCP socket from "host:port".
 *
 *	127.0.0.1:8443   [::1]:8443   localhost:8443   :8443 (all addresses, IPv6 and IPv4)   127.0.0.1:0 (any free port)
 *
 * Threads: no state.
 */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include "base/err.h"

#include <stdint.h>

#define LISTEN_TEXT 64

/* Has address one of these forms, with a port of 0 to 65535? For options; the host is not looked up. */
MUST_CHECK int listen_check(const char *address, struct err *err);

/* Bind and listen; non-blocking, close-on-exec. -1 with err; else the socket, and in text the address
 * that was bound ("127.0.0.1:40123"). */
MUST_CHECK int listen_tcp(const char *address, char text[LISTEN_TEXT], struct err *err);

/* A connection to an address as listen_tcp() wrote it, blocking, with a limit of ns for connecting and for each read and
 * write. To connect to "all addresses" is to connect to ourselves (Linux). -1 with err. */
MUST_CHECK int listen_connect(const char *address, int64_t ns, struct err *err);

#endif
