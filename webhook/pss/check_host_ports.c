/*
 * check_host_ports.c - ports of the node. Baseline.
 *
 * fields    spec.{initContainers,containers,ephemeralContainers}[*].ports[*].hostPort
 * allowed   absent, 0
 *
 * Source: k8s.io/pod-security-admission policy/check_hostPorts.go
 */
#include "pss/check.h"

/* Returns whether the container asks for a port of the host. */
static bool add_host_ports(const struct pss_pod *pod, const struct pss_container *c, struct pss_report *r,
			   struct pss_list *ports)
{
	size_t index = 0, before = ports->count;

	JSON_EACH(port, json_get(c->json, "ports")) {
		int64_t number = 0;

		if (json_int(json_get(port, "hostPort"), &number) == 0 && number != 0) {
			const char *field = arena_printf(pod->arena, "ports/%zu/hostPort", index);

			pss_list_add(ports, pod->arena, arena_printf(pod->arena, "%lld", (long long)number));
			pss_list_add(&r->pointers, pod->arena, pss_container_pointer(pod, c, field));
		}
		index++;
	}
	return ports->count > before;
}

void pss_check_host_ports(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0}, ports = {0};

	EACH_CONTAINER(c, pod)
		if (add_host_ports(pod, c, r, &ports))
			pss_list_add(&names, pod->arena, c->name);
	if (names.count == 0 || !pss_fails(r, "hostPort"))
		return;
	pss_list_sort(&ports);
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, names.count == 1 ? " uses" : " use");
	buf_adds(&r->detail, ports.count == 1 ? " hostPort " : " hostPorts ");
	pss_say_plain(&r->detail, &ports);
}
