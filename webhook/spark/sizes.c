#include "spark/sizes.h"

#include "base/number.h"
#include "spark/kube_refs.h"
#include "spark/shell_names.h"

#include <stddef.h>


struct name {
	struct slice text;
	size_t at; /* of its size, in struct sizes */
	bool is_switch;
};

/* Without "spark.": a loop may put that before them. */
static const struct name names[] = {
	{SLICE_INIT("executor.cores"), offsetof(struct sizes, cores), false},
	{SLICE_INIT("--executor-cores"), offsetof(struct sizes, cores), false},
	{SLICE_INIT("executor.instances"), offsetof(struct sizes, instances), false},
	{SLICE_INIT("--num-executors"), offsetof(struct sizes, instances), false},
	{SLICE_INIT("cores.max"), offsetof(struct sizes, max), false},
	{SLICE_INIT("--total-executor-cores"), offsetof(struct sizes, max), false},
	{SLICE_INIT("dynamicAllocation.maxExecutors"), offsetof(struct sizes, max_executors), false},
	{SLICE_INIT("dynamicAllocation.enabled"), offsetof(struct sizes, fixed), true},
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

/* Where the value behind a name begins: "=4", " 4", "\" \"4\"". */
static struct slice value_of(struct slice text)
{
	size_t at = 0;

	while (at < text.len && strchr("=: \t\r\n\\\"'", text.ptr[at]))
		at++;
	return (struct slice){text.ptr + at, text.len - at};
}

/* 0 where it is no number, or goes on. */
static int64_t number_of(struct slice text)
{
	size_t end = 0;
	int64_t value;

	while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
		end++;
	if (end < text.len && (is_of_name(text.ptr[end]) || strchr("${(`", text.ptr[end])))
		return 0;
	return number_parse((struct slice){text.ptr, end}, SIZES_MAX, &value) < 0 ? 0 : value;
}

static int64_t off_of(struct slice text)
{
	return slice_skip(&text, SLICE_LIT("false")) && (text.len == 0 || !is_of_name(*text.ptr));
}

static void note(struct size *size, int64_t value)
{
	size->value = size->named && size->value != value ? 0 : value;
	size->named = true;
}

/* "executor.cores are tuned": no value begins with a small letter, but true and false. */
static bool is_prose(struct slice behind, struct slice value)
{
	return behind.len > 0 && *behind.ptr == ' ' && value.ptr == behind.ptr + 1 && value.len > 0 && *value.ptr >= 'a' && *value.ptr <= 'z';
}

/* ---- texts ---- */

/* next: the text behind this one, where a value may stand that belongs to a name at the end; both are words of an array. */
static void look_for(const struct name *name, struct slice text, struct slice next, struct sizes *ret)
{
	struct size *size = (struct size *)(void *)((char *)ret + name->at);
	struct slice rest = text;
	struct shell_line line = {.text = text};

	for (const char *at; (at = slice_find(rest, name->text));) {
		size_t before = (size_t)(at - text.ptr), behind = before + name->text.len;

		rest = (struct slice){text.ptr + behind, text.len - behind};
		if (is_part((struct slice){text.ptr, before}) || (rest.len > 0 && is_of_name(*rest.ptr)) || shell_in_comment(&line, before))
			continue;
		struct slice value = value_of(rest.len > 0 ? rest : next);
		if (name->is_switch)
			note(size, off_of(value));
		else if (!is_prose(rest, value))
			note(size, number_of(value));
	}
}

static void look_through(struct slice text, struct slice next, struct sizes *ret)
{
	for (size_t i = 0; i < COUNT_OF(names); i++)
		look_for(&names[i], text, next, ret);
}

/* As the kubelet passes it on; what only the running pod has stays a reference. */
static struct slice expanded(const struct environment *env, struct kube_env *kube, struct slice word)
{
	size_t known;

	return slice_has(word, "$(") ? kube_expand(env->arena, kube, word, &known) : word;
}

static void look_at_words(const struct environment *env, struct kube_env *kube, const struct json *words, struct sizes *ret)
{
	struct slice last = {"", 0};

	JSON_EACH(item, words) {
		struct slice word = json_slice(item);
		word = word.ptr ? expanded(env, kube, word) : (struct slice){"", 0};
		look_through(last, word, ret);
		last = word;
	}
	look_through(last, SLICE_LIT(""), ret);
}

bool sizes_read(const struct json *container, const struct environment *env, struct sizes *ret)
{
	struct kube_env kube = kube_env_of(env->arena, container);

	*ret = (struct sizes){.cores = {.named = false}};
	look_at_words(env, &kube, json_get(container, "command"), ret);
	look_at_words(env, &kube, json_get(container, "args"), ret);
	for (size_t i = 0; i < env->count; i++)
		if (env->items[i].kind == ENV_TEXT || env->items[i].refers)
			look_through(env->items[i].value, SLICE_LIT(""), ret);
	return ret->cores.named || ret->instances.named || ret->max.named || ret->max_executors.named;
}
