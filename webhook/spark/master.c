#include "spark/master.h"

#include "policy/master_url.h"
#include "spark/k8s_master.h"

static struct slice without_comma(struct slice s)
{
	while (s.len > 0 && s.ptr[s.len - 1] == ',')
		s.len--;
	return s;
}

static bool is_standalone(struct slice value)
{
	struct master_url url;
	struct err ignored;

	return master_url_parse(value, &url, &ignored) == 0 && url.kind == MASTER_STANDALONE;
}

bool master_fits(const struct policy *p, const struct namespace *ns, struct slice value)
{
	if (ns->backend == BACKEND_NONE)
		return true;
	if (ns->backend == BACKEND_K8S)
		return k8s_master_is_named(p, value);
	if (!ns->standalone_master)
		return is_standalone(value);
	return slice_eq(without_comma(value), without_comma(slice_of(ns->standalone_master)));
}
