/* How much the namespace's Spark pods ask for, counted as its objects come. */
#include "audit/hygiene_rules.h"

/* More pods of one controller are somebody's mistake. */
#define PODS_MAX 1000000

static int64_t count_at(const struct json *v, const char *member, int64_t fallback)
{
	int64_t count;

	if (!json_get(v, member))
		return fallback;
	if (json_int(json_get(v, member), &count) < 0 || count < 0)
		return 0;
	return count < PODS_MAX ? count : PODS_MAX;
}

/* As many as run at the same time. */
static int64_t pods_of_job(const struct json *spec)
{
	int64_t parallel = count_at(spec, "parallelism", 1), completions = count_at(spec, "completions", PODS_MAX);

	if (json_bool(json_get(spec, "suspend"), false))
		return 0;
	return parallel < completions ? parallel : completions;
}

/* How many pods the object will have. *sure: false for a DaemonSet, whose nodes are not known here. */
static int64_t pods_of(const struct hygiene_case *c, bool *sure)
{
	const struct json *spec = json_get(c->created.root, "spec");
	const char *kind = c->seen->object->kind;

	*sure = strcmp(kind, "DaemonSet") != 0;
	if (!*sure || strcmp(kind, "Pod") == 0)
		return 1;
	if (strcmp(kind, "PodTemplate") == 0 || (strcmp(kind, "CronJob") == 0 && json_bool(json_get(spec, "suspend"), false)))
		return 0;
	if (strcmp(kind, "CronJob") == 0)
		return pods_of_job(json_get(json_get(spec, "jobTemplate"), "spec"));
	if (strcmp(kind, "Job") == 0)
		return pods_of_job(spec);
	return count_at(spec, "replicas", 1);
}

static void add_part(struct hygiene_ask *ask, const char *who, int64_t pods, const struct amounts *each)
{
	if (pods == 0)
		return;
	ask->pods = quantity_add(ask->pods, pods);
	for (size_t i = 0; i < AMOUNTS; i++) {
		int64_t old = ask->sum.of[i];
		if (each->of[i] != NOT_SET)
			ask->sum.of[i] = quantity_add(old == NOT_SET ? 0 : old, quantity_times(each->of[i], pods));
	}
	if (ask->part_count < HYGIENE_PARTS_MAX)
		ask->parts[ask->part_count++] = (struct hygiene_part){who, pods, *each};
	else
		ask->parts_left++;
}

struct amounts hygiene_executor_amounts(const struct hygiene_case *c, const struct spark_ask *ask, bool *known)
{
	const struct executor_ask *e = &ask->executors;
	struct amounts ret = {{e->cpu_milli, e->memory, e->has_cpu_limit ? e->cpu_limit_milli : NOT_SET, e->memory}};

	*known = e->cpu_milli >= 0 && e->memory >= 0 && !(e->has_cpu_limit && e->cpu_limit_milli < 0);
	if (*known)
		amounts_default(&ret, &c->h->defaults);
	return ret;
}

/* For each invocation; one that runs on standalone workers has no executor pods. */
static void count_executors(const struct hygiene_case *c, int64_t servers)
{
	struct hygiene_ask *total = &c->h->ask;

	for (size_t i = 0; i < c->asks.count; i++) {
		const struct spark_ask *ask = &c->asks.items[i];
		bool known;
		struct amounts each = hygiene_executor_amounts(c, ask, &known);

		if (!ask->on_k8s)
			continue;
		if (!known || ask->executors.count < 0 || ask->executors.unbounded)
			total->at_least = true;
		if (ask->executors.count > 0)
			add_part(total, arena_printf(c->h->arena, "executors of %s", hygiene_name(c)),
				 quantity_times(servers, ask->executors.count), &each);
	}
}

void hygiene_count(const struct hygiene_case *c)
{
	struct hygiene_ask *total = &c->h->ask;
	struct amounts each = amounts_of_pod(c->a, c->created.spec, &c->h->defaults);
	bool sure;
	int64_t pods = pods_of(c, &sure);

	total->at_least = total->at_least || !sure;
	add_part(total, arena_printf(c->h->arena, "%s %s", c->seen->object->kind, hygiene_name(c)), pods, &each);
	if (hygiene_is_server(c)) {
		total->servers++;
		count_executors(c, pods);
	}
}
