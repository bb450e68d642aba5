/*
 * route.h - what a request asks for, and the HTTP code if it asks wrongly.
 *
 *	POST /mutate, /validate   application/json
 *	GET, HEAD /livez, /readyz
 *	GET, HEAD /metrics        on the metrics listener only
 *
 * Threads: no state.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "base/slice.h"

enum route { ROUTE_MUTATE, ROUTE_VALIDATE, ROUTE_LIVEZ, ROUTE_READYZ, ROUTE_METRICS, ROUTE_NONE, ROUTE_COUNT };

const char *route_name(enum route route); /* "mutate"; "other" for none */

/* The two listeners serve different paths. */
enum listener { LISTENER_HTTPS, LISTENER_METRICS };

struct routed {
	enum route route;
	unsigned status;     /* 0 = fine, else 404, 405 or 415 */
	const char *allow;   /* for 405: the allowed methods */
	const char *message; /* for people, if status is not 0 */
};

/* content_type may be NULL. */
struct routed route_find(enum listener listener, const char *method, const char *path, const char *content_type);

#endif
