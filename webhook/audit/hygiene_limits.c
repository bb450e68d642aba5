/*
 * A LimitRange against what containers, pods and executors ask for, as the API server compares it
 * (plugin/pkg/admission/limitranger/admission.go: minConstraint, maxConstraint, limitRequestRatioConstraint).
 */
#include "audit/hygiene_rules.h"

/* Who is compared with an item of a LimitRange. */
struct compared {
	const char *who;     /* "container 'spark'", "an executor" */
	const char *pointer; /* may be NULL */
	const char *way;     /* what to do, beside changing the LimitRange */
	struct amounts ask;
};

/* One resource of one item. */
struct bound {
	const struct json *range, *item;
	const char *resource;
	enum amount request, limit;
};

static void say(const struct hygiene_case *c, const struct bound *b, const struct compared *x, const char *what)
{
	hygiene_say(c, "scope.limitRange", x->pointer,
		    arena_printf(c->a, "LimitRange %s refuses %s: %s: change the LimitRange, or %s",
				 json_text(json_get(json_get(b->range, "metadata"), "name"), "?"), x->who, what, x->way));
}

static void check_max(const struct hygiene_case *c, const struct bound *b, const struct compared *x)
{
	int64_t max = amount_read(c->a, json_get(b->item, "max"), b->resource, b->limit);
	int64_t limit = x->ask.of[b->limit], request = x->ask.of[b->request];

	if (max == NOT_SET)
		return;
	const char *most = amount_show(c->a, b->limit, max);
	if (limit == NOT_SET)
		say(c, b, x, arena_printf(c->a, "max %s is %s, and it has no limit", b->resource, most));
	else if (limit > max)
		say(c, b, x, arena_printf(c->a, "max %s is %s, its limit is %s", b->resource, most, amount_show(c->a, b->limit, limit)));
	else if (request > max)
		say(c, b, x, arena_printf(c->a, "max %s is %s, its request is %s", b->resource, most, amount_show(c->a, b->limit, request)));
}

static void check_min(const struct hygiene_case *c, const struct bound *b, const struct compared *x)
{
	int64_t min = amount_read(c->a, json_get(b->item, "min"), b->resource, b->limit);
	int64_t limit = x->ask.of[b->limit], request = x->ask.of[b->request];

	if (min == NOT_SET)
		return;
	const char *least = amount_show(c->a, b->limit, min);
	if (request == NOT_SET)
		say(c, b, x, arena_printf(c->a, "min %s is %s, and it has no request", b->resource, least));
	else if (request < min)
		say(c, b, x, arena_printf(c->a, "min %s is %s, its request is %s", b->resource, least, amount_show(c->a, b->limit, request)));
	else if (limit != NOT_SET && limit < min)
		say(c, b, x, arena_printf(c->a, "min %s is %s, its limit is %s", b->resource, least, amount_show(c->a, b->limit, limit)));
}

static void check_ratio(const struct hygiene_case *c, const struct bound *b, const struct compared *x)
{
	int64_t limit = x->ask.of[b->limit], request = x->ask.of[b->request], ratio;
	const struct json *v = json_get(json_get(b->item, "maxLimitRequestRatio"), b->resource);

	if (quantity_of(c->a, v, QUANTITY_MILLI, &ratio) < 0)
		return;
	const char *most = quantity_show_cpu(c->a, ratio);
	if (limit <= 0 || request <= 0)
		say(c, b, x, arena_printf(c->a, "maxLimitRequestRatio %s is %s, and it lacks request or limit", b->resource, most));
	else if (limit / request > ratio / 1000 || (limit / request == ratio / 1000 &&
		 quantity_times(limit % request, 1000) / request > ratio % 1000))
		say(c, b, x, arena_printf(c->a, "maxLimitRequestRatio %s is %s, its limit %s is more times its request %s", b->resource, most,
					  amount_show(c->a, b->limit, limit), amount_show(c->a, b->limit, request)));
}

/* One item of a LimitRange: type says whose amounts it bounds. */
static void check_item(const struct hygiene_case *c, const struct json *range, const struct json *item, const struct compared *x)
{
	const struct bound bounds[] = {{range, item, "cpu", REQUEST_CPU, LIMIT_CPU}, {range, item, "memory", REQUEST_MEMORY, LIMIT_MEMORY}};

	for (size_t i = 0; i < 2; i++) {
		check_max(c, &bounds[i], x);
		check_min(c, &bounds[i], x);
		check_ratio(c, &bounds[i], x);
	}
}

static void check_all(const struct hygiene_case *c, const char *type, const struct compared *x)
{
	for (size_t i = 0; i < c->h->ns->limit_range_count; i++)
		JSON_EACH(item, json_get(json_get(c->h->ns->limit_ranges[i], "spec"), "limits"))
			if (strcmp(json_text(json_get(item, "type"), ""), type) == 0)
				check_item(c, c->h->ns->limit_ranges[i], item, x);
}

static void check_containers(const struct hygiene_case *c)
{
	static const char *const lists[] = {"containers", "initContainers"};

	for (size_t l = 0; l < 2; l++) {
		const char *list = arena_join(c->a, c->created.prefix, "/spec/", lists[l]);
		size_t i = 0;

		JSON_EACH(item, json_get(c->created.spec, lists[l])) {
			struct compared x = {.way = "the container's resources", .pointer = arena_path(c->a, list, i++)};

			x.who = arena_printf(c->a, "container '%s'", json_text(json_get(item, "name"), "?"));
			x.ask = amounts_of_container(c->a, item, &c->h->defaults);
			check_all(c, "Container", &x);
		}
	}
}

/* An executor pod has one container that asks for something. */
static void check_executors(const struct hygiene_case *c)
{
	for (size_t i = 0; i < c->asks.count; i++) {
		const struct spark_ask *ask = &c->asks.items[i];
		struct compared x = {.who = "its executors", .pointer = ask->server->pointer,
				     .way = "spark.executor.memory, spark.executor.memoryOverhead, spark.kubernetes.executor.request.cores, "
					    "limit.cores"};
		bool known;

		x.ask = hygiene_executor_amounts(c, ask, &known);
		if (!ask->on_k8s || !known)
			continue;
		check_all(c, "Container", &x);
		check_all(c, "Pod", &x);
	}
}

void hygiene_limit_range(const struct hygiene_case *c)
{
	struct compared pod = {.who = c->created.controller ? "its pods" : "it", .way = "the resources of its containers"};

	if (c->h->ns->limit_range_count == 0 || !hygiene_is_on(c, "scope.limitRange"))
		return;
	check_containers(c);
	pod.ask = amounts_of_pod(c->a, c->created.spec, &c->h->defaults);
	check_all(c, "Pod", &pod);
	check_executors(c);
}
