#include "http/wire.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* libmicrohttpd corks the socket for an answer that, with its headers, is smaller than this (MHD_send_hdr_and_body_()). */
#define ONE_PACKET 1400u

/* How long a worker with nothing else to do waits for the next piece of a handshake; then it looks at its deadlines. */
#define HANDSHAKE_WAIT_MS 20

/* Pieces that are sent at once; GnuTLS sends the rest by another call. */
#define PUSH_MAX 64

struct wire_buffer {
	struct wire_buffer *next;
	size_t at, len;
	char bytes[WIRE_BUFFER_BYTES];
};

static struct wire_buffer *take_buffer(struct wire_pool *pool)
{
	struct wire_buffer *buffer = pool->spare;

	if (buffer) {
		pool->spare = buffer->next;
		pool->count--;
		return buffer;
	}
	return malloc(sizeof(*buffer));
}

static void give_buffer(struct wire_pool *pool, struct wire_buffer *buffer)
{
	if (pool->count == WIRE_BUFFERS_KEPT) {
		free(buffer);
		return;
	}
	buffer->next = pool->spare;
	pool->spare = buffer;
	pool->count++;
}

/* libmicrohttpd retries each handshake in a busy loop until the client sends more (MHD_run_tls_handshake_() leaves
 * READ_READY set). So wait here, for whatever this worker has to do next: at one handshake of all, so once a round, and
 * not where bytes went over a connection in the last one. libmicrohttpd may go on with it by itself, and its epoll
 * would not tell. */
static void await_events(const struct wire *wire)
{
	struct wire_pool *pool = wire->pool;
	struct pollfd events = {wire->events, POLLIN, 0};

	if (!pool->waiter)
		pool->waiter = wire;
	if (pool->waiter != wire)
		return;
	/* What it tells of is taken by the next round, and handled behind this handshake there. */
	pool->busy = !pool->busy && poll(&events, 1, HANDSHAKE_WAIT_MS) > 0;
}

/* Another handshake may wait. */
static void stop_waiting(const struct wire *wire)
{
	if (wire->pool->waiter == wire)
		wire->pool->waiter = NULL;
}

static size_t take_read_ahead(struct wire *wire, void *data, size_t size)
{
	struct wire_buffer *buffer = wire->buffer;
	size_t left = buffer->len - buffer->at, n = size < left ? size : left;

	memcpy(data, buffer->bytes + buffer->at, n);
	buffer->at += n;
	if (buffer->at == buffer->len) {
		give_buffer(wire->pool, buffer);
		wire->buffer = NULL;
	}
	return n;
}

/* GnuTLS asks for the header of a record first: read as much as there is, and keep what it did not ask for. An EAGAIN
 * is passed on only if nothing is kept, so libmicrohttpd does not wait for a socket whose bytes are here. */
static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t size)
{
	struct wire *wire = ptr;

	wire->pool->busy |= wire->greeted;
	if (wire->buffer)
		return (ssize_t)take_read_ahead(wire, data, size);
	struct wire_buffer *buffer = size < WIRE_BUFFER_BYTES ? take_buffer(wire->pool) : NULL;
	if (!buffer)
		return recv(wire->fd, data, size, 0);

	ssize_t n = recv(wire->fd, buffer->bytes, WIRE_BUFFER_BYTES, 0);
	if (n <= 0) {
		int why = errno;
		give_buffer(wire->pool, buffer);
		if (why == EAGAIN && n < 0 && !wire->greeted)
			await_events(wire);
		errno = why;
		return n;
	}
	buffer->at = 0;
	buffer->len = (size_t)n;
	wire->buffer = buffer;
	return (ssize_t)take_read_ahead(wire, data, size);
}

static ssize_t push(gnutls_transport_ptr_t ptr, const giovec_t *pieces, int count)
{
	struct wire *wire = ptr;
	struct iovec copies[PUSH_MAX];
	struct msghdr message = {.msg_iov = copies, .msg_iovlen = (size_t)(count < PUSH_MAX ? count : PUSH_MAX)};

	wire->pool->busy |= wire->greeted;
	memcpy(copies, pieces, message.msg_iovlen * sizeof(*copies)); /* giovec_t is struct iovec */
	return sendmsg(wire->fd, &message, MSG_NOSIGNAL);
}

static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
	struct wire *wire = ptr;
	struct pollfd fd = {wire->fd, POLLIN, 0};

	return wire->buffer ? 1 : poll(&fd, 1, ms == GNUTLS_INDEFINITE_TIMEOUT ? -1 : (int)ms);
}

/* After the client's Finished, a handshake needs nothing more from the client. */
static int greet(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming, const gnutls_datum_t *message)
{
	gnutls_transport_ptr_t in = gnutls_transport_get_ptr(session);

	(void)type;
	(void)when;
	(void)message;
	if (incoming) {
		((struct wire *)in)->greeted = true;
		stop_waiting(in);
	}
	return 0;
}

void wire_open(struct wire *wire, struct MHD_Connection *c, struct wire_pool *pool)
{
	struct MHD_Daemon *daemon = MHD_get_connection_info(c, MHD_CONNECTION_INFO_DAEMON)->daemon;

	wire->events = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	wire->session = MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
	wire->fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	wire->pool = pool;
	gnutls_transport_set_ptr(wire->session, wire);
	gnutls_transport_set_vec_push_function(wire->session, push);
	gnutls_transport_set_pull_function(wire->session, pull);
	gnutls_transport_set_pull_timeout_function(wire->session, pull_timeout);
	gnutls_handshake_set_hook_function(wire->session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST, greet);
}

void wire_hold(struct wire *wire, size_t bytes)
{
	if (bytes > WIRE_HELD_MAX || wire->held)
		return;
	gnutls_record_cork(wire->session);
	wire->held = true;
	wire->corked |= bytes < ONE_PACKET; /* it stays corked */
}

void wire_release(struct wire *wire)
{
	int on = 1;

	if (!wire->held)
		return;
	wire->held = false;
	/* Nobody comes back to send the rest of it. A socket without room for a few KiB belongs to a client
	 * that kept asking and did not read. */
	if (gnutls_record_uncork(wire->session, 0) < 0)
		shutdown(wire->fd, SHUT_RDWR);
	/* libmicrohttpd pushed before there was anything to push; setting TCP_NODELAY also pushes what TCP_CORK holds
	 * back (tcp(7)). */
	if (wire->corked)
		setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* If GnuTLS 3.7 had no memory for the next piece, it has freed what it collected, and would send what lies there now
 * (_gnutls_buffer_resize()). */
void wire_drop(struct wire *wire)
{
	if (wire->held)
		shutdown(wire->fd, SHUT_RDWR);
	wire->held = false;
}

void wire_close(struct wire *wire)
{
	if (wire->buffer)
		give_buffer(wire->pool, wire->buffer);
	wire->buffer = NULL;
	stop_waiting(wire);
}

void wire_pool_release(struct wire_pool *pool)
{
	while (pool->spare) {
		struct wire_buffer *next = pool->spare->next;

		free(pool->spare);
		pool->spare = next;
	}
	pool->count = 0;
}
