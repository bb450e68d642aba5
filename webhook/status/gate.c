/* sparkgate itself: its replicas, by what each says in its metrics and of its readiness. */
#include "status/metrics_text.h"
#include "status/part.h"

#include "base/kubernetes.h"

#define PODS_MAX 100 /* with those that are over and not yet deleted */
#define METRICS_PORT 9090
#define APP "sparkgate"

/* HEALTH_CHECKS lines of some HEALTH_NOTE bytes (http/health.h). */
#define READYZ_BYTES (16u << 10)

/* ---- replicas ---- */

/* The ConfigMap of its policy layer, as `serve` takes it: in its own namespace. */
static const char *layer_of(struct arena *a, const char *namespace, const struct json *pod)
{
	static const char option[] = "--policies-configmap=";

	JSON_EACH(c, json_get(json_get(pod, "spec"), "containers"))
		JSON_EACH(arg, json_get(c, "args"))
			if (slice_starts(json_slice(arg), option))
				return arena_join(a, namespace, "/", json_text(arg, "") + strlen(option));
	return NULL;
}

/* The port that the pod calls metrics. */
static int64_t metrics_port(const struct json *pod)
{
	JSON_EACH(c, json_get(json_get(pod, "spec"), "containers"))
		JSON_EACH(port, json_get(c, "ports")) {
			int64_t number;
			if (strcmp(json_text(json_get(port, "name"), ""), "metrics") == 0 &&
			    json_int(json_get(port, "containerPort"), &number) == 0 && number > 0 && number < 65536)
				return number;
		}
	return METRICS_PORT;
}

/* What answers on it, through the API server. */
static const char *port_path(struct arena *a, const char *namespace, const struct json *pod, const char *name)
{
	return arena_printf(a, "/api/v1/namespaces/%s/pods/%s:%d/proxy", namespace, name, (int)metrics_port(pod));
}

static void ask_metrics(struct status_asker *asker, const char *namespace, const struct json *pod, struct status_replica *r)
{
	struct arena *a = asker->arena;
	struct slice text = {"", 0};
	int status;

	r->pod = json_text(json_get(json_get(pod, "metadata"), "name"), "");
	r->ready = kubernetes_pod_is_ready(pod);
	r->layer = layer_of(a, namespace, pod);
	r->policy = r->version = "";
	if (!kube_name_ok(r->pod)) {
		r->unknown = "its name is not a valid pod name";
		return;
	}
	const char *path = arena_join(a, port_path(a, namespace, pod, r->pod), "/metrics");
	r->unknown = status_ask_text(asker, path, "get pods/proxy", status_in_namespace(a, namespace), METRICS_TEXT_BYTES, &status, &text);
	if (r->unknown)
		return;
	r->policy = metrics_text_label(a, text, "sparkgate_policy_info", "hash");
	r->version = metrics_text_label(a, text, "sparkgate_build_info", "version");
	r->certificate_until = metrics_text_value(text, "sparkgate_certificate_expiry_timestamp_seconds", 0);
}

/* Its lines come with a 503 too. */
static void ask_readiness(struct status_asker *asker, const char *namespace, const struct json *pod, struct status_replica *r)
{
	struct arena *a = asker->arena;
	struct slice text = {"", 0};
	int status;

	if (r->unknown)
		return;
	const char *path = arena_join(a, port_path(a, namespace, pod, r->pod), "/readyz?verbose");
	(void)status_ask_text(asker, path, "get pods/proxy", status_in_namespace(a, namespace), READYZ_BYTES, &status, &text);
	status_readyz_troubles(a, text, &r->troubles);
}

/* By the labels that the chart gives them; those of its audit have another component. None is asked yet: how many there are to ask. */
static size_t list_replicas(struct status_asker *asker, struct status_gate *gate, const struct json *pods[STATUS_REPLICAS_MAX])
{
	struct arena *a = asker->arena;
	const char *path = arena_printf(a, "/api/v1/namespaces/%s/pods?labelSelector=app.kubernetes.io%%2Fname%%3D%s%%2C"
					   "app.kubernetes.io%%2Fcomponent%%3Dwebhook&limit=%d", gate->namespace, status_webhooks_app(gate, APP), PODS_MAX);
	const struct json *list = NULL;
	size_t count = 0;

	gate->replicas_unknown = status_ask(asker, path, "list pods", status_in_namespace(a, gate->namespace), NULL, &list);
	gate->replicas = ARENA_ARRAY(a, STATUS_REPLICAS_MAX, struct status_replica);
	JSON_EACH(pod, json_get(list, "items")) {
		if (kubernetes_pod_is_over(pod))
			continue;
		if (count < STATUS_REPLICAS_MAX)
			pods[count++] = pod;
		else
			gate->replica_more++;
	}
	return count;
}

