/*
 * check_host_probes.c - probes and lifecycle hooks that reach other hosts. Baseline from v1.34.
 *
 * fields    of spec.{initContainers,containers,ephemeralContainers}[*]:
 *           {livenessProbe,readinessProbe,startupProbe}.{httpGet,tcpSocket}.host
 *           lifecycle.{postStart,preStop}.{httpGet,tcpSocket}.host
 * allowed   absent, ""
 *
 * Source: k8s.io/pod-security-admission policy/check_hostProbesAndhostLifecycle.go
 */
#include "pss/check.h"

/* Every place in a container that may name a host to talk to. */
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
	for (size_t i = 0; v && i < COUNT_OF(actions); i++) {
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

		for (size_t i = 0; i < COUNT_OF(handlers); i++)
			add_handler_hosts(pod, c, i, r, &hosts);
		if (hosts.count > before)
			pss_list_add(&names, pod->arena, c->name);
	}
	if (names.count == 0 || !pss_fails(r, "probe or lifecycle host"))
		return;
	pss_list_sort(&names); /* a set only in this check */
	pss_list_sort(&hosts);
	pss_say_containers(&r->detail, &names);
	buf_adds(&r->detail, names.count == 1 ? " uses" : " use");
	buf_adds(&r->detail, hosts.count == 1 ? " probe or lifecycle host " : " probe or lifecycle hosts ");
	pss_say_quoted(&r->detail, &hosts);
}
