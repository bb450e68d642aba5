#include "audit/resources.h"

static const struct {
	const char *list, *resource;
	enum quantity_unit unit;
} kinds[AMOUNTS] = {
	[REQUEST_CPU] = {"requests", "cpu", QUANTITY_MILLI},
	[REQUEST_MEMORY] = {"requests", "memory", QUANTITY_WHOLE},
	[LIMIT_CPU] = {"limits", "cpu", QUANTITY_MILLI},
	[LIMIT_MEMORY] = {"limits", "memory", QUANTITY_WHOLE},
};

const char *amount_show(struct arena *a, enum amount which, int64_t value)
{
	return kinds[which].unit == QUANTITY_MILLI ? quantity_show_cpu(a, value) : quantity_show_bytes(a, value);
}

int64_t amount_read(struct arena *a, const struct json *v, const char *member, enum amount which)
{
	int64_t value;

	return quantity_of(a, json_get(v, member), kinds[which].unit, &value) < 0 ? NOT_SET : value;
}

static int64_t first_set(int64_t x, int64_t y)
{
	return x != NOT_SET ? x : y;
}

/* The request that belongs to a limit. */
static enum amount request_of(enum amount limit)
{
	return limit == LIMIT_CPU ? REQUEST_CPU : REQUEST_MEMORY;
}

/* ---- defaults ---- */

/* defaults.go, SetDefaults_LimitRangeItem: a stored object has this already, a manifest has not. */
static struct amounts defaults_of_item(struct arena *a, const struct json *item)
{
	struct amounts ret = AMOUNTS_NONE;

	for (enum amount limit = LIMIT_CPU; limit <= LIMIT_MEMORY; limit++) {
		const char *resource = kinds[limit].resource;
		int64_t most = amount_read(a, json_get(item, "max"), resource, limit);
		int64_t least = amount_read(a, json_get(item, "min"), resource, limit);
		int64_t given = first_set(amount_read(a, json_get(item, "default"), resource, limit), most);
		int64_t asked = amount_read(a, json_get(item, "defaultRequest"), resource, limit);

		ret.of[limit] = given;
		ret.of[request_of(limit)] = first_set(asked, first_set(given, least));
	}
	return ret;
}

void amounts_default(struct amounts *x, const struct amounts *defaults)
{
	for (enum amount limit = LIMIT_CPU; limit <= LIMIT_MEMORY; limit++)
		x->of[request_of(limit)] = first_set(x->of[request_of(limit)], x->of[limit]);
	for (size_t i = 0; i < AMOUNTS; i++)
		x->of[i] = first_set(x->of[i], defaults->of[i]);
}

struct amounts amounts_of_limit_ranges(struct arena *a, const struct json *const *ranges, size_t count)
{
	struct amounts ret = AMOUNTS_NONE;

	for (size_t i = 0; i < count; i++) {
		JSON_EACH(item, json_get(json_get(ranges[i], "spec"), "limits")) {
			struct amounts defaults = defaults_of_item(a, item);
			for (size_t k = 0; k < AMOUNTS && strcmp(json_text(json_get(item, "type"), ""), "Container") == 0; k++)
				ret.of[k] = first_set(ret.of[k], defaults.of[k]);
		}
	}
	return ret;
}

/* ---- containers and pods ---- */

/* resources: of a container or a pod. */
static struct amounts read_resources(struct arena *a, const struct json *resources)
{
	struct amounts ret;

	for (enum amount i = 0; i < AMOUNTS; i++)
		ret.of[i] = amount_read(a, json_get(resources, kinds[i].list), kinds[i].resource, i);
	return ret;
}

struct amounts amounts_of_container(struct arena *a, const struct json *container, const struct amounts *defaults)
{
	struct amounts ret = read_resources(a, json_get(container, "resources"));

	amounts_default(&ret, defaults);
	return ret;
}

static void add(struct amounts *to, const struct amounts *x)
{
	for (size_t i = 0; i < AMOUNTS; i++)
		if (x->of[i] != NOT_SET)
			to->of[i] = quantity_add(first_set(to->of[i], 0), x->of[i]);
}

static void keep_larger(struct amounts *to, const struct amounts *x)
{
	for (size_t i = 0; i < AMOUNTS; i++)
		if (x->of[i] > to->of[i])
			to->of[i] = x->of[i];
}

static bool is_sidecar(const struct json *container)
{
	return strcmp(json_text(json_get(container, "restartPolicy"), ""), "Always") == 0;
}

/* Init containers run one after another, beside the sidecars that were started before them. */
static void count_init(struct arena *a, const struct json *spec, const struct amounts *defaults, struct amounts *sidecars,
		       struct amounts *largest)
{
	JSON_EACH(c, json_get(spec, "initContainers")) {
		struct amounts own = amounts_of_container(a, c, defaults);

		if (is_sidecar(c)) {
			add(sidecars, &own);
			own = *sidecars;
		} else {
			add(&own, sidecars);
		}
		keep_larger(largest, &own);
	}
}

/* Overhead is a request, and a limit where there is one. */
static void add_overhead(struct arena *a, const struct json *spec, struct amounts *to)
{
	for (enum amount i = 0; i < AMOUNTS; i++) {
		int64_t extra = amount_read(a, json_get(spec, "overhead"), kinds[i].resource, i);

		if (extra != NOT_SET && (to->of[i] != NOT_SET || i < LIMIT_CPU))
			to->of[i] = quantity_add(first_set(to->of[i], 0), extra);
	}
}

struct amounts amounts_of_pod(struct arena *a, const struct json *spec, const struct amounts *defaults)
{
	static const struct amounts none = {{NOT_SET, NOT_SET, NOT_SET, NOT_SET}};
	struct amounts ret = AMOUNTS_NONE, init = AMOUNTS_NONE, sidecars = AMOUNTS_NONE;
	struct amounts own = read_resources(a, json_get(spec, "resources"));

	JSON_EACH(c, json_get(spec, "containers")) {
		struct amounts x = amounts_of_container(a, c, defaults);
		add(&ret, &x);
	}
	count_init(a, spec, defaults, &sidecars, &init);
	add(&ret, &sidecars);
	keep_larger(&ret, &init);
	amounts_default(&own, &none);
	for (size_t i = 0; i < AMOUNTS; i++)
		ret.of[i] = first_set(own.of[i], ret.of[i]);
	add_overhead(a, spec, &ret);
	return ret;
}
