#include "spark/volume_uses.h"

#include <stdlib.h>

struct volume_use {
	const char *volume;
	size_t container; /* its number in the pod */
};

static int by_volume(const void *a, const void *b)
{
	const struct volume_use *x = a, *y = b;
	int order = strcmp(x->volume, y->volume);

	if (order != 0)
		return order;
	return (x->container > y->container) - (x->container < y->container);
}

static size_t count_mounts(const struct json *containers)
{
	size_t n = 0;

	JSON_EACH(c, containers)
		n += json_count(json_get(c, "volumeMounts"));
	return n;
}

static void add(struct volume_uses *uses, const struct json *containers, size_t *number)
{
	JSON_EACH(c, containers) {
		JSON_EACH(m, json_get(c, "volumeMounts"))
			uses->items[uses->count++] = (struct volume_use){json_text(json_get(m, "name"), ""), *number};
		++*number;
	}
}

void volume_uses_find(struct arena *a, const struct json *spec, struct volume_uses *ret)
{
	static const char *const lists[] = {"containers", "initContainers", "ephemeralContainers"};
	size_t most = 0, number = 0;

	for (size_t i = 0; i < COUNT_OF(lists); i++)
		most += count_mounts(json_get(spec, lists[i]));
	*ret = (struct volume_uses){.items = ARENA_ARRAY(a, most, struct volume_use)};
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		add(ret, json_get(spec, lists[i]), &number);
	if (ret->count > 1)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_volume);
}

/* The first use that is not before volume. */
static size_t first_of(const struct volume_uses *uses, const char *volume)
{
	size_t low = 0, high = uses->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(uses->items[middle].volume, volume) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool volume_uses_mounted(const struct volume_uses *uses, const char *volume)
{
	size_t at = first_of(uses, volume);

	return at < uses->count && strcmp(uses->items[at].volume, volume) == 0;
}

bool volume_uses_shared(const struct volume_uses *uses, const char *volume)
{
	size_t first = first_of(uses, volume);

	for (size_t i = first; i < uses->count && strcmp(uses->items[i].volume, volume) == 0; i++)
		if (uses->items[i].container != uses->items[first].container)
			return true;
	return false;
}
