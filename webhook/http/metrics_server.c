#include "http/metrics_server.h"

#include "base/thread.h"
#include "http/metrics_print.h"
#include "http/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* The kubelet's liveness probe comes here, and any pod may: one address must not take all of it. */
#define CONNECTIONS 128
#define CONNECTIONS_OF_ONE 16u
#define CONNECTION_MEMORY (8u * 1024)
#define TIMEOUT_SECONDS 10u

struct metrics_server {
	struct MHD_Daemon *daemon;
	const struct server *server;
	struct service *service;
	char address[LISTEN_TEXT];
};

static enum MHD_Result answer(struct MHD_Connection *c, const struct routed *routed, unsigned status,
			      struct slice text)
{
	struct reply reply = {
		.status = status,
		.content_type = routed->route == ROUTE_METRICS && status == 200 ? "text/plain; version=0.0.4"
										: "text/plain; charset=utf-8",
		.allow = routed->allow,
		.body = text,
	};

	return reply_send(c, &reply);
}

static enum MHD_Result answer_listing(struct metrics_server *m, struct MHD_Connection *c, const struct routed *routed)
{
	struct arena arena = ARENA_INIT;
	struct buf text = buf_in(&arena);
	unsigned status = 200;

	if (routed->route == ROUTE_METRICS)
		metrics_print(&text, m->server, m->service);
	else if (!health_ready(&m->service->health, &text))
		status = 503;
	enum MHD_Result done = answer(c, routed, status, buf_slice(&text));
	arena_release(&arena);
	return done;
}

/* No path here takes a body: one that comes is read and dropped. */
static enum MHD_Result handle(void *cls, struct MHD_Connection *c, const char *url, const char *method,
			      const char *version, const char *upload_data, size_t *upload_data_size, void **con_cls)
{
	static int begun; /* only its address is used */
	struct metrics_server *m = cls;

	(void)version;
	(void)upload_data;
	if (!*con_cls || *upload_data_size > 0) {
		*con_cls = &begun;
		*upload_data_size = 0;
		return MHD_YES;
	}
	struct routed routed = route_find(LISTENER_METRICS, method, url, NULL);
	if (routed.status != 0)
		return answer(c, &routed, routed.status, slice_of(routed.message));
	if (routed.route == ROUTE_LIVEZ)
		return answer(c, &routed, 200, SLICE_LIT("ok"));
	return answer_listing(m, c, &routed);
}

int metrics_server_start(const char *listen, const struct server *server, struct service *service,
			 struct metrics_server **ret, struct err *err)
{
	struct metrics_server *m = calloc(1, sizeof(*m));

	if (!m)
		return err_set(err, "out of memory");
	m->server = server;
	m->service = service;
	int fd = listen_tcp(listen, m->address, err);
	if (fd < 0) {
		free(m);
		return -1;
	}
	m->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, handle, m,
				     MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
				     MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_OF_ONE,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				     MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_SECONDS, MHD_OPTION_THREAD_STACK_SIZE,
				     (size_t)THREAD_STACK, MHD_OPTION_END);
	if (!m->daemon) {
		err_set(err, "cannot start the metrics listener: %s", strerror(errno));
		close(fd);
		free(m);
		return -1;
	}
	*ret = m;
	return 0;
}

const char *metrics_server_address(const struct metrics_server *m)
{
	return m->address;
}

void metrics_server_stop(struct metrics_server *m)
{
	if (!m)
		return;
	MHD_stop_daemon(m->daemon); /* closes the socket */
	free(m);
}
