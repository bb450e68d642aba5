#include "policy/master_url.h"

#include "policy/host.h"

#include <arpa/inet.h>

#define PORT_MAX 65535

/* ---- the host, as java.net.URI has it (parseServer, RFC 2396); where that finds no host, Spark calls the whole URL
 * invalid without saying why ---- */

static bool is_label(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!char_is_letter(s.ptr[i]) && !char_is_digit(s.ptr[i]) && s.ptr[i] != '-')
			return false;
	return s.len > 0 && s.ptr[0] != '-' && s.ptr[s.len - 1] != '-';
}

/* Labels with dots between them, and maybe one at the end. If there are several, the last begins with a letter. */
static bool is_name(struct slice s)
{
	struct slice label = SLICE_NONE, before = label;

	if (slice_ends(s, "."))
		s.len--;
	if (s.len == 0 || slice_ends(s, "."))
		return false;
	while (s.len > 0) {
		before = label;
		label = slice_cut(&s, '.');
		if (!is_label(label))
			return false;
	}
	return !before.ptr || char_is_letter(label.ptr[0]);
}

/* What is between the brackets: an address, and maybe of which interface ("%eth0"). */
static bool is_ipv6(struct slice s)
{
	bool scoped = memchr(s.ptr, '%', s.len);
	struct slice scope = s, address = slice_cut(&scope, '%');
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ignored;

	for (size_t i = 0; i < scope.len; i++)
		if (!char_is_letter(scope.ptr[i]) && !char_is_digit(scope.ptr[i]) && scope.ptr[i] != '_' && scope.ptr[i] != '.')
			return false;
	if ((scoped && scope.len == 0) || address.len >= sizeof(text) || memchr(address.ptr, '\0', address.len))
		return false;
	memcpy(text, address.ptr, address.len);
	text[address.len] = '\0';
	return inet_pton(AF_INET6, text, &ignored) == 1;
}

static bool is_host(struct slice s)
{
	if (slice_starts(s, "[") && slice_ends(s, "]"))
		return is_ipv6((struct slice){s.ptr + 1, s.len - 2});
	return host_is_ipv4(s) || is_name(s);
}

/* Up to the port's colon: that of "[fd00::1]:7077" is the one after the bracket. */
static struct slice cut_host(struct slice *rest)
{
	const char *bracket = slice_starts(*rest, "[") ? memchr(rest->ptr, ']', rest->len) : NULL;
	size_t skip = bracket ? (size_t)(bracket - rest->ptr) : 0;
	struct slice behind = {rest->ptr + skip, rest->len - skip};
	struct slice end = slice_cut(&behind, ':');
	struct slice host = {rest->ptr, skip + end.len};

	*rest = behind;
	return host;
}

static int check_host(struct slice host, struct err *err)
{
	if (host.len == 0)
		return err_set(err, "a master has no host, write spark://host:7077");
	if (memchr(host.ptr, '_', host.len) && host.ptr[0] != '[')
		return err_set(err, "host '%.*s' has an underscore, which Spark refuses", SLICE_ARG(host));
	if (memchr(host.ptr, '$', host.len))
		return err_set(err, "host '%.*s' holds a variable, which nothing expands here: write the host",
			       SLICE_ARG(host));
	if (!is_host(host))
		return err_set(err,
			       "host '%.*s' is not one that Spark accepts: names of letters, digits and '-' with dots "
			       "between them, "
			       "the last beginning with a letter; a whole IPv4 address; or [IPv6]",
			       SLICE_ARG(host));
	return 0;
}

/* ---- one master: host:port ---- */

static bool is_blank(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

static struct slice trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_blank(*s.ptr))
		s = (struct slice){s.ptr + 1, s.len - 1};
	return s;
}

/* "spark://a:7077, b:7077" is the typing error that looks right. */
static int check_blanks(struct slice element, struct err *err)
{
	struct slice bare = trim(element);

	for (size_t i = 0; i < bare.len; i++)
		if (is_blank(bare.ptr[i]))
			return err_set(err, "master '%.*s' has a blank inside, which Spark refuses",
				       SLICE_ARG(element));
	if (bare.len == 0 && element.len > 0)
		return err_set(err, "a master is blank, write spark://a:7077,b:7077");
	if (bare.len < element.len)
		return err_set(err, "master '%.*s' has a blank at its start or end, write %.*s", SLICE_ARG(element),
			       SLICE_ARG(bare));
	return 0;
}

static int check_port(struct slice element, struct slice host, struct slice port, struct err *err)
{
	size_t digits = 0;
	unsigned number = 0;

	for (; digits < port.len && char_is_digit(port.ptr[digits]); digits++)
		number = number <= PORT_MAX ? number * 10 + (unsigned)(port.ptr[digits] - '0') : number;
	if (digits == 0)
		return err_set(err, "master '%.*s' needs a port, write %.*s:7077", SLICE_ARG(element), SLICE_ARG(host));
	if (digits < port.len)
		return err_set(err, "master '%.*s' has '%.*s' after its port, write %.*s", SLICE_ARG(element),
			       (int)(port.len - digits), port.ptr + digits, (int)(element.len - (port.len - digits)),
			       element.ptr);
	if (number > PORT_MAX)
		return err_set(err, "master '%.*s' has a port above %d", SLICE_ARG(element), PORT_MAX);
	return 0;
}

static int parse_host_port(struct slice element, struct err *err)
{
	struct slice rest = element;

	if (check_blanks(element, err) < 0)
		return -1;
	if (slice_skip(&rest, SLICE_LIT("spark://")))
		return err_set(err, "'spark://' is written once, at the start: spark://a:7077,b:7077");
	if (slice_has(element, "::") && element.ptr[0] != '[')
		return err_set(err, "master '%.*s': an IPv6 address needs brackets, write spark://[fd00::1]:7077",
			       SLICE_ARG(element));

	struct slice host = cut_host(&rest);
	if (check_host(host, err) < 0)
		return -1;
	return check_port(element, host, rest, err);
}

/* ---- the whole ---- */

/* Empty ends ("a:7077,") pass, as they do in Spark: Scala's split drops them. */
static int parse_standalone(struct slice list, struct master_url *url, struct err *err)
{
	url->kind = MASTER_STANDALONE;
	if (slice_has(list, "@")) /* what comes before it may be a password, with commas in it: nothing is shown */
		return err_set(err, "a master has a user ('@'), which Spark refuses: write spark://host:7077");
	while (list.len > 0 && list.ptr[list.len - 1] == ',')
		list.len--;
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

/* rest: what follows "k8s://". */
static int parse_k8s(struct slice rest, struct master_url *url, struct err *err)
{
	url->kind = MASTER_K8S;
	url->https = !slice_skip(&rest, SLICE_LIT("http://"));
	if (url->https)
		slice_skip(&rest, SLICE_LIT("https://"));
	if (rest.len == 0)
		return err_set(err, "no API server after 'k8s://', write k8s://https://kubernetes.default.svc");
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
