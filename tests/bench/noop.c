/*
 * noop PORT CERT KEY - the floor of tests/bench: the daemon that sparkgate serves with (libmicrohttpd, GnuTLS,
 * epoll threads), which reads a body to its end, looks at nothing and gives a fixed answer. What sparkgate costs
 * beyond it is sparkgate's own.
 */
#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEM_MAX 16384
#define THREADS 2u

/* About as long as a usual answer with a patch. */
#define ANSWER_LENGTH 1000

static char answer[ANSWER_LENGTH];

/* The body is copied, as any server must that wants to look at it. */
struct body {
	char *bytes;
	size_t len, cap;
};

static enum MHD_Result take(struct body *body, const char *data, size_t len)
{
	if (body->len + len > body->cap) {
		size_t cap = (body->len + len) * 2;
		char *bytes = realloc(body->bytes, cap);

		if (!bytes)
			return MHD_NO;
		body->bytes = bytes;
		body->cap = cap;
	}
	memcpy(body->bytes + body->len, data, len);
	body->len += len;
	return MHD_YES;
}

static enum MHD_Result reply(struct MHD_Connection *connection)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(sizeof(answer), answer, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	MHD_add_response_header(response, "Content-Type", "application/json");
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result handle(void *unused, struct MHD_Connection *connection, const char *url, const char *method,
			      const char *version, const char *data, size_t *len, void **state)
{
	(void)unused;
	(void)url;
	(void)method;
	(void)version;
	if (!*state) {
		*state = calloc(1, sizeof(struct body));
		return *state ? MHD_YES : MHD_NO;
	}
	if (*len > 0) {
		enum MHD_Result result = take(*state, data, *len);

		*len = 0;
		return result;
	}
	return reply(connection);
}

static void completed(void *unused, struct MHD_Connection *connection, void **state,
		      enum MHD_RequestTerminationCode code)
{
	struct body *body = *state;

	(void)unused;
	(void)connection;
	(void)code;
	if (body)
		free(body->bytes);
	free(body);
}

static void read_pem(const char *path, char text[PEM_MAX])
{
	FILE *file = fopen(path, "re");

	if (!file) {
		perror(path);
		exit(1);
	}
	text[fread(text, 1, PEM_MAX - 1, file)] = '\0';
	fclose(file);
}

int main(int argc, char **argv)
{
	static char cert[PEM_MAX], key[PEM_MAX];
	sigset_t signals;
	int caught;

	if (argc != 4) {
		fprintf(stderr, "usage: noop PORT CERT KEY\n");
		return 2;
	}
	memset(answer, ' ', sizeof(answer));
	read_pem(argv[2], cert);
	read_pem(argv[3], key);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	struct MHD_Daemon *daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_USE_ITC, (uint16_t)strtoul(argv[1], NULL, 10), NULL, NULL,
		handle, NULL, MHD_OPTION_HTTPS_MEM_CERT, cert, MHD_OPTION_HTTPS_MEM_KEY, key,
		MHD_OPTION_HTTPS_PRIORITIES, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", MHD_OPTION_THREAD_POOL_SIZE,
		THREADS, MHD_OPTION_CONNECTION_TIMEOUT, 120u, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
	if (!daemon) {
		fprintf(stderr, "noop: cannot listen on port %s\n", argv[1]);
		return 1;
	}
	sigwait(&signals, &caught);
	MHD_stop_daemon(daemon);
	return 0;
}
