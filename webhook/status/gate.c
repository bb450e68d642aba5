/* sparkgate itself: its replicas, by what each says in its metrics, and its webhook configurations. */
#include "status/metrics_text.h"
#include "status/part.h"

#include "base/kubernetes.h"
#include "kube/list.h"

#define PAGE 100
#define METRICS_PORT 9090

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

static void ask_replica(struct status_asker *asker, const char *namespace, const struct json *pod, struct status_replica *r)
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
	const char *path = arena_printf(a, "/api/v1/namespaces/%s/pods/%s:%d/proxy/metrics", namespace, r->pod, (int)metrics_port(pod));
	r->unknown = status_ask_text(asker, path, "get pods/proxy", status_in_namespace(a, namespace), METRICS_TEXT_BYTES, &status, &text);
	if (r->unknown)
		return;
	r->policy = metrics_text_label(a, text, "sparkgate_policy_info", "hash");
	r->version = metrics_text_label(a, text, "sparkgate_build_info", "version");
	r->certificate_until = metrics_text_value(text, "sparkgate_certificate_expiry_timestamp_seconds", 0);
}

/* By the labels that the chart gives them; those of its audit have another component. */
static void list_replicas(struct status_asker *asker, struct status_gate *gate)
{
	struct arena *a = asker->arena, pages = ARENA_INIT;
	const char *path = arena_printf(a, "/api/v1/namespaces/%s/pods?labelSelector=app.kubernetes.io%%2Fname%%3Dsparkgate%%2C"
					   "app.kubernetes.io%%2Fcomponent%%3Dwebhook", gate->namespace);
	struct kube_list *list = kube_list_new(asker->client, path, PAGE);
	const struct json *page, *pods[STATUS_REPLICAS_MAX];
	struct err err = {""};
	size_t count = 0;
	int rc;

	while ((rc = kube_list_next(list, &pages, &page, &err)) > 0)
		JSON_EACH(pod, json_get(page, "items")) {
			if (kubernetes_pod_is_over(pod))
				continue;
			if (count < STATUS_REPLICAS_MAX)
				pods[count++] = json_copy(a, pod);
			else
				gate->replica_more++;
		}
	if (rc < 0)
		gate->replicas_unknown = kube_list_status(list) == 403
						 ? status_forbidden(a, "list pods", status_in_namespace(a, gate->namespace))
						 : arena_dup(a, slice_of(err.text));
	kube_list_free(list);
	arena_release(&pages);
	gate->replicas = ARENA_ARRAY(a, STATUS_REPLICAS_MAX, struct status_replica);
	for (size_t i = 0; i < count; i++)
		ask_replica(asker, gate->namespace, pods[i], &gate->replicas[gate->replica_count++]);
}

static void judge_replicas(struct status_asker *asker, struct status_gate *gate)
{
	struct arena *a = asker->arena;
	const char *policy = NULL;

	if (gate->replica_count == 0)
		status_problem(a, &gate->problems,
			       arena_join(a, "no pod of sparkgate in namespace ", gate->namespace, ": is it installed elsewhere? (--sparkgate-namespace)"));
	for (size_t i = 0; i < gate->replica_count; i++) {
		const struct status_replica *r = &gate->replicas[i];
		if (!r->ready)
			status_problem(a, &gate->problems, arena_join(a, "replica ", r->pod, " is not ready: kubectl -n ", gate->namespace, " logs ", r->pod));
		if (r->unknown)
			continue;
		if (r->certificate_until != 0 && r->certificate_until - asker->now < STATUS_CERTIFICATE_SECONDS)
			status_problem(a, &gate->problems,
				       arena_join(a, "the certificate of ", r->pod, r->certificate_until <= asker->now ? " has expired" : " ends soon",
						  ": `sparkgate certs show` says who renews it"));
		if (policy && *r->policy && strcmp(policy, r->policy) != 0)
			status_problem(a, &gate->problems, "replicas have different policies: a change takes a second, then see their logs");
		policy = *r->policy ? r->policy : policy;
	}
}

/* ---- webhook configurations ---- */

static void ask_webhooks(struct status_asker *asker, const char *kind, const char *resource, const char *name, struct status_webhooks *w)
{
	struct arena *a = asker->arena;
	const struct json *object;

	w->kind = kind;
	w->unknown = status_ask(asker, arena_join(a, KUBERNETES_ADMISSION, resource, "/", name),
				arena_join(a, "get ", resource), "the cluster", &w->missing, &object);
	if (w->unknown)
		return;
	JSON_EACH(entry, json_get(object, "webhooks")) {
		w->entries++;
		w->closed += strcmp(json_text(json_get(entry, "failurePolicy"), "Fail"), "Fail") == 0;
	}
}

void status_of_gate(struct status_asker *asker, const char *namespace, const char *name, struct status_gate *ret)
{
	struct arena *a = asker->arena;

	*ret = (struct status_gate){.namespace = namespace};
	list_replicas(asker, ret);
	if (!ret->replicas_unknown)
		judge_replicas(asker, ret);
	ask_webhooks(asker, "MutatingWebhookConfiguration", KUBERNETES_MUTATING, name, &ret->webhooks[0]);
	ask_webhooks(asker, "ValidatingWebhookConfiguration", KUBERNETES_VALIDATING, name, &ret->webhooks[1]);
	for (size_t i = 0; i < 2; i++)
		if (ret->webhooks[i].missing)
			status_problem(a, &ret->problems, arena_join(a, "there is no ", ret->webhooks[i].kind, " ", name, ": sparkgate is not asked"));
}

void status_of_replicas(struct status_asker *asker, const char *namespace, struct status_gate *ret)
{
	*ret = (struct status_gate){.namespace = namespace ? namespace : "sparkgate"};
	list_replicas(asker, ret);
}
