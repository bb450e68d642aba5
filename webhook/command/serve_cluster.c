#include "command/serve_cluster.h"

static int64_t tick(void *closure)
{
	return kube_recorder_tick(closure);
}

void serve_cluster_metrics(struct serve_cluster *c, struct buf *out)
{
	if (c->recorder)
		kube_recorder_metrics(c->recorder, out);
	serve_events_metrics(&c->events, out);
	serve_conditions_metrics(&c->conditions, out);
}

/* A layer is measured by the configurations: they come first. */
static bool hold_policies(void *closure)
{
	return !serve_conditions_listed(closure);
}

/* Our identity must be known where something in our own namespace is asked for; otherwise only Events need it. */
static int know_ourselves(struct serve_cluster *c, const struct serve_options *o, struct arena *a, struct err *err)
{
	struct err unknown = {""};

	if (kube_identity_read(a, KUBE_ACCOUNT_DIR, &c->me, &unknown) == 0)
		return 0;
	c->me = (struct kube_identity){NULL, NULL, NULL};
	if (!o->policies_configmap)
		return 0;
	*err = unknown;
	return err_wrap(err, "--policies-configmap");
}

int serve_cluster_open(struct serve_cluster *c, const struct serve_options *o, struct facts_live *live,
		       struct service *service, struct arena *a, struct err *err)
{
	*c = (struct serve_cluster){.recorder = NULL};
	if (!live)
		return 0;
	if (know_ourselves(c, o, a, err) < 0)
		return -1;
	if (c->me.namespace) {
		c->recorder = kube_recorder_new(facts_live_client(live), &c->me, service->log);
		facts_live_add(live, tick, c->recorder);
	}
	if (o->events)
		serve_events_open(&c->events, &c->me, live, service);
	const struct serve_watch_place place = {live, &c->me, c->recorder, service->log};
	if (o->configurations)
		serve_conditions_open(&c->conditions, o->configurations, service, &place);
	if (o->policies_configmap)
		serve_policies_open(&c->policies, o->policies_configmap, service, &place);
	if (o->policies_configmap && o->configurations)
		serve_watch_hold(&c->policies.watch, hold_policies, &c->conditions);
	return 0;
}

void serve_cluster_close(struct serve_cluster *c)
{
	serve_policies_close(&c->policies);
	serve_conditions_close(&c->conditions);
	serve_events_close(&c->events);
	kube_recorder_free(c->recorder);
	c->recorder = NULL;
}
