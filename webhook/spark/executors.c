#include "spark/executors.h"

#include "base/number.h"

/* More than this is a mistake, and products must not overflow. */
#define COUNT_MAX 1000000

/* The positive integer that key is set to; -1 where there is none that can be read. */
static int count_of(const struct view *view, const char *key, int64_t *ret)
{
	const struct setting *s = view_winner(view, slice_of(key));
	int64_t value;

	if (!s || !s->literal || number_parse(s->value, COUNT_MAX, &value) < 0 || value == 0)
		return -1;
	*ret = value;
	return 0;
}

static bool is_set_to(const struct view *view, const char *key, const char *value)
{
	const struct setting *s = view_winner(view, slice_of(key));

	return s && setting_says(s, value);
}

/* Cores of one executor; 0 where they are known at run time only: a product with a guess could be less than a single
 * executor needs, and then none would ever start. */
static int64_t cores(const struct view *view)
{
	const struct setting *s = view_winner(view, SLICE_LIT("spark.executor.cores"));
	int64_t value = 1;

	if (s && (!s->literal || slice_has(s->value, "${"))) /* ${env:CORES}, also of an option: ConfigReader.substitute */
		return 0;
	if (count_of(view, "spark.executor.cores", &value) < 0 &&
	    count_of(view, "spark.kubernetes.executor.request.cores", &value) < 0)
		return 1;
	return value;
}

static struct slice digits(struct arena *a, int64_t number)
{
	char room[NUMBER_CHARS];

	return arena_copy(a, slice_of(number_print(number, room)));
}

struct slice executors_cores(const struct view *view, struct arena *a)
{
	int64_t each = cores(view);

	return each > 0 ? digits(a, each) : (struct slice){NULL, 0};
}

struct slice executors_cores_max(const struct view *view, unsigned fallback, struct arena *a)
{
	int64_t executors = fallback, each = cores(view);
	bool fixed = is_set_to(view, "spark.dynamicAllocation.enabled", "false");

	if (fixed || count_of(view, "spark.dynamicAllocation.maxExecutors", &executors) < 0)
		if (count_of(view, "spark.executor.instances", &executors) < 0)
			executors = fallback;
	return each > 0 ? digits(a, executors * each) : (struct slice){NULL, 0};
}

struct slice executors_instances(const struct view *view, struct arena *a)
{
	int64_t max, each = cores(view);

	if (each == 0 || is_set_to(view, "spark.dynamicAllocation.enabled", "true") ||
	    count_of(view, "spark.cores.max", &max) < 0)
		return (struct slice){NULL, 0};
	int64_t executors = max / each;
	return digits(a, executors > 0 ? executors : 1);
}
