#include "spark/kube_refs.h"

#include "spark/words.h"

#include <stdlib.h>

/* A name may hold any byte but the closing parenthesis; the API server takes at most
 * 253 of them or so. The bound keeps "$($($(..." linear. */
#define NAME_MAX_BYTES 256

/* More than any real command line has, and a bound on what a hostile one can cost. */
#define VALUE_BYTES (256u * 1024)

static int by_name(const void *x, const void *y)
{
	const struct kube_var *a = x, *b = y;
	int order = slice_order(a->name, b->name);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

/* A value may refer to earlier variables; those are left for run time. */
static struct slice plain_value(const struct json *item)
{
	struct slice value = json_slice(json_get(item, "value"));

	if (json_get(item, "valueFrom") || (value.ptr && memchr(value.ptr, '$', value.len)))
		return (struct slice){NULL, 0};
	return value.ptr ? value : SLICE_LIT("");
}

struct kube_env kube_env_of(struct arena *a, const struct json *container)
{
	const struct json *list = json_get(container, "env");
	struct kube_env env = {.vars = ARENA_ARRAY(a, json_count(list), struct kube_var), .budget = VALUE_BYTES};

	JSON_EACH(item, list) {
		struct slice name = json_slice(json_get(item, "name"));
		struct slice value = plain_value(item);

		if (name.len == 0)
			continue;
		env.vars[env.count] = (struct kube_var){.name = name, .value = value, .order = env.count};
		env.count++;
	}
	return env;
}

/* Most containers refer to one or two variables of theirs. */
#define ASKED_ONE_BY_ONE 4

static void sort(struct kube_env *env)
{
	for (size_t i = 0; i < env->count; i++)
		env->vars[i].plain = shell_is_plain(env->vars[i].value);
	if (env->count > 0)
		qsort(env->vars, env->count, sizeof(*env->vars), by_name);
}

static const struct kube_var *find_unsorted(struct kube_env *env, struct slice name)
{
	for (size_t i = env->count; i-- > 0;) {
		struct kube_var *var = &env->vars[i];

		if (!slice_eq(var->name, name))
			continue;
		var->plain = shell_is_plain(var->value);
		return var;
	}
	return NULL;
}

const struct kube_var *kube_env_find(struct kube_env *env, struct slice name)
{
	struct kube_var last = {.name = name, .order = SIZE_MAX};
	size_t from = 0, to = env->count;

	if (env->asked < ASKED_ONE_BY_ONE) {
		env->asked++;
		return find_unsorted(env, name);
	}
	if (env->asked++ == ASKED_ONE_BY_ONE)
		sort(env);
	while (from < to) { /* the first that sorts behind every variable of this name */
		size_t mid = from + (to - from) / 2;

		if (by_name(&env->vars[mid], &last) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	if (from == 0 || !slice_eq(env->vars[from - 1].name, name))
		return NULL;
	return &env->vars[from - 1];
}

struct slice kube_ref_name(struct slice text)
{
	const char *close = slice_starts(text, "$(") ? memchr(text.ptr, ')', text.len < NAME_MAX_BYTES ? text.len : NAME_MAX_BYTES) : NULL;

	return close ? (struct slice){text.ptr + 2, (size_t)(close - text.ptr) - 2} : (struct slice){NULL, 0};
}

const struct kube_var *kube_ref(struct kube_env *env, struct slice text, size_t *len)
{
	struct slice name = env ? kube_ref_name(text) : (struct slice){NULL, 0};
	const struct kube_var *var = name.ptr ? kube_env_find(env, name) : NULL;

	if (var)
		*len = name.len + KUBE_REF_EXTRA;
	return var;
}

bool kube_take(struct kube_env *env, const struct kube_var *var)
{
	if (!var->value.ptr || var->value.len > env->budget)
		return false;
	env->budget -= var->value.len;
	return true;
}

struct slice kube_expand(struct arena *a, struct kube_env *env, struct slice text, size_t *known)
{
	struct buf out = buf_in(a);
	size_t unknown = SIZE_MAX;

	if (text.len == 0 || !memchr(text.ptr, '$', text.len)) {
		*known = text.len;
		return text;
	}
	for (size_t i = 0, len = 1; i < text.len; i += len, len = 1) {
		struct slice rest = {text.ptr + i, text.len - i};
		const struct kube_var *var = NULL;
		bool escape = slice_starts(rest, "$$");

		if (escape)
			len = 2;
		else
			var = kube_ref(env, rest, &len);
		if (var && kube_take(env, var)) {
			buf_add(&out, var->value);
			continue;
		}
		if (var && unknown == SIZE_MAX)
			unknown = out.len;
		buf_add(&out, (struct slice){rest.ptr, escape ? 1 : len});
	}
	*known = unknown == SIZE_MAX ? out.len : unknown;
	return buf_slice(&out);
}