/* Pods that are not there: no quota is left, or nobody may make them. */
static void judge_wanted(struct status_asker *asker, struct status_gate *gate)
{
	struct arena *a = asker->arena;
	const struct json *list = NULL;
	const char *path = arena_printf(a, "/apis/apps/v1/namespaces/%s/deployments?limit=10&labelSelector=app.kubernetes.io%%2Fname%%3D%s",
					gate->namespace, status_webhooks_app(gate, APP));
	const char *why = status_ask(asker, path, "list deployments", status_in_namespace(a, gate->namespace), NULL, &list);
	int64_t wanted = 0, there = (int64_t)(gate->replica_count + gate->replica_more);

	if (why)
		status_say(a, &gate->notes, arena_join(a, "how many replicas there should be is not known: ", why));
	JSON_EACH(deployment, json_get(list, "items")) {
		int64_t replicas;
		wanted += json_int(json_get(json_get(deployment, "spec"), "replicas"), &replicas) == 0 ? replicas : 1;
	}
	if (there > 0 && there < wanted)
		status_say(a, &gate->problems, arena_printf(a, "%lld of %lld replicas are there: `kubectl -n %s get events` says why", (long long)there,
							    (long long)wanted, gate->namespace));
}

/* Replicas have most of their troubles in common. */
static bool is_said(const struct status_gate *gate, size_t before, const char *trouble)
{
	for (size_t i = 0; i < before; i++)
		for (size_t k = 0; k < gate->replicas[i].troubles.count; k++)
			if (strcmp(gate->replicas[i].troubles.items[k], trouble) == 0)
				return true;
	return false;
}

static void tell_troubles(struct arena *a, struct status_gate *gate, size_t which)
{
	const struct status_replica *r = &gate->replicas[which];

	for (size_t i = 0; i < r->troubles.count; i++)
		if (!is_said(gate, which, r->troubles.items[i]))
			status_say(a, &gate->problems, arena_join(a, "replica ", r->pod, " says of its ", r->troubles.items[i]));
}

static void judge_replicas(struct status_asker *asker, struct status_gate *gate)
{
	struct arena *a = asker->arena;
	const char *policy = NULL;

	if (gate->replica_count == 0)
		status_say(a, &gate->problems,
			   arena_join(a, "no pod of sparkgate in namespace ", gate->namespace, ": is it installed elsewhere? (--sparkgate-namespace)"));
	judge_wanted(asker, gate);
	for (size_t i = 0; i < gate->replica_count; i++) {
		const struct status_replica *r = &gate->replicas[i];
		if (!r->ready)
			status_say(a, &gate->problems, arena_join(a, "replica ", r->pod, " is not ready: kubectl -n ", gate->namespace, " logs ", r->pod));
		tell_troubles(a, gate, i);
		if (r->unknown)
			continue;
		if (r->certificate_until != 0 && r->certificate_until - asker->now < STATUS_CERTIFICATE_SECONDS)
			status_say(a, &gate->problems,
				   arena_join(a, "the certificate of ", r->pod, r->certificate_until <= asker->now ? " has expired" : " ends soon",
						  ": `sparkgate certs show --secret NAME -n ", gate->namespace, "` says who renews it"));
		if (policy && *r->policy && strcmp(policy, r->policy) != 0)
			status_say(a, &gate->problems, "replicas have different policies: a change takes a second, then see their logs");
		policy = *r->policy ? r->policy : policy;
	}
}

void status_find_gate(struct status_asker *asker, const char *namespace, const char *name, struct status_gate *ret)
{
	const struct json *pods[STATUS_REPLICAS_MAX];

	*ret = (struct status_gate){.namespace = namespace};
	status_find_webhooks(asker, name, ret);
	if (!ret->namespace)
		ret->namespace = status_webhooks_namespace(ret, "sparkgate");
	const size_t count = list_replicas(asker, ret, pods);
	for (size_t i = 0; i < count; i++) {
		struct status_replica *r = &ret->replicas[ret->replica_count++];
		ask_metrics(asker, ret->namespace, pods[i], r);
		ask_readiness(asker, ret->namespace, pods[i], r);
	}
}

void status_find_policy(struct status_asker *asker, const char *namespace, struct status_gate *ret)
{
	const struct json *pods[STATUS_REPLICAS_MAX];

	*ret = (struct status_gate){.namespace = namespace};
	const size_t count = list_replicas(asker, ret, pods);
	for (size_t i = 0; i < count && !asker->broken; i++) {
		struct status_replica *r = &ret->replicas[ret->replica_count++];
		ask_metrics(asker, namespace, pods[i], r);
		if (*r->policy)
			return;
	}
}

void status_judge_gate(struct status_asker *asker, const struct policy *policy, struct status_gate *gate)
{
	if (!gate->replicas_unknown)
		judge_replicas(asker, gate);
	status_judge_webhooks(asker->arena, policy, gate);
}
