#include "http/reply.h"

/* MHD copies the bytes at once (MUST_COPY) but takes them as void *. */
static void *unconst(const char *ptr)
{
	union {
		const char *in;
		void *out;
	} cast = {.in = ptr};

	return cast.out;
}

enum MHD_Result reply_send(struct MHD_Connection *c, const struct reply *reply)
{
	struct MHD_Response *r =
		MHD_create_response_from_buffer(reply->body.len, unconst(reply->body.ptr), MHD_RESPMEM_MUST_COPY);

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
	if (reply->allow)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, reply->allow);
	if (reply->last)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	else if (reply->idle > 0)
		MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, reply->idle);

	enum MHD_Result queued = MHD_queue_response(c, reply->status, r);
	MHD_destroy_response(r);
	return queued;
}
