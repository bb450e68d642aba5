/*
 * A ResourceQuota against what the namespace's Spark pods ask for. Driver and workers that do not fit are missing at
 * once; executors are asked for again and again (ExecutorPodsAllocator.scala), and only the driver's log tells.
 * Quotas that count some pods only (scopes, scopeSelector) are passed over.
 */
#include "audit/hygiene_rules.h"

/* The names that one amount has in spec.hard (pkg/quota/v1/evaluator/core/pods.go). */
static const char *const hard_names[AMOUNTS][2] = {
	[REQUEST_CPU] = {"requests.cpu", "cpu"},
	[REQUEST_MEMORY] = {"requests.memory", "memory"},
	[LIMIT_CPU] = {"limits.cpu", NULL},
	[LIMIT_MEMORY] = {"limits.memory", NULL},
};

/* spec.hard; NULL where the quota does not count all pods. */
static const struct json *hard_of(const struct json *quota)
{
	const struct json *spec = json_get(quota, "spec");

	return json_count(json_get(spec, "scopes")) > 0 || json_get(spec, "scopeSelector") ? NULL : json_get(spec, "hard");
}

static const char *name_of(const struct json *quota)
{
	return json_text(json_get(json_get(quota, "metadata"), "name"), "?");
}

/* ---- the sum, on the Namespace ---- */

/* "Deployment spark-connect 1 x 4Gi, executors of spark-connect 10 x 1408Mi, 3 more" */
static const char *made_of(const struct hygiene_case *c, enum amount which)
{
	const struct hygiene_ask *ask = &c->h->ask;
	struct buf b = buf_in(c->a);
	size_t left = ask->parts_left;

	for (size_t i = 0; i < ask->part_count; i++) {
		const struct hygiene_part *part = &ask->parts[i];
		const char *separator = b.len > 0 ? ", " : "";

		if (which == AMOUNTS)
			buf_printf(&b, "%s%s %lld", separator, part->who, (long long)part->pods);
		else if (part->each.of[which] != NOT_SET)
			buf_printf(&b, "%s%s %lld x %s", separator, part->who, (long long)part->pods,
				   amount_show(c->a, which, part->each.of[which]));
	}
	if (left > 0)
		buf_printf(&b, ", %zu more", left);
	return buf_slice(&b).ptr;
}

static const char *at_least(const struct hygiene_case *c)
{
	return c->h->ask.at_least ? "at least " : "";
}

static void compare_amount(const struct hygiene_case *c, const struct json *quota, enum amount which)
{
	int64_t sum = c->h->ask.sum.of[which];

	for (size_t n = 0; n < 2 && hard_names[which][n]; n++) {
		const char *name = hard_names[which][n];
		int64_t hard = amount_read(c->a, hard_of(quota), name, which);

		if (hard != NOT_SET && sum > hard)
			hygiene_say(c, "scope.quota", NULL,
				    arena_printf(c->a, "ResourceQuota %s: %s %s is less than the %s%s that its Spark pods ask for (%s): raise "
						       "it, or ask for less", name_of(quota), name, amount_show(c->a, which, hard), at_least(c),
						 amount_show(c->a, which, sum), made_of(c, which)));
	}
}

static void compare_pods(const struct hygiene_case *c, const struct json *quota)
{
	static const char *const names[] = {"pods", "count/pods"};

	for (size_t n = 0; n < 2; n++) {
		int64_t hard;

		if (quantity_of(c->a, json_get(hard_of(quota), names[n]), QUANTITY_WHOLE, &hard) == 0 && c->h->ask.pods > hard)
			hygiene_say(c, "scope.quota", NULL,
				    arena_printf(c->a, "ResourceQuota %s: %s %lld is less than the %s%lld pods of Spark (%s): raise it, or ask "
						       "for less", name_of(quota), names[n], (long long)hard, at_least(c),
						 (long long)c->h->ask.pods, made_of(c, AMOUNTS)));
	}
}

