/*
 * server.h - the HTTPS server: one acceptor, a few workers.
 *
 *	struct server *server;
 *	if (server_start(&options, &service, &server, err) < 0) ...
 *	... serve ...
 *	server_stop_accepting(server);
 *	while (server_in_flight(server) > 0 && not too late) sleep;
 *	server_stop(server);
 *
 * Each worker is a libmicrohttpd daemon with one epoll thread and no listening socket. The
 * acceptor hands each new connection to the worker that has the fewest:
 * libmicrohttpd's own pool lets the threads race for connections, and the few
 * long-lived ones of an API server then often share one thread.
 *
 * Threads: start and stop on one thread; the figures on any, as long as the server is there.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "http/listen.h"
#include "http/metrics.h"
#include "http/service.h"

#define SERVER_THREADS_MAX 16

/* Connections at once, over all workers. Each may hold about 100 KiB (TLS, headers, a small body). */
#define SERVER_CONNECTIONS 512

struct server_options {
	const char *listen;
	unsigned threads; /* 1..SERVER_THREADS_MAX */
};

struct server;

MUST_CHECK int server_start(const struct server_options *options, struct service *service, struct server **ret,
			    struct err *err);

/* The address that was bound: "127.0.0.1:8443". */
const char *server_address(const struct server *s);

unsigned server_connections(const struct server *s);
unsigned server_in_flight(const struct server *s);

/* The counters of all workers. */
unsigned server_threads(const struct server *s);
const struct metrics *server_metrics(const struct server *s, unsigned thread);

/* New connections are refused from now on; those that wait in the backlog are still taken. */
void server_stop_accepting(struct server *s);

/* Ends all connections and frees the server. NULL is fine. */
void server_stop(struct server *s);

#endif
