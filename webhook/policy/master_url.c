#include "policy/master_url.h"

#define PORT_MAX 65535

static bool is_port(struct slice s)
{
	unsigned port = 0;

	if (s.len == 0 || s.len > 5)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		port = port * 10 + (unsigned)(s.ptr[i] - '0');
	}
	return port <= PORT_MAX;
}

/* java.net.URI gives no host for a name with '_', and Spark then calls the
 * whole URL invalid without saying why: so this one gets its own message. */
static int check_host(struct slice host, struct err *err)
{
	if (host.len == 0)
		return err_set(err, "a master has no host, write spark://host:7077");
	if (memchr(host.ptr, '_', host.len))
		return err_set(err, "host '%.*s' has an underscore, which Spark refuses", SLICE_ARG(host));
	if (memchr(host.ptr, '/', host.len) || memchr(host.ptr, '@', host.len))
		return err_set(err, "'%.*s' is not a plain host name", SLICE_ARG(host));
	return 0;
}

static int parse_host_port(struct slice element, struct err *err)
{
	struct slice rest = element;

	if (slice_skip(&rest, SLICE_LIT("spark://")))
		return err_set(err, "'spark://' stands once, in front: spark://a:7077,b:7077");

	struct slice host = slice_cut(&rest, ':');
	if (check_host(host, err) < 0)
		return -1;
	if (!is_port(rest))
		return err_set(err, "master '%.*s' needs a port, write %.*s:7077", SLICE_ARG(element), SLICE_ARG(host));
	return 0;
}

/* An empty end ("a:7077,") passes, as it does in Spark: Scala's split drops it. */
static int parse_standalone(struct slice list, struct master_url *url, struct err *err)
{
	url->kind = MASTER_STANDALONE;
	do {
		if (url->host_count == MASTER_HOSTS_MAX)
			return err_set(err, "more than %d masters", MASTER_HOSTS_MAX);
		struct slice element = slice_cut(&list, ',');
		if (parse_host_port(element, err) < 0)
			return -1;
		url->hosts[url->host_count++] = element;
	} while (list.len > 0);
	return 0;
}

static int parse_k8s(struct slice api_server, struct master_url *url, struct err *err)
{
	struct slice rest = api_server;

	url->kind = MASTER_K8S;
	url->api_server = api_server;
	url->https = !slice_skip(&rest, SLICE_LIT("http://"));
	if (url->https)
		slice_skip(&rest, SLICE_LIT("https://"));
	if (rest.len == 0)
		return err_set(err, "no API server behind 'k8s://', write k8s://https://kubernetes.default.svc");
	return 0;
}

int master_url_parse(struct slice text, struct master_url *ret, struct err *err)
{
	struct master_url url = {.kind = MASTER_OTHER};
	struct slice rest = text;
	int rc = 0;

	if (text.len == 0)
		return err_set(err, "empty, Spark would not start");
	if (slice_skip(&rest, SLICE_LIT("spark://")))
		rc = parse_standalone(rest, &url, err);
	else if (slice_skip(&rest, SLICE_LIT("k8s://")))
		rc = parse_k8s(rest, &url, err);
	if (rc == 0)
		*ret = url;
	return rc;
}