void hygiene_namespace_quota(const struct hygiene_case *c)
{
	for (size_t i = 0; i < c->h->ns->quota_count && hygiene_is_on(c, "scope.quota"); i++) {
		for (enum amount which = 0; which < AMOUNTS; which++)
			compare_amount(c, c->h->ns->quotas[i], which);
		compare_pods(c, c->h->ns->quotas[i]);
	}
}

/* ---- what a quota demands of each container ---- */

/* The quota that has a hard value for which, and under which name; NULL = none. */
static const char *demanded_by(const struct hygiene_case *c, enum amount which, const struct json **quota)
{
	for (size_t i = 0; i < c->h->ns->quota_count; i++) {
		*quota = c->h->ns->quotas[i];
		for (size_t n = 0; n < 2 && hard_names[which][n]; n++)
			if (amount_read(c->a, hard_of(*quota), hard_names[which][n], which) != NOT_SET)
				return hard_names[which][n];
	}
	return NULL;
}

/* The names of the containers that do not set it: "spark, init"; "" = all do. */
static const char *silent_containers(const struct hygiene_case *c, enum amount which)
{
	static const char *const lists[] = {"containers", "initContainers"};
	struct buf b = buf_in(c->a);

	for (size_t l = 0; l < 2; l++)
		JSON_EACH(item, json_get(c->created.spec, lists[l])) {
			struct amounts own = amounts_of_container(c->a, item, &c->h->defaults);
			if (own.of[which] == NOT_SET && b.len < 200)
				buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", json_text(json_get(item, "name"), "?"));
			else if (own.of[which] == NOT_SET && !slice_ends(buf_slice(&b), "..."))
				buf_adds(&b, ", ...");
		}
	return buf_slice(&b).ptr;
}

/* The pod's own resources apply to all of its containers. */
static bool pod_says(const struct hygiene_case *c, enum amount which)
{
	const struct json *resources = json_get(c->created.spec, "resources");
	const char *resource = which == REQUEST_CPU || which == LIMIT_CPU ? "cpu" : "memory";
	bool limit = amount_read(c->a, json_get(resources, "limits"), resource, which) != NOT_SET;

	return limit || (which < LIMIT_CPU && amount_read(c->a, json_get(resources, "requests"), resource, which) != NOT_SET);
}

/* Spark sets all but limits.cpu by itself. */
static void demand_of_executors(const struct hygiene_case *c, const struct json *quota, const char *name)
{
	for (size_t i = 0; i < c->asks.count; i++) {
		const struct spark_ask *ask = &c->asks.items[i];
		bool known;
		struct amounts each = hygiene_executor_amounts(c, ask, &known);

		if (ask->on_k8s && known && each.of[LIMIT_CPU] == NOT_SET)
			hygiene_say(c, "scope.quota", ask->server->pointer,
				    arena_printf(c->a, "ResourceQuota %s refuses its executors: they must specify %s: set "
						       "spark.kubernetes.executor.limit.cores, or a LimitRange with a default", name_of(quota), name));
	}
}

void hygiene_demanded(const struct hygiene_case *c)
{
	for (enum amount which = 0; which < AMOUNTS && hygiene_is_on(c, "scope.quota"); which++) {
		const struct json *quota = NULL;
		const char *name = demanded_by(c, which, &quota);

		if (!name)
			continue;
		const char *silent = pod_says(c, which) ? "" : silent_containers(c, which);
		if (*silent)
			hygiene_say(c, "scope.quota", arena_join(c->a, c->created.prefix, "/spec/containers"),
				    arena_printf(c->a, "ResourceQuota %s refuses %s: must specify %s for: %s: set it there, or a LimitRange with "
						       "a default", name_of(quota), c->created.controller ? "its pods" : "it", name, silent));
		if (which == LIMIT_CPU)
			demand_of_executors(c, quota, name);
	}
}
