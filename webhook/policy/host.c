#include "policy/host.h"

#include "base/number.h"

bool host_is_ipv4(struct slice host)
{
	int64_t number;

	if (slice_ends(host, "."))
		return false;
	for (int part = 0; part < 4; part++)
		if (number_parse(slice_cut(&host, '.'), 255, &number) < 0)
			return false;
	return host.len == 0;
}

bool host_is_in_namespace(struct slice host, struct slice namespace)
{
	struct slice rest = host;

	if (slice_cut(&rest, '.').len == 0 || (rest.len > 0 && !slice_eq(slice_cut(&rest, '.'), namespace)))
		return false;
	if (rest.len == 0)
		return host.ptr[host.len - 1] != '.';
	return slice_is(rest, "svc") || slice_is(rest, "svc.cluster.local");
}
