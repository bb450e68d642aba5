/*
 * A LimitRange against what containers, pods and executors ask for, as the API server compares it
 * (plugin/pkg/admission/limitranger/admission.go: minConstraint, maxConstraint, limitRequestRatioConstraint).
 */
#include "audit/hygiene_rules.h"

static const char *const resources[2] = {"cpu", "memory"};
static const enum amount requests[2] = {REQUEST_CPU, REQUEST_MEMORY}, limits[2] = {LIMIT_CPU, LIMIT_MEMORY};

/* ---- what the LimitRanges say ---- */

static void keep(struct hygiene_bound *bound, int64_t value, bool stricter, const char *range)
{
	if (value != NOT_SET && (bound->value == NOT_SET || stricter))
		*bound = (struct hygiene_bound){value, range};
}

static void read_item(struct hygiene *h, const struct json *item, const char *range)
{
	const char *type = json_text(json_get(item, "type"), "");
	bool pod = strcmp(type, "Pod") == 0;
	struct hygiene_bounds *b = &h->bounds[pod ? BOUNDED_POD : BOUNDED_CONTAINER];

	for (size_t r = 0; r < 2 && (pod || strcmp(type, "Container") == 0); r++) {
		int64_t max = amount_read(h->arena, json_get(item, "max"), resources[r], limits[r]);
		int64_t min = amount_read(h->arena, json_get(item, "min"), resources[r], limits[r]);
		int64_t ratio = amount_read(h->arena, json_get(item, "maxLimitRequestRatio"), resources[r], LIMIT_CPU);

		keep(&b->max[r], max, max < b->max[r].value, range);
		keep(&b->min[r], min, min > b->min[r].value, range);
		keep(&b->ratio[r], ratio, ratio < b->ratio[r].value, range);
	}
}

void hygiene_read_bounds(struct hygiene *h)
{
	const struct hygiene_bound none = {NOT_SET, NULL};

	for (size_t i = 0; i < BOUNDED_COUNT; i++)
		h->bounds[i] = (struct hygiene_bounds){{none, none}, {none, none}, {none, none}};
	for (size_t i = 0; i < h->ns->limit_range_count; i++) {
		const struct json *range = h->ns->limit_ranges[i];
		const char *name = json_text(json_get(json_get(range, "metadata"), "name"), "?");

		JSON_EACH(item, json_get(json_get(range, "spec"), "limits"))
			read_item(h, item, name);
	}
}

/* ---- who keeps it ---- */

/* What is compared. */
struct compared {
	const char *who;     /* "container 'spark'", "its executors" */
	const char *pointer; /* may be NULL */
	const char *way;     /* what to do, beside changing the LimitRange */
	struct amounts ask;
};

static void say(const struct hygiene_case *c, const struct hygiene_bound *b, const struct compared *x, const char *what)
{
	hygiene_say(c, "scope.limitRange", x->pointer,
		    arena_printf(c->a, "LimitRange %s refuses %s: %s: change the LimitRange, or %s", b->range, x->who, what, x->way));
}

static void check_max(const struct hygiene_case *c, const struct hygiene_bound *b, size_t r, const struct compared *x)
{
	int64_t limit = x->ask.of[limits[r]], request = x->ask.of[requests[r]];

	if (b->value == NOT_SET)
		return;
	const char *most = amount_show(c->a, limits[r], b->value);
	if (limit == NOT_SET)
		say(c, b, x, arena_printf(c->a, "max %s is %s, and it has no limit", resources[r], most));
	else if (limit > b->value)
		say(c, b, x, arena_printf(c->a, "max %s is %s, its limit is %s", resources[r], most, amount_show(c->a, limits[r], limit)));
	else if (request > b->value)
		say(c, b, x, arena_printf(c->a, "max %s is %s, its request is %s", resources[r], most, amount_show(c->a, limits[r], request)));
}

static void check_min(const struct hygiene_case *c, const struct hygiene_bound *b, size_t r, const struct compared *x)
{
	int64_t limit = x->ask.of[limits[r]], request = x->ask.of[requests[r]];

	if (b->value == NOT_SET)
		return;
	const char *least = amount_show(c->a, limits[r], b->value);
	if (request == NOT_SET)
		say(c, b, x, arena_printf(c->a, "min %s is %s, and it has no request", resources[r], least));
	else if (request < b->value)
		say(c, b, x, arena_printf(c->a, "min %s is %s, its request is %s", resources[r], least, amount_show(c->a, limits[r], request)));
	else if (limit != NOT_SET && limit < b->value)
		say(c, b, x, arena_printf(c->a, "min %s is %s, its limit is %s", resources[r], least, amount_show(c->a, limits[r], limit)));
}

/* Is limit / request > thousandths / 1000? The whole part first, so that nothing grows too large. */
static bool is_more_times(int64_t limit, int64_t request, int64_t thousandths)
{
	int64_t times = limit / request, rest = limit % request;

	if (times != thousandths / 1000)
		return times > thousandths / 1000;
	return quantity_times(rest, 1000) / request > thousandths % 1000 ||
	       (quantity_times(rest, 1000) / request == thousandths % 1000 && quantity_times(rest, 1000) % request > 0);
}

static void check_ratio(const struct hygiene_case *c, const struct hygiene_bound *b, size_t r, const struct compared *x)
{
	int64_t limit = x->ask.of[limits[r]], request = x->ask.of[requests[r]];

	if (b->value == NOT_SET)
		return;
	const char *most = quantity_show_cpu(c->a, b->value);
	if (limit <= 0 || request <= 0)
		say(c, b, x, arena_printf(c->a, "maxLimitRequestRatio %s is %s, and it lacks request or limit", resources[r], most));
	else if (is_more_times(limit, request, b->value))
		say(c, b, x, arena_printf(c->a, "maxLimitRequestRatio %s is %s, its limit %s is more than that many times its request %s",
					  resources[r], most, amount_show(c->a, limits[r], limit), amount_show(c->a, limits[r], request)));
}

static void check_all(const struct hygiene_case *c, enum hygiene_bounded what, const struct compared *x)
{
	const struct hygiene_bounds *b = &c->h->bounds[what];

	for (size_t r = 0; r < 2; r++) {
		check_max(c, &b->max[r], r, x);
		check_min(c, &b->min[r], r, x);
		check_ratio(c, &b->ratio[r], r, x);
	}
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
			check_all(c, BOUNDED_CONTAINER, &x);
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
		check_all(c, BOUNDED_CONTAINER, &x);
		check_all(c, BOUNDED_POD, &x);
	}
}

void hygiene_limit_range(const struct hygiene_case *c)
{
	struct compared pod = {.who = c->created.controller ? "its pods" : "it", .way = "the resources of its containers"};

	if (c->h->ns->limit_range_count == 0 || !hygiene_is_on(c, "scope.limitRange"))
		return;
	check_containers(c);
	pod.ask = amounts_of_pod(c->a, c->created.spec, &c->h->defaults);
	check_all(c, BOUNDED_POD, &pod);
	check_executors(c);
}
