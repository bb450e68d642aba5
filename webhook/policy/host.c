#include "policy/host.h"

#define PART_MAX 255

/* One number of an address. */
static bool is_part(struct slice number)
{
	unsigned value = 0;

	for (size_t i = 0; i < number.len; i++) {
		if (number.ptr[i] < '0' || number.ptr[i] > '9' || value > PART_MAX)
			return false;
		value = value * 10 + (unsigned)(number.ptr[i] - '0');
	}
	return number.len > 0 && value <= PART_MAX;
}

bool host_is_ipv4(struct slice host)
{
	if (slice_ends(host, "."))
		return false;
	for (int part = 0; part < 4; part++)
		if (!is_part(slice_cut(&host, '.')))
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
