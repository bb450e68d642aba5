/*
 * reply.h - queue an HTTP answer on a connection.
 *
 * The body is copied. An answer starts the long idle time of a keep-alive connection;
 * with last, it ends the connection instead.
 */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "base/slice.h"

#include <microhttpd.h>

/* The API server keeps idle connections for 90 s (Go's IdleConnTimeout as apimachinery sets it); a server
 * that closes first loses a race with the next request. */
#define REPLY_IDLE_SECONDS 120u

struct reply {
	unsigned status;
	const char *content_type;
	const char *allow; /* for 405; else NULL */
	struct slice body;
	bool last; /* Connection: close */
};

enum MHD_Result reply_send(struct MHD_Connection *c, const struct reply *reply);

#endif
