/*
 * check_host.c - what belongs to the node: its namespaces, ports, probes that
 * reach elsewhere, Windows host processes.
 *
 * Sources: k8s.io/pod-security-admission policy/check_hostNamespaces.go,
 * check_hostPorts.go, check_hostProbesAndhostLifecycle.go, check_windowsHostProcess.go.
 */
#include "pss/check.h"

void pss_check_host_namespaces(const struct pss_pod *pod, struct pss_report *r)
{
	static const char *const fields[] = {"hostNetwork", "hostPID", "hostIPC"};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (!json_bool(json_get(pod->spec, fields[i]), false))
			continue;
		buf_printf(&r->detail, "%s%s=true", r->reason ? ", " : "", fields[i]);
		r->reason = "host namespaces";
		pss_blame_pod(pod, r, fields[i]);
	}
}

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
	if (names.count == 0)
		return;
	pss_list_sort(&ports);
	r->reason = "hostPort";
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, names.count == 1 ? " uses" : " use");
	buf_adds(&r->detail, ports.count == 1 ? " hostPort " : " hostPorts ");
	pss_say_plain(&r->detail, &ports);
}

/* Every place of a container that may name a host to talk to. */
static const struct {
	const char *outer, *inner; /* inner: of lifecycle */
} handlers[] = {
	{"livenessProbe", NULL},
	{"readinessProbe", NULL},
	{"startupProbe", NULL},
	{"lifecycle", "postStart"},
	{"lifecycle", "preStop"},
};

static void add_handler_hosts(const struct pss_pod *pod, const struct pss_container *c, size_t which,
			      struct pss_report *r, struct pss_list *hosts)
{
	static const char *const actions[] = {"httpGet", "tcpSocket"};
	const char *outer = handlers[which].outer, *inner = handlers[which].inner;
	const struct json *v = json_get(c->json, outer);

	if (inner)
		v = json_get(v, inner);
	for (size_t i = 0; v && i < sizeof(actions) / sizeof(*actions); i++) {
		const char *host = json_text(json_get(json_get(v, actions[i]), "host"), "");

		if (*host == '\0')
			continue;
		pss_list_add(hosts, pod->arena, host);
		pss_list_add(&r->pointers, pod->arena,
			     pss_container_pointer(pod, c,
						   arena_printf(pod->arena, "%s%s%s/%s/host", outer, inner ? "/" : "",
								inner ? inner : "", actions[i])));
	}
}

void pss_check_host_probes(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0}, hosts = {0};

	EACH_CONTAINER(c, pod) {
		size_t before = hosts.count;

		for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++)
			add_handler_hosts(pod, c, i, r, &hosts);
		if (hosts.count > before)
			pss_list_add(&names, pod->arena, c->name);
	}
	if (names.count == 0)
		return;
	pss_list_sort(&names); /* a set in this check alone */
	pss_list_sort(&hosts);
	r->reason = "probe or lifecycle host";
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, names.count == 1 ? " uses" : " use");
	buf_adds(&r->detail, hosts.count == 1 ? " probe or lifecycle host " : " probe or lifecycle hosts ");
	pss_say_quoted(&r->detail, &hosts);
}

void pss_check_windows_host_process(const struct pss_pod *pod, struct pss_report *r)
{
	static const char field[] = "securityContext/windowsOptions/hostProcess";
	struct pss_list names = {0};

	if (pod->security.host_process)
		pss_blame_pod(pod, r, field);
	EACH_CONTAINER(c, pod)
		if (c->security.host_process)
			pss_blame(pod, r, &names, c, field);
	if (r->pointers.count == 0)
		return;
	r->reason = "hostProcess";
	pss_say_setters(&r->detail, pod->security.host_process, &names);
	buf_adds(&r->detail, " must not set securityContext.windowsOptions.hostProcess=true");
}
