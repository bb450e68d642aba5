/*
 * exchange.h - one HTTP request and its answer on a connection of libmicrohttpd.
 *
 * libmicrohttpd calls exchange_handle() for the headers, for each piece of the body and
 * once more at its end. A wrong path, method or type and a body that is too large are
 * remembered, the body is read to its end, and only then answered: a client that is
 * still sending would not read an earlier answer.
 *
 * Time: each request has a deadline of its own, counted from its headers: the `?timeout=`
 * that the API server sends less a margin, at most EXCHANGE_SECONDS_MAX. libmicrohttpd's
 * timeout is one of inactivity alone.
 *
 * Memory: the body (http/body.h) belongs to the connection, the arena to the job (http/job.h).
 * libmicrohttpd tells of connections through exchange_connection() and of finished requests
 * through exchange_completed().
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

/* What the API server allows a webhook at most is 30 s; its default is 10 s. */
#define EXCHANGE_SECONDS_DEFAULT 10
#define EXCHANGE_SECONDS_MAX 30

/* Beyond this a body is not read to its end but cut off. */
#define EXCHANGE_DISCARD_MAX (32u * 1024 * 1024)

/* Before and during a request; afterwards REPLY_IDLE_SECONDS. */
#define EXCHANGE_SILENT_SECONDS 10u

/* One serving thread. */
struct worker {
	struct service *service;
	struct MHD_Daemon *daemon;
	struct metrics *metrics;
	struct jobs jobs;
	struct wire_pool wires;
	struct body_pool bodies;
	_Atomic unsigned connections; /* that libmicrohttpd has begun */
	struct arrivals arrivals;     /* handed over, and not begun yet */
	_Atomic unsigned in_flight; /* requests begun and not completed */
};

/* The parameters are libmicrohttpd's; cls is the worker. */
enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *c, const char *url, const char *method,
				const char *version, const char *upload_data, size_t *upload_data_size,
				void **con_cls);
void exchange_completed(void *cls, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode how);
void exchange_connection(void *cls, struct MHD_Connection *c, void **socket_context,
			 enum MHD_ConnectionNotificationCode what);

/* The deadline for a request that says ?timeout=text (NULL: says nothing), in nanoseconds from
 * its beginning. Exposed for tests. */
int64_t exchange_deadline(const char *timeout);

#endif
