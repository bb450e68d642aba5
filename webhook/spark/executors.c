#include "spark/executors.h"

#include "base/number.h"

#define NOT_SET (-1)
#define NOT_KNOWN 0 /* at run time only */

/* The positive integer that key is set to; what is none counts as not set. ${env:N}, also of an option: ConfigReader.substitute. */
static int64_t count_of(const struct view *view, const char *key)
{
	const struct setting *s = view_winner(view, slice_of(key));
	int64_t value;

	if (s && (!s->literal || slice_has(s->value, "${")))
		return NOT_KNOWN;
	return s && setting_number(s->value, SIZES_MAX, &value) == 0 && value > 0 ? value : NOT_SET;
}

/* What the view holds is one more text. Of what no text says as a number it decides nothing: it may be our own default. */
static int64_t size_of(const struct view *view, const char *key, const struct size *said)
{
	int64_t own = count_of(view, key);

	if (!said || !said->named)
		return own;
	return own > 0 && own != said->value ? NOT_KNOWN : said->value;
}

/* Of a key that we never write on a standalone master: what the line or a file says stands, whatever texts say besides. */
static int64_t theirs(const struct view *view, const char *key, const struct size *said)
{
	int64_t own = count_of(view, key);

	return own > 0 ? own : size_of(view, key, said);
}

static bool is_set_to(const struct view *view, const char *key, const char *value)
{
	const struct setting *s = view_winner(view, slice_of(key));

	return s && setting_says(s, value);
}

static bool is_set(const struct view *view, const char *key)
{
	return view_winner(view, slice_of(key)) != NULL;
}

/* Cores of one executor. Of what is known at run time only there is no product: with a guess it could be less than a single
 * executor needs, and then none would ever start. */
static int64_t cores(const struct view *view, const struct sizes *sizes)
{
	int64_t each = size_of(view, "spark.executor.cores", sizes ? &sizes->cores : NULL);
	int64_t requested = each == NOT_SET ? count_of(view, "spark.kubernetes.executor.request.cores") : each;

	return each != NOT_SET ? each : requested > 0 ? requested : 1;
}

/* Dynamic allocation without a maximum begins with the greatest of these, and keeps the first (Utils.getDynamicAllocationInitialExecutors). */
static int64_t at_least(const struct view *view, int64_t count)
{
	static const char *const keys[] = {"spark.dynamicAllocation.minExecutors", "spark.dynamicAllocation.initialExecutors"};

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		int64_t floor = count_of(view, keys[i]);
		if (floor == NOT_KNOWN)
			return NOT_KNOWN;
		count = floor > count && count != NOT_KNOWN ? floor : count;
	}
	return count;
}

/* How many of them. */
static int64_t executors(const struct view *view, const struct sizes *sizes, unsigned fallback)
{
	bool dynamic = !is_set_to(view, "spark.dynamicAllocation.enabled", "false") && !(sizes && sizes->fixed.value > 0);
	int64_t count = NOT_SET;

	if (dynamic)
		count = theirs(view, "spark.dynamicAllocation.maxExecutors", sizes ? &sizes->max_executors : NULL);
	if (count != NOT_SET)
		return count;
	count = theirs(view, "spark.executor.instances", sizes ? &sizes->instances : NULL);
	count = count == NOT_SET ? fallback : count;
	return dynamic && is_set(view, "spark.dynamicAllocation.enabled") ? at_least(view, count) : count;
}

static struct slice digits(struct arena *a, int64_t number)
{
	char room[NUMBER_CHARS];

	return arena_copy(a, slice_of(number_print(number, room)));
}

struct slice executors_cores(const struct view *view, const struct sizes *sizes, struct arena *a)
{
	int64_t each = cores(view, sizes);

	return each > 0 ? digits(a, each) : SLICE_NONE;
}

struct slice executors_cores_max(const struct view *view, const struct sizes *sizes, unsigned fallback, struct arena *a)
{
	int64_t count = executors(view, sizes, fallback), each = cores(view, sizes);

	if (sizes && sizes->max.value > 0)
		return digits(a, sizes->max.value);
	if (count <= 0 || each <= 0 || count * each > INT32_MAX) /* an Int of Spark's */
		return SLICE_NONE;
	return digits(a, count * each);
}

struct slice executors_instances(const struct view *view, struct arena *a)
{
	int64_t max = count_of(view, "spark.cores.max"), each = cores(view, NULL);

	if (each == 0 || max <= 0 || is_set_to(view, "spark.dynamicAllocation.enabled", "true"))
		return SLICE_NONE;
	return digits(a, max / each > 0 ? max / each : 1);
}
