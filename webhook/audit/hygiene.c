#include "audit/hygiene_rules.h"

#include "base/kubernetes.h"

void hygiene_begin(struct hygiene *h, const struct policy *policy, const struct audit_namespace *ns,
		   const struct namespace *parsed, bool opted_in, struct arena *a)
{
	*h = (struct hygiene){.policy = policy, .ns = ns, .parsed = parsed, .opted_in = opted_in, .arena = a, .ask = {.sum = AMOUNTS_NONE}};
	h->defaults = amounts_of_limit_ranges(a, ns->limit_ranges, ns->limit_range_count);
	hygiene_read_bounds(h);
}

/* ---- what the rules share ---- */

bool hygiene_is_on(const struct hygiene_case *c, const char *rule)
{
	return policy_action(c->h->policy, rule) != ACTION_OFF;
}

void hygiene_say(const struct hygiene_case *c, const char *rule, const char *pointer, const char *message)
{
	policy_say(c->h->policy, c->a, c->ret, rule, ACTION_DENY, message, (struct place){.pointer = pointer});
}

const char *hygiene_name(const struct hygiene_case *c)
{
	return json_text(json_get(json_get(c->seen->object->object, "metadata"), "name"), c->seen->review->name);
}

bool hygiene_is_server(const struct hygiene_case *c)
{
	return c->has_pod && c->match.role == ROLE_CONNECT_SERVER && !c->match.label_only;
}

bool hygiene_is_daemon(const struct hygiene_case *c)
{
	return c->has_pod && (c->match.role == ROLE_STANDALONE_MASTER || c->match.role == ROLE_STANDALONE_WORKER);
}

bool hygiene_hardens(const struct hygiene_case *c)
{
	const struct namespace *ns = c->d ? &c->d->ns : c->h->parsed;

	return ns->mode == MODE_ENFORCE && ns->pss_mode == MODE_ENFORCE && ns->hardening != HARDENING_OFF;
}

/* "deployment" of "Deployment x"; NULL for what kubectl cannot restart. */
static const char *restartable(struct slice kind)
{
	static const char *const known[][2] = {
		{"Deployment", "deployment"}, {"StatefulSet", "statefulset"}, {"DaemonSet", "daemonset"}};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (slice_is(kind, known[i][0]))
			return known[i][1];
	return NULL;
}

const char *hygiene_restart(const struct hygiene_case *c)
{
	const char *owner = c->seen->object->owner, *ns = c->h->ns->name;
	struct slice name = slice_of(owner ? owner : "");
	struct slice kind = slice_cut(&name, ' ');
	const char *resource = restartable(kind);

	if (resource && name.len > 0)
		return arena_printf(c->a, "kubectl rollout restart %s/%.*s -n %s", resource, SLICE_ARG(name), ns);
	if (owner)
		return arena_printf(c->a, "kubectl delete pod %s -n %s (%s makes it anew)", hygiene_name(c), ns, owner);
	return arena_printf(c->a, "delete the pod and create it anew: kubectl replace --force -f FILE -n %s", ns);
}

/* ---- an object ---- */

/* What every rule needs: the pod's role, and what it will run on. */
static void open_pod(struct hygiene_case *c)
{
	const struct hygiene_seen *seen = c->seen;
	const struct json *result = seen->simulation->result ? seen->simulation->result : seen->object->object;

	if (subject_of(result, seen->object->kind, &c->created) < 0)
		return;
	c->has_pod = true;
	c->match = role_of_pod(c->h->policy, c->a, c->created.metadata, c->created.spec);
	if (!hygiene_is_server(c))
		return;
	c->pod = (struct spark_pod){.metadata = c->created.metadata, .spec = c->created.spec, .pointer = c->created.prefix,
				    .lookups = &seen->facts->lookups, .ns = &c->d->ns, .match = c->match};
	spark_pod_open(c->h->policy, c->a, &c->pod);
	c->match = c->pod.match;
	if (!hygiene_is_server(c))
		return;
	spark_pod_ask(c->a, &c->pod, &c->asks);
}

/* What is reported for a controller, not for each of its pods. */
static void look_at_alone(const struct hygiene_case *c)
{
	hygiene_opt_in(c);
	hygiene_shared(c);
	if (!hygiene_is_server(c) && !hygiene_is_daemon(c))
		return;
	hygiene_count(c);
	hygiene_native(c);
	hygiene_demanded(c);
	hygiene_limit_range(c);
	hygiene_service(c);
}

void hygiene_object(struct hygiene *h, struct arena *a, const struct hygiene_seen *seen, struct findings *ret)
{
	struct hygiene_case c = {.h = h, .a = a, .ret = ret, .seen = seen, .d = &seen->simulation->validate};

	if (kubernetes_pod_is_over(seen->object->object))
		return;
	open_pod(&c);
	hygiene_backend_drift(&c);
	hygiene_config_map_drift(&c);
	hygiene_security_drift(&c);
	if (!seen->object->owner)
		look_at_alone(&c);
}

void hygiene_namespace(struct hygiene *h, struct arena *a, struct findings *ret)
{
	struct hygiene_case c = {.h = h, .a = a, .ret = ret};

	hygiene_namespace_opt_in(&c);
	hygiene_namespace_native(&c);
	hygiene_namespace_quota(&c);
	hygiene_namespace_service(&c);
}
