#include "command/serve_events.h"

#include "admission/notice.h"
#include "http/admit.h"

static void see(void *context, struct admission *adm)
{
	struct serve_events *e = context;
	struct notice n;

	if (!notice_of(&adm->request, &adm->decision, adm->arena, &n))
		return;
	const struct happening h = {
		.warning = n.warning,
		.reason = n.reason,
		.action = adm->endpoint == ENDPOINT_MUTATE ? "Mutate" : "Validate",
		.object = {n.api_version, n.kind, n.namespace, n.name, n.uid},
		.note = n.note,
		.template_hash = n.template_hash,
	};
	kube_broadcaster_post(e->broadcaster, &h);
}

static int64_t tick(void *closure)
{
	return kube_broadcaster_tick(closure);
}

void serve_events_open(struct serve_events *e, const struct kube_identity *me, struct facts_live *live,
		       struct service *service)
{
	e->broadcaster = kube_broadcaster_new(facts_live_client(live), me->pod ? me->pod : "sparkgate", service->log);
	facts_live_add(live, tick, e->broadcaster);
	service->witness = (struct service_witness){see, e};
}

void serve_events_metrics(const struct serve_events *e, struct buf *out)
{
	if (e->broadcaster)
		kube_broadcaster_metrics(e->broadcaster, out);
}

void serve_events_close(struct serve_events *e)
{
	kube_broadcaster_free(e->broadcaster);
	e->broadcaster = NULL;
}
