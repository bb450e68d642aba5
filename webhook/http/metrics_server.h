/*
 * metrics_server.h - the plain HTTP listener: /metrics, /livez and /readyz.
 *
 * A daemon of its own with one thread, so that a slow scrape cannot hold up an
 * admission. Nothing secret is served here, but bind it to where Prometheus is. One
 * address has a part of the connections alone, since the kubelet's liveness probe comes here, too.
 */
#ifndef HTTP_METRICS_SERVER_H
#define HTTP_METRICS_SERVER_H

#include "http/server.h"

struct metrics_server;

/* server and service must outlive it. */
MUST_CHECK int metrics_server_start(const char *listen, const struct server *server, struct service *service,
				    struct metrics_server **ret, struct err *err);

const char *metrics_server_address(const struct metrics_server *m);

void metrics_server_stop(struct metrics_server *m); /* NULL is fine */

#endif
