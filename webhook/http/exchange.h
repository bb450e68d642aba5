/*
 * exchange.h - one HTTP request and its answer on a connection of libmicrohttpd.
 *
 * libmicrohttpd calls exchange_handle() for the headers, for each piece of the body and
 * once more at its end. A wrong path, method or type or a body that is too large is remembered, the body read to its
 * end, and only then is the request answered: a client that is
 * still sending would not read an earlier answer.
 *
 * Time: each request has a deadline of its own, counted from its headers: the `?timeout=`
 * that the API server sends less a margin, at most EXCHANGE_SECONDS_MAX. libmicrohttpd's timeout only limits inactivity.
 *
 * Memory: the body (http/body.h) belongs to the connection, the arena to the job (http/job.h).
 * libmicrohttpd reports connections through exchange_connection() and finished requests through exchange_completed().
 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/arrivals.h"
#include "http/body.h"
#include "http/job.h"
#include "http/metrics.h"
#include "http/service.h"
#include "http/wire.h"

#include <microhttpd.h>

/* The API server allows a webhook at most 30 s; the default is 10 s. */
#define EXCHANGE_SECONDS_DEFAULT 10
#define EXCHANGE_SECONDS_MAX 30

/* A body larger than this is not read to its end: the connection is closed. */
#define EXCHANGE_DISCARD_MAX (32u * 1024 * 1024)

/* How long a client may be silent before and during a request; afterwards REPLY_IDLE_SECONDS. */
#define EXCHANGE_SILENT_SECONDS 10u

/* One serving thread. */
struct worker {
	struct service *service;
	struct MHD_Daemon *daemon;
	struct metrics *metrics;
	struct jobs jobs;
	struct wire_pool wires;
	struct body_pool bodies;
	_Atomic unsigned connections; /* started by libmicrohttpd */
	struct arrivals arrivals;     /* handed over, and not started yet */
	_Atomic unsigned in_flight; /* requests begun and not completed */
};

/* The parameters are libmicrohttpd's; cls is the worker. */
enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *c, const char *url, const char *method,
				const char *version, const char *upload_data, size_t *upload_data_size,
				void **con_cls);
void exchange_completed(void *cls, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode how);
void exchange_connection(void *cls, struct MHD_Connection *c, void **socket_context,
			 enum MHD_ConnectionNotificationCode what);

/* The deadline for a request with ?timeout=text (NULL: without one), in nanoseconds from
 * its beginning. Exposed for tests. */
int64_t exchange_deadline(const char *timeout);

#endif
