#include "http/server.h"

#include "base/clock.h"
#include "base/thread.h"
#include "http/exchange.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Recursion over JSON is at most LIMIT_JSON_DEPTH deep; GnuTLS needs the most stack. musl's default would be 128 KiB. */

/* Headers of one request; the API server sends about 400 bytes. */
#define CONNECTION_MEMORY (16u * 1024)

#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct server {
	struct worker workers[SERVER_THREADS_MAX];
	unsigned thread_count;
	struct service *service;
	int listen_fd, stop_fd; /* stop_fd: an eventfd that ends the acceptor */
	bool accepting;
	pthread_t acceptor;
	char address[LISTEN_TEXT];
};

/* What libmicrohttpd has to say (handshakes that failed, mostly) is of interest when looking for trouble. */
static void log_mhd(void *cls, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
static void log_mhd(void *cls, const char *fmt, va_list args)
{
	const struct service *service = cls;
	struct log_line line;
	char text[256];

	if (LOG_DEBUG < service->log->level)
		return;
	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	log_open(&line, service->log, LOG_DEBUG, "http");
	log_text(&line, "detail", text);
	log_close(&line);
}

static struct MHD_Daemon *start_daemon(struct worker *w)
{
	return MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_USE_ITC | MHD_USE_ERROR_LOG |
			MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME,
		0, NULL, NULL, exchange_handle, w,
		MHD_OPTION_EXTERNAL_LOGGER, log_mhd, w->service, /* must come first */
		MHD_OPTION_HTTPS_CERT_CALLBACK2, tls_retrieve,
		MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES,
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)THREAD_STACK,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_LIMIT, SERVER_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, EXCHANGE_SILENT_SECONDS,
		MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, w,
		MHD_OPTION_NOTIFY_CONNECTION, exchange_connection, w,
		MHD_OPTION_END);
}

static int start_worker(struct server *s, struct worker *w, struct err *err)
{
	w->service = s->service;
	w->metrics = calloc(1, sizeof(*w->metrics));
	if (!w->metrics)
		return err_set(err, "out of memory");
	w->daemon = start_daemon(w);
	if (!w->daemon)
		return err_set(err, "cannot start a serving thread: %s", strerror(errno));
	return 0;
}

static unsigned load_of(const struct worker *w)
{
	return w->connections + w->arrivals.waiting;
}

static struct worker *least_busy(struct server *s)
{
	struct worker *best = &s->workers[0];

	for (unsigned i = 1; i < s->thread_count; i++)
		if (load_of(&s->workers[i]) < load_of(best))
			best = &s->workers[i];
	return best;
}

static void hand_over(struct server *s, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct worker *w = least_busy(s);
	int on = 1;

	if (server_connections(s) >= SERVER_CONNECTIONS) {
		close(fd);
		return;
	}
	/* An answer is small and leaves in one piece: waiting for more only costs time. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	arrivals_add(&w->arrivals); /* exchange_connection() ends it */
	if (MHD_add_connection(w->daemon, fd, addr, len) != MHD_YES)
		arrivals_end(&w->arrivals); /* the socket is closed */
}

/* Accept one connection. false: there is none to accept now. */
static bool accept_one(struct server *s)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int fd = accept4(s->listen_fd, (struct sockaddr *)&addr, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		hand_over(s, fd, (struct sockaddr *)&addr, len);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
		usleep(50 * 1000); /* it stays in the backlog until some connection ends */
	return errno == EINTR || errno == ECONNABORTED;
}

static bool somebody_arrives(const struct server *s)
{
	for (unsigned i = 0; i < s->thread_count; i++)
		if (s->workers[i].arrivals.waiting > 0)
			return true;
	return false;
}

/* By the clock, not only when it is quiet: otherwise a client that keeps connecting would keep lost connections
 * in the count for ever. */
static void look_at_arrivals(struct server *s, int64_t *looked)
{
	int64_t now = clock_mono_ns();

	if (now - *looked < ARRIVAL_MS * CLOCK_MS)
		return;
	*looked = now;
	for (unsigned i = 0; i < s->thread_count; i++)
		arrivals_forget(&s->workers[i].arrivals);
}

static void *run_acceptor(void *cls)
{
	struct server *s = cls;
	struct pollfd fds[2] = {{s->listen_fd, POLLIN, 0}, {s->stop_fd, POLLIN, 0}};
	int64_t looked = clock_mono_ns();

	while (!(fds[1].revents & POLLIN)) {
		int ready = poll(fds, 2, somebody_arrives(s) ? ARRIVAL_MS : -1);
		look_at_arrivals(s, &looked);
		if (ready <= 0)
			continue;
		while (accept_one(s))
			look_at_arrivals(s, &looked);
	}
	return NULL;
}

static int start_acceptor(struct server *s, struct err *err)
{
	if (thread_start(&s->acceptor, run_acceptor, s, err) < 0)
		return err_wrap(err, "accepting connections");
	s->accepting = true;
	return 0;
}

static int start(struct server *s, const struct server_options *o, struct err *err)
{
	s->listen_fd = listen_tcp(o->listen, s->address, err);
	if (s->listen_fd < 0)
		return -1;
	s->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (s->stop_fd < 0)
		return err_set(err, "cannot make an eventfd: %s", strerror(errno));
	for (; s->thread_count < o->threads; s->thread_count++)
		if (start_worker(s, &s->workers[s->thread_count], err) < 0) {
			s->thread_count++; /* it may hold memory */
			return -1;
		}
	return start_acceptor(s, err);
}

int server_start(const struct server_options *options, struct service *service, struct server **ret,
		 struct err *err)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return err_set(err, "out of memory");
	s->service = service;
	s->listen_fd = s->stop_fd = -1;
	tls_store_serve(service->certificates);
	if (start(s, options, err) < 0) {
		server_stop(s);
		return -1;
	}
	*ret = s;
	return 0;
}

const char *server_address(const struct server *s)
{
	return s->address;
}

unsigned server_connections(const struct server *s)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < s->thread_count; i++)
		sum += load_of(&s->workers[i]);
	return sum;
}

unsigned server_in_flight(const struct server *s)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < s->thread_count; i++)
		sum += s->workers[i].in_flight;
	return sum;
}

unsigned server_threads(const struct server *s)
{
	return s->thread_count;
}

const struct metrics *server_metrics(const struct server *s, unsigned thread)
{
	return s->workers[thread].metrics;
}

void server_stop_accepting(struct server *s)
{
	uint64_t one = 1;

	if (!s->accepting)
		return;
	if (write(s->stop_fd, &one, sizeof(one)) != sizeof(one))
		return; /* cannot happen: the counter of an eventfd takes 2^64-2 */
	pthread_join(s->acceptor, NULL);
	s->accepting = false;
	close(s->listen_fd);
	s->listen_fd = -1;
}

static void stop_worker(struct worker *w)
{
	if (w->daemon)
		MHD_stop_daemon(w->daemon);
	jobs_release(&w->jobs);
	wire_pool_release(&w->wires);
	body_pool_release(&w->bodies);
	free(w->metrics);
}

void server_stop(struct server *s)
{
	if (!s)
		return;
	server_stop_accepting(s);
	for (unsigned i = 0; i < s->thread_count; i++)
		stop_worker(&s->workers[i]);
	tls_store_serve(NULL);
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	if (s->stop_fd >= 0)
		close(s->stop_fd);
	free(s);
}
