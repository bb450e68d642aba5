/*
 * Which updates of a pod Pod Security looks at again: those that upstream does, no more and no less.
 *
 * Source: k8s.io/pod-security-admission admission/admission.go, isSignificantPodUpdate. Of all that Pod Security
 * reads, only images and the list of ephemeral containers can change in a running pod; a pod that is no longer
 * allowed must still be able to lose a finalizer or gain a label.
 */
#include "admission/judge.h"

#include <stdlib.h>

static const char *image_of(const struct json *container)
{
	return json_text(json_get(container, "image"), "");
}

static const char *name_of(const struct json *container)
{
	return json_text(json_get(container, "name"), "");
}

/* The same number of containers, and the same image in each place. */
static bool same_images(const struct json *now, const struct json *old)
{
	const struct json *x = json_first(now), *y = json_first(old);

	for (; x && y; x = json_next(x), y = json_next(y))
		if (strcmp(image_of(x), image_of(y)) != 0)
			return false;
	return !x && !y;
}

/* ---- ephemeral containers: upstream looks for the first of the same name ---- */

struct named {
	const char *name, *image;
	size_t index;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* The containers in the order of their names, so that thousands of them do not take quadratic time. */
static struct named *sorted(struct arena *a, const struct json *list, size_t count)
{
	struct named *items = ARENA_ARRAY(a, count, struct named);
	size_t i = 0;

	JSON_EACH(c, list) {
		items[i] = (struct named){name_of(c), image_of(c), i};
		i++;
	}
	qsort(items, count, sizeof(*items), by_name);
	return items;
}

/* The first of that name. */
static const struct named *find(const struct named *items, size_t count, const char *name)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && strcmp(items[low].name, name) == 0 ? &items[low] : NULL;
}

/* No container is new or has another image; one that is gone does not matter. */
static bool none_added(struct arena *a, const struct json *now, const struct json *old)
{
	size_t count = json_count(old);
	const struct named *before;

	if (count == 0)
		return json_count(now) == 0;
	before = sorted(a, old, count);
	JSON_EACH(c, now) {
		const struct named *same = find(before, count, name_of(c));

		if (!same || strcmp(same->image, image_of(c)) != 0)
			return false;
	}
	return true;
}

bool judge_pod_update_matters(const struct judge *j)
{
	const struct json *now = json_get(j->review->object, "spec"), *old = json_get(j->review->old_object, "spec");

	return !same_images(json_get(now, "containers"), json_get(old, "containers")) ||
	       !same_images(json_get(now, "initContainers"), json_get(old, "initContainers")) ||
	       !none_added(j->a, json_get(now, "ephemeralContainers"), json_get(old, "ephemeralContainers"));
}
