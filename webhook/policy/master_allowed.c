#include "policy/host.h"
#include "policy/master_url.h"
#include "policy/namespace.h"
#include "policy/words.h"

/* A Service name is an RFC 1035 label: it begins with a letter, so "1" (which resolvers take for
 * 0.0.0.1) is not one. "localhost" never asks the cluster's DNS. */
static bool is_service_name(struct slice s)
{
	if (s.len == 0 || s.len > 63 || slice_is(s, "localhost") || s.ptr[0] < 'a' || s.ptr[0] > 'z')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return s.ptr[s.len - 1] != '-';
}

/* A cluster with another domain than cluster.local has its Services in allowedMasters. */
static bool is_service_of(struct slice host, const char *ns)
{
	struct slice rest = host;

	return is_service_name(slice_cut(&rest, '.')) && host_is_in_namespace(host, slice_of(ns));
}

/* host_port is "name:7077". A policy's entry is written as the whole master of one host. */
static bool host_is_allowed(const struct policy *p, struct slice host_port, const char *ns)
{
	struct slice rest = host_port;
	struct slice host = slice_cut(&rest, ':');

	if (p->allowed_masters.count == 0)
		return host.len > 0 && is_service_of(host, ns);
	for (size_t i = 0; i < p->allowed_masters.count; i++) {
		const char *allowed = p->allowed_masters.items[i];
		size_t scheme = strlen("spark://");
		if (strncmp(allowed, "spark://", scheme) == 0 && glob_match(allowed + scheme, host_port))
			return true;
	}
	return false;
}

bool master_is_allowed(const struct policy *p, struct slice master, const char *ns)
{
	struct master_url url;
	struct err err;

	if (master_url_parse(master, &url, &err) < 0 || url.kind != MASTER_STANDALONE)
		return false;
	for (size_t i = 0; i < url.host_count; i++)
		if (!host_is_allowed(p, url.hosts[i], ns))
			return false;
	return true;
}
