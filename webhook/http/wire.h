/*
 * wire.h - bytes of a TLS connection with as few system calls as an exchange needs: one recv(2) and one
 * sendmsg(2).
 *
 * libmicrohttpd sends the headers of an answer and its body one after the other, GnuTLS makes a record of each and
 * sends it at once; the client is woken twice. wire_hold() lets GnuTLS collect what is sent
 * (gnutls_record_cork(3)) until wire_release() sends it as one record. And GnuTLS reads a record in two pieces, its
 * five-byte header first; wire_open() puts a buffer in between, which serves both. A worker that has nothing to do but
 * handshakes whose clients are silent sleeps meanwhile.
 *
 * What is held is bounded by WIRE_HELD_MAX; a longer answer goes out as libmicrohttpd sends it. A client that does
 * not take what it asked for has its connection shut down: nothing waits for it.
 *
 * Ownership: a wire is part of its connection. Buffers belong to the worker's wire_pool, and a connection has one only
 * while there is something in it: idle connections hold none.
 * Threads: all on the thread of the connection's worker.
 */
#ifndef HTTP_WIRE_H
#define HTTP_WIRE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/* Answers with larger bodies are sent piece by piece. */
#define WIRE_HELD_MAX (8u * 1024)

/* The largest TLS record with its header (RFC 8446, 5.2): 5 + 2^14 + 256 bytes. */
#define WIRE_BUFFER_BYTES 16645u

/* Spare buffers that a worker keeps. */
#define WIRE_BUFFERS_KEPT 4u

struct wire_buffer;

struct wire_pool {
	struct wire_buffer *spare;
	unsigned count;
	const struct wire *waiter; /* the handshake at which the worker waits; NULL = the next one */
	bool busy; /* bytes went over a connection, or its request went on, since the waiter was asked last */
};

struct wire {
	void *session; /* GnuTLS' */
	struct wire_pool *pool;
	struct wire_buffer *buffer; /* NULL: nothing read ahead */
	int fd, events; /* events: the worker's epoll */
	bool greeted;   /* the handshake is over */
	bool held, corked; /* corked: libmicrohttpd may have corked the socket */
};

/* A connection begins, before its handshake. */
void wire_open(struct wire *wire, struct MHD_Connection *c, struct wire_pool *pool);

/* Call before an answer with a body of that many bytes is queued; when it has been sent; and when it could not be sent,
 * so that nothing of it goes out. */
void wire_hold(struct wire *wire, size_t bytes);
void wire_release(struct wire *wire);
void wire_drop(struct wire *wire);

void wire_close(struct wire *wire);
void wire_pool_release(struct wire_pool *pool);

#endif
