#include "spark/ask.h"

#include "base/number.h"
#include "base/quantity.h"

#include <strings.h>

#define MIB ((int64_t)1024 * 1024)

/* More executors than this are a mistake. */
#define COUNT_MAX 1000000

/* ---- values ---- */

/* suffix: not empty. */
static bool unit_of(struct slice suffix, int64_t *unit)
{
	static const char names[] = "kmgtp";

	char letter = (char)(suffix.ptr[0] | 0x20);
	const char *at = strchr(names, letter); /* letter is not 0: it has 0x20 */

	if (letter == 'b' && suffix.len == 1) {
		*unit = 1;
		return true;
	}
	if (!at || suffix.len > 2 || (suffix.len == 2 && (suffix.ptr[1] | 0x20) != 'b'))
		return false;
	*unit = (int64_t)1 << (10 * (at - names + 1));
	return true;
}

int spark_bytes_parse(struct slice text, int64_t unit, int64_t *ret)
{
	int64_t value;
	struct slice digits, suffix;

	for (; text.len > 0 && strchr(" \t", *text.ptr); text.len--)
		text.ptr++;
	while (text.len > 0 && strchr(" \t", text.ptr[text.len - 1]))
		text.len--;
	digits = text;
	while (digits.len > 0 && (digits.ptr[digits.len - 1] < '0' || digits.ptr[digits.len - 1] > '9'))
		digits.len--;
	if (digits.len == 0) /* a value that is known at run time only has no text to step through */
		return -1;
	suffix = (struct slice){text.ptr + digits.len, text.len - digits.len};
	if (suffix.len > 0 && !unit_of(suffix, &unit))
		return -1;
	if (number_parse(digits, INT64_MAX, &value) < 0)
		return -1;
	*ret = quantity_times(value, unit);
	return 0;
}

/* What key is set to; false where it is not set anywhere. A value that is known at run time only has ptr NULL. */
static bool value_of(const struct view *view, const char *key, struct slice *ret)
{
	const struct setting *s = view_winner(view, slice_of(key));

	if (!s)
		return false;
	*ret = s->literal ? s->value : SLICE_NONE;
	return true;
}

static bool is_true(const struct view *view, const char *key)
{
	const struct setting *s = view_winner(view, slice_of(key));

	return s && s->literal && setting_says(s, "true");
}

/* The bytes that key is set to, else fallback; -1 where they cannot be read. */
static int64_t bytes_of(const struct view *view, const char *key, int64_t unit, int64_t fallback)
{
	struct slice value;
	int64_t bytes;

	if (!value_of(view, key, &value))
		return fallback;
	return spark_bytes_parse(value, unit, &bytes) < 0 ? -1 : bytes;
}

static int64_t count_of(const struct view *view, const char *key, int64_t fallback)
{
	struct slice value;
	int64_t count;

	if (!value_of(view, key, &value))
		return fallback;
	return setting_number(value, COUNT_MAX, &count) < 0 ? -1 : count;
}

