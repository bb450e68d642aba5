#include "spark/sizes.h"

#include "base/number.h"

#include <stddef.h>

#define TEXT(lit) {(lit), sizeof(lit) - 1}

/* More than this is a mistake. */
#define COUNT_MAX 1000000

struct name {
	struct slice text;
	size_t at; /* of its size, in struct sizes */
};

/* Without "spark.": a loop may put that before them. */
static const struct name names[] = {
	{TEXT("executor.cores"), offsetof(struct sizes, cores)},
	{TEXT("--executor-cores"), offsetof(struct sizes, cores)},
	{TEXT("executor.instances"), offsetof(struct sizes, instances)},
	{TEXT("--num-executors"), offsetof(struct sizes, instances)},
	{TEXT("cores.max"), offsetof(struct sizes, max)},
	{TEXT("--total-executor-cores"), offsetof(struct sizes, max)},
	{TEXT("dynamicAllocation.maxExecutors"), offsetof(struct sizes, max_executors)},
};

static bool is_of_name(char c)
{
	return c == '.' || c == '-' || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Is what stands before a name something else's beginning ("my.executor.cores")? */
static bool is_part(struct slice before)
{
	return before.len > 0 && is_of_name(before.ptr[before.len - 1]) && !slice_ends(before, "spark.");
}

/* The number behind a name: "=4", " 4", "\" \"4\""; 0 where it is none, or goes on. */
static int64_t number_of(struct slice text)
{
	size_t at = 0, end;
	int64_t value;

	while (at < text.len && strchr("=: \t\r\n\\\"'", text.ptr[at]))
		at++;
	for (end = at; end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9';)
		end++;
	if (end < text.len && (is_of_name(text.ptr[end]) || strchr("${(`", text.ptr[end])))
		return 0;
	return number_parse((struct slice){text.ptr + at, end - at}, COUNT_MAX, &value) < 0 ? 0 : value;
}

static void note(struct size *size, int64_t value)
{
	size->value = size->named && size->value != value ? 0 : value;
	size->named = true;
}

/* next: the text behind this one, where a value may stand that belongs to a name at the end; both are words of an array. */
static void look_for(const struct name *name, struct slice text, struct slice next, struct sizes *ret)
{
	struct size *size = (struct size *)(void *)((char *)ret + name->at);
	struct slice rest = text;

	for (const char *at; (at = slice_find(rest, name->text));) {
		size_t before = (size_t)(at - text.ptr), behind = before + name->text.len;

		rest = (struct slice){text.ptr + behind, text.len - behind};
		if (is_part((struct slice){text.ptr, before}) || (rest.len > 0 && is_of_name(*rest.ptr)))
			continue;
		note(size, number_of(rest.len > 0 ? rest : next));
	}
}

static void look_through(struct slice text, struct slice next, struct sizes *ret)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		look_for(&names[i], text, next, ret);
}

static void look_at_words(const struct json *words, struct sizes *ret)
{
	struct slice last = {"", 0};

	JSON_EACH(item, words) {
		struct slice word = json_slice(item);
		look_through(last, word, ret);
		last = word.ptr ? word : (struct slice){"", 0};
	}
	look_through(last, SLICE_LIT(""), ret);
}

bool sizes_read(const struct json *container, const struct environment *env, struct sizes *ret)
{
	*ret = (struct sizes){.cores = {.named = false}};
	look_at_words(json_get(container, "command"), ret);
	look_at_words(json_get(container, "args"), ret);
	for (size_t i = 0; i < env->count; i++)
		if (env->items[i].kind == ENV_TEXT || env->items[i].refers)
			look_through(env->items[i].value, SLICE_LIT(""), ret);
	return ret->cores.named || ret->instances.named || ret->max.named || ret->max_executors.named;
}
