#include "http/listen.h"

#include "base/clock.h"
#include "base/number.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_MAX 256

/* getaddrinfo() takes 99999 modulo 65,536, and names of services, which we do not accept. */
static bool is_port(const char *text)
{
	int64_t port;

	return number_parse(slice_of(text), 65535, &port) == 0;
}

/* Split "host:port"; an IPv6 host is in brackets. */
static int split(const char *address, char host[HOST_MAX], const char **port, struct err *err)
{
	const char *colon = strrchr(address, ':');
	const char *start = address;
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
		start++;
		len -= 2;
	} else if (colon && memchr(address, ':', len)) {
		colon = NULL;
	}
	if (!colon || colon[1] == '\0' || len >= HOST_MAX)
		return err_set(err, "expected host:port or [ipv6]:port, got '%s'", address);
	if (!is_port(colon + 1))
		return err_set(err, "expected a port of 0 to 65535, got '%s'", address);
	memcpy(host, start, len);
	host[len] = '\0';
	*port = colon + 1;
	return 0;
}

int listen_check(const char *address, struct err *err)
{
	char host[HOST_MAX];
	const char *port;

	return split(address, host, &port, err);
}

static int bind_and_listen(const struct addrinfo *ai)
{
	int on = 1, off = 0;
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, ai->ai_protocol);

	if (fd < 0)
		return -1;
	/* A restart must not wait for connections of the last run to time out. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6) /* [::] takes IPv4, too, whatever net.ipv6.bindv6only says */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;

	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

static void name_socket(int fd, char text[LISTEN_TEXT])
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	char host[46 + 1] = "?", port[8] = "?";

	if (getsockname(fd, (struct sockaddr *)&addr, &len) == 0)
		getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host), port, sizeof(port),
			    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(text, LISTEN_TEXT, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

static int bind_first(const struct addrinfo *list, int family)
{
	int fd = -1;

	errno = EAFNOSUPPORT;
	for (const struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
		if (family == AF_UNSPEC || ai->ai_family == family)
			fd = bind_and_listen(ai);
	return fd;
}

int listen_tcp(const char *address, char text[LISTEN_TEXT], struct err *err)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *list = NULL;
	char host[HOST_MAX];
	const char *port;

	if (split(address, host, &port, err) < 0)
		return -1;
	int rc = getaddrinfo(host[0] ? host : NULL, port, &hints, &list);
	if (rc != 0)
		return err_set(err, "cannot listen on '%s': %s", address, gai_strerror(rc));

	/* All addresses are those of both families, unless the kernel has no IPv6: a cluster may have nothing else. */
	int fd = bind_first(list, host[0] ? AF_UNSPEC : AF_INET6);
	if (fd < 0 && !host[0] && errno == EAFNOSUPPORT)
		fd = bind_first(list, AF_UNSPEC);
	int why = errno;
	freeaddrinfo(list);
	errno = why;
	if (fd < 0)
		return err_set(err, "cannot listen on '%s': %s", address, strerror(errno));
	name_socket(fd, text);
	return fd;
}

static int connect_within(const struct addrinfo *ai, int64_t ns)
{
	const struct timeval limit = {(time_t)(ns / CLOCK_SECOND), (suseconds_t)(ns % CLOCK_SECOND / 1000)};
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, ai->ai_protocol);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)); /* connecting too: socket(7) */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

static int connect_to(const char *host, const char *port, int64_t ns, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	int rc = getaddrinfo(host, port, &hints, &list);

	if (rc != 0)
		return err_set(err, "%s", gai_strerror(rc));
	int fd = connect_within(list, ns), why = errno;
	freeaddrinfo(list);
	return fd < 0 ? err_set(err, "%s", strerror(why)) : fd;
}

int listen_connect(const char *address, int64_t ns, struct err *err)
{
	char host[HOST_MAX];
	const char *port;

	if (split(address, host, &port, err) < 0)
		return -1;
	int fd = connect_to(host, port, ns, err);
	/* Where net.ipv6.conf.all.disable_ipv6 is set, [::] can be listened on, and takes IPv4, but there is no ::1. */
	if (fd < 0 && strcmp(host, "::") == 0)
		fd = connect_to("127.0.0.1", port, ns, err);
	return fd < 0 ? err_wrap(err, "cannot connect to '%s'", address) : fd;
}