/* A sum with an unknown part is unknown. */
static int64_t plus(int64_t a, int64_t b)
{
	return a < 0 || b < 0 ? -1 : quantity_add(a, b);
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- how much ---- */

static bool is_plain_number(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((text.ptr[i] < '0' || text.ptr[i] > '9') && text.ptr[i] != '.')
			return false;
	return text.len > 0;
}

/* In thousandths. Scala reads a double, not a quantity: anything but a plain decimal number is unknown. */
static int64_t factor_of(const struct view *view)
{
	struct slice value;
	int64_t milli;

	if (!value_of(view, "spark.executor.memoryOverheadFactor", &value) &&
	    !value_of(view, "spark.kubernetes.memoryOverheadFactor", &value))
		return 100;
	if (!is_plain_number(value) || quantity_parse(value, QUANTITY_MILLI, &milli) < 0)
		return -1;
	return milli;
}

static int64_t overhead_of(const struct view *view, spark_version version, int64_t memory)
{
	struct slice value;
	int64_t factor = factor_of(view), least = 384 * MIB;

	if (value_of(view, "spark.executor.memoryOverhead", &value))
		return bytes_of(view, "spark.executor.memoryOverhead", MIB, -1);
	if (version >= SPARK_4_0)
		least = bytes_of(view, "spark.executor.minMemoryOverhead", MIB, least);
	if (factor < 0 || least < 0 || memory < 0)
		return -1;
	/* In whole MiB, as Spark does, which also keeps the product small. */
	int64_t share = quantity_times(quantity_times(memory / MIB, factor) / 1000, MIB);
	return larger(share, least);
}

static int64_t memory_of(const struct view *view, spark_version version)
{
	int64_t memory = bytes_of(view, "spark.executor.memory", MIB, 1024 * MIB);
	int64_t off_heap = 0, python = 0;
	struct slice type;

	if (is_true(view, "spark.memory.offHeap.enabled"))
		off_heap = bytes_of(view, "spark.memory.offHeap.size", 1, 0);
	if (value_of(view, "spark.kubernetes.resource.type", &type) && slice_is(type, "python"))
		python = bytes_of(view, "spark.executor.pyspark.memory", MIB, 0);
	return plus(plus(memory, overhead_of(view, version, memory)), plus(off_heap, python));
}

/* A CPU quantity, for a key that may hold one; -1 where it cannot be read or is not set. */
static int64_t cpu_of(const struct view *view, const char *key, bool *is_set)
{
	struct slice value;
	int64_t milli;

	*is_set = value_of(view, key, &value);
	return *is_set && value.ptr && quantity_parse(value, QUANTITY_MILLI, &milli) == 0 ? milli : -1;
}

static void read_cpu(const struct view *view, struct executor_ask *ask)
{
	bool is_set;

	ask->cpu_milli = cpu_of(view, "spark.kubernetes.executor.request.cores", &is_set);
	if (!is_set) {
		int64_t cores = count_of(view, "spark.executor.cores", 1);
		ask->cpu_milli = cores < 0 ? -1 : cores * 1000;
	}
	ask->cpu_limit_milli = cpu_of(view, "spark.kubernetes.executor.limit.cores", &ask->has_cpu_limit);
}

static void read_count(const struct view *view, struct executor_ask *ask)
{
	struct slice value;

	ask->count = count_of(view, "spark.executor.instances", 2);
	if (!is_true(view, "spark.dynamicAllocation.enabled"))
		return;
	if (value_of(view, "spark.dynamicAllocation.maxExecutors", &value)) {
		ask->count = count_of(view, "spark.dynamicAllocation.maxExecutors", -1);
		return;
	}
	/* Utils.getDynamicAllocationInitialExecutors */
	int64_t least = count_of(view, "spark.dynamicAllocation.minExecutors", 0);
	int64_t first = count_of(view, "spark.dynamicAllocation.initialExecutors", least);
	int64_t instances = count_of(view, "spark.executor.instances", 0);
	ask->unbounded = true;
	ask->count = larger(least, larger(first, instances));
}

/* ---- all together ---- */

static struct spark_ask ask_of(struct arena *a, const struct spark_pod *pod, const struct server *server,
			       const struct cmdline *line)
{
	struct spark_ask ask = {.server = server};
	struct environment env;

	environment_read(a, server->container, server->pointer, pod->lookups, &env);
	ask.view = server_view(a, pod, server, &env, line, READING_AS_IT_IS);
	ask.master = view_winner(&ask.view, SLICE_LIT("spark.master"));
	ask.on_k8s = ask.master && slice_starts(ask.master->value, "k8s://");
	read_count(&ask.view, &ask.executors);
	read_cpu(&ask.view, &ask.executors);
	ask.executors.memory = memory_of(&ask.view, pod->version);
	return ask;
}

void spark_pod_ask(struct arena *a, const struct spark_pod *pod, struct spark_asks *ret)
{
	const struct servers *servers = pod->servers;
	struct spark_asks asks = {ARENA_ARRAY(a, servers->count + servers->invocations, struct spark_ask), 0};

	for (size_t i = 0; i < servers->count; i++) {
		const struct server *s = &servers->items[i];
		for (size_t k = 0; k < server_invocations(s); k++)
			asks.items[asks.count++] = ask_of(a, pod, s, server_line(s, k));
	}
	*ret = asks;
}
