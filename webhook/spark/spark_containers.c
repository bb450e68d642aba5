/*
 * Which containers of a pod run Spark. Its version is read from the first, and on OpenShift hardening knows that they start: a
 * pod's other containers may come before Spark's (those of a pod template for executors) or after.
 */
#include "spark/server.h"

static bool has(const struct spark_containers *list, const struct json *container)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i] == container)
			return true;
	return false;
}

static void add(struct spark_containers *list, const struct json *container)
{
	if (container && list->count < SPARK_CONTAINERS_MAX && !has(list, container))
		list->items[list->count++] = container;
}

/* Not those that are examined only because an image's entrypoint may start a server. */
static void add_located(const struct servers *servers, struct spark_containers *ret)
{
	for (size_t i = 0; i < servers->count; i++)
		if (servers->items[i].lines.count > 0 || servers->items[i].lines.why_unlocated)
			add(ret, servers->items[i].container);
}

/* Knowing a container's role takes reading all its words: done for so many at most. */
static void add_others(const struct policy *p, const struct json *containers, struct spark_containers *ret)
{
	size_t looked_at = 0;

	JSON_EACH(c, containers)
		if (looked_at++ < SPARK_CONTAINERS_MAX && !has(ret, c) && role_is_daemon_or_executor(p, c))
			add(ret, c);
}

/* History servers, spark-submit; and, where nothing else runs Spark, whatever one of Spark's images starts by itself. */
static void add_by_image(const struct policy *p, const struct json *containers, struct spark_containers *ret)
{
	bool alone = ret->count == 0;
	size_t looked_at = 0;

	JSON_EACH(c, containers)
		if (looked_at++ < SPARK_CONTAINERS_MAX && !has(ret, c) && (alone || json_count(json_get(c, "command")) > 0) &&
		    policy_image_user_is_a_name(p, slice_of(json_text(json_get(c, "image"), ""))) && role_could_start_spark(p, c))
			add(ret, c);
}

static void add_likely(const struct servers *servers, const struct json *containers, struct spark_containers *ret)
{
	if (servers->count > 0)
		add(ret, servers->items[0].container);
	else if (json_count(containers) == 1)
		add(ret, json_first(containers));
}

void spark_containers_find(const struct policy *p, const struct spark_pod *pod, struct spark_containers *ret)
{
	const struct json *containers = json_get(pod->spec, "containers");

	*ret = (struct spark_containers){.count = 0};
	add_located(pod->servers, ret);
	add_others(p, containers, ret);
	add_others(p, json_get(pod->spec, "initContainers"), ret);
	add_by_image(p, containers, ret);
	add_by_image(p, json_get(pod->spec, "initContainers"), ret);
	if (ret->count == 0)
		add_likely(pod->servers, containers, ret);
}
