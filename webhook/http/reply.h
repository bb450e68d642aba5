/*
 * reply.h - queue an HTTP answer on a connection.
 *
 * The body is copied. With last, the answer ends the connection.
 */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "base/slice.h"

#include <microhttpd.h>

/* How long a connection of the API server's may be silent until its next request. It keeps them
 * for 90 s (Go's IdleConnTimeout as apimachinery sets it), and a server that closes first loses a race with the next request. */
#define REPLY_IDLE_SECONDS 120u

struct reply {
	unsigned status;
	const char *content_type;
	const char *allow; /* for 405; else NULL */
	struct slice body;
	bool last;     /* Connection: close */
	unsigned idle; /* seconds that the connection may be silent from now on; 0: as long as within a request */
};

enum MHD_Result reply_send(struct MHD_Connection *c, const struct reply *reply);

#endif
