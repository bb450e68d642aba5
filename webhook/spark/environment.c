#include "spark/environment.h"

#include <stdlib.h>

#include "base/number.h"
#include "spark/container_text.h"
#include "spark/lookups.h"
#include "spark/words.h"

/* ---- reading ---- */

/* What a container takes from ConfigMaps: key by key, and whole ones. Far more than anybody uses: each costs a search
 * through the ConfigMap, or all of it, and an object of 2 MiB could name one 40,000 times. */
#define KEYS_READ_MAX 256
#define FROM_ITEMS_MAX 20000

/* One of 64 bits, mixed from what tells most names apart. */
static uint64_t present_bit(struct slice name)
{
	return UINT64_C(1) << slice_mark_place(slice_mark(name));
}

static void add_item(struct environment *env, struct env_item item)
{
	if (item.name.len == 0)
		return;
	item.order = env->count;
	env->present |= present_bit(item.name);
	*ARENA_PUSH(env->arena, env->items, &env->cap, env->count) = item;
}

static void note_unseen(struct environment *env, const char *kind, const char *name)
{
	if (!env->unseen)
		env->unseen = arena_printf(env->arena, "%s '%s'", kind, name);
}

static void read_from_config_map(struct environment *env, const struct json *source, const char *prefix,
				 const struct lookups *lookups)
{
	const char *name = json_text(json_get(source, "name"), "");
	const struct lookup *found = lookup_of(lookups, name);

	/* Nor is one seen that is missing now, even where it may be: it may be there when the pod starts. */
	if (!found || found->state != LOOKUP_FOUND) {
		note_unseen(env, "ConfigMap", name);
		return;
	}
	JSON_EACH(item, json_get(found->object, "data")) {
		if (env->count == FROM_ITEMS_MAX) {
			note_unseen(env, "ConfigMap", name);
			return;
		}
		struct slice key = slice_of(arena_join(env->arena, prefix, json_key(item)));
		add_item(env, (struct env_item){.name = key, .value = slice_of(json_text(item, "")), .kind = ENV_TEXT,
						.config_map = found->name, .index = SIZE_MAX});
	}
}

static void read_env_from(struct environment *env, const struct lookups *lookups)
{
	JSON_EACH(from, json_get(env->container, "envFrom")) {
		const struct json *secret = json_get(from, "secretRef");

		if (secret)
			note_unseen(env, "Secret", json_text(json_get(secret, "name"), ""));
		if (json_get(from, "configMapRef"))
			read_from_config_map(env, json_get(from, "configMapRef"),
					     json_text(json_get(from, "prefix"), ""), lookups);
	}
}

/* fieldRef: the pod's own address and name are what rules can use. An annotation may be any text. */
static enum env_kind kind_of_field(const struct json *ref)
{
	struct slice path = json_slice(json_get(ref, "fieldPath"));

	if (slice_is(path, "status.podIP"))
		return ENV_POD_IP;
	if (slice_is(path, "metadata.name"))
		return ENV_POD_NAME;
	return slice_starts(path, "metadata.annotations") ? ENV_RUN_TIME : ENV_FIELD;
}

/* false: the variable will not exist (an optional key that is missing). */
static bool read_key(struct environment *env, const struct json *ref, const struct lookups *lookups,
		     struct env_item *item)
{
	const char *name = json_text(json_get(ref, "name"), "");
	const char *key = json_text(json_get(ref, "key"), "");
	const struct lookup *found = env->keys_read < KEYS_READ_MAX ? lookup_found(lookups, name) : NULL;
	struct slice text = found ? json_slice(json_get(json_get(found->object, "data"), key)) : SLICE_NONE;

	env->keys_read++;
	if (text.ptr) {
		item->kind = ENV_TEXT;
		item->value = text;
		item->config_map = name;
		return true;
	}
	item->kind = ENV_RUN_TIME;
	return !found || !json_bool(json_get(ref, "optional"), false);
}

static bool read_source(struct environment *env, const struct json *from, const struct lookups *lookups,
			struct env_item *item)
{
	const struct json *field = json_get(from, "fieldRef"), *key = field ? NULL : json_get(from, "configMapKeyRef");

	item->from = from;
	item->value = SLICE_LIT("(known at run time)");
	if (key)
		return read_key(env, key, lookups, item);
	item->kind = field ? kind_of_field(field) : json_get(from, "resourceFieldRef") ? ENV_FIELD
										       : ENV_RUN_TIME;
	return true;
}

/* $(NAME) in a value refers to an earlier variable, and $$ is one dollar sign: both are left to the kubelet. */
static bool is_plain(struct slice value)
{
	return value.len == 0 || !memchr(value.ptr, '$', value.len) || (!slice_has(value, "$(") && !slice_has(value, "$$"));
}

static void read_env(struct environment *env, const struct lookups *lookups)
{
	size_t index = 0;

	JSON_EACH(entry, json_get(env->container, "env")) {
		const struct json *from = json_get(entry, "valueFrom");
		struct slice value = slice_of(json_text(json_get(entry, "value"), ""));
		struct env_item item = {.name = slice_of(json_text(json_get(entry, "name"), "")), .value = value,
					.kind = is_plain(value) ? ENV_TEXT : ENV_RUN_TIME, .refers = !is_plain(value), .index = index++};

		/* The API server refuses a value next to valueFrom; the kubelet would take the value. */
		if (from && value.len == 0 && !read_source(env, from, lookups, &item))
			continue;
		add_item(env, item);
	}
}

static int by_name(const void *x, const void *y)
{
	const struct env_item *a = x, *b = y;
	int order = slice_order(a->name, b->name);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

static void add_shadowed(struct environment *env, struct env_item item)
{
	*ARENA_PUSH(env->arena, env->shadowed, &env->shadowed_cap, env->shadowed_count) = item;
}

/* Of a few items this costs less than qsort(). */
static void sort_few(struct env_item *items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k > 0 && by_name(&items[k - 1], &items[k]) > 0; k--) {
			struct env_item swap = items[k];
			items[k] = items[k - 1];
			items[k - 1] = swap;
		}
}

/* Sort by name and keep for each name the one that wins. */
static void settle(struct environment *env)
{
	size_t kept = 0;

	if (env->count <= 16)
		sort_few(env->items, env->count);
	else
		qsort(env->items, env->count, sizeof(*env->items), by_name);
	for (size_t i = 0; i < env->count; i++) {
		bool last = i + 1 == env->count || !slice_eq(env->items[i].name, env->items[i + 1].name);
		if (last)
			env->items[kept++] = env->items[i];
		else
			add_shadowed(env, env->items[i]);
	}
	env->count = kept;
}

void environment_read(struct arena *a, const struct json *container, const char *pointer,
		      const struct lookups *lookups, struct environment *ret)
{
	*ret = (struct environment){.arena = a, .container = container, .pointer = pointer};
	read_env_from(ret, lookups);
	read_env(ret, lookups);
	settle(ret);
}

static int find_by_name(const void *name, const void *item)
{
	return slice_order(*(const struct slice *)name, ((const struct env_item *)item)->name);
}

const struct env_item *environment_find(const struct environment *env, struct slice name)
{
	return env->present & present_bit(name) ? bsearch(&name, env->items, env->count, sizeof(*env->items), find_by_name) : NULL;
}

const struct env_item *environment_before(const struct environment *env, struct slice name, size_t order)
{
	const struct env_item *item = environment_find(env, name), wanted = {.name = name, .order = order};
	size_t from = 0, to = env->shadowed_count;

	if (!item || item->order < order)
		return item;
	while (from < to) { /* the first that is not before it */
		size_t mid = from + (to - from) / 2;

		if (by_name(&env->shadowed[mid], &wanted) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from > 0 && slice_eq(env->shadowed[from - 1].name, name) ? &env->shadowed[from - 1] : NULL;
}

/* ---- settings ---- */

/* SparkSubmitArguments.loadEnvironmentArguments, 3.5 and 4.1. */
static const struct {
	struct slice variable, key;
} variables[] = {
	{SLICE_INIT("MASTER"), SLICE_INIT("spark.master")},
	{SLICE_INIT("DEPLOY_MODE"), SLICE_INIT("spark.submit.deployMode")},
	{SLICE_INIT("SPARK_REMOTE"), SLICE_INIT("spark.remote")},
	{SLICE_INIT("SPARK_DRIVER_MEMORY"), SLICE_INIT("spark.driver.memory")},
	{SLICE_INIT("SPARK_EXECUTOR_MEMORY"), SLICE_INIT("spark.executor.memory")},
	{SLICE_INIT("SPARK_EXECUTOR_CORES"), SLICE_INIT("spark.executor.cores")},
};

const char *environment_variable_of(struct slice key)
{
	for (size_t i = 0; i < COUNT_OF(variables); i++)
		if (slice_eq(key, variables[i].key))
			return variables[i].variable.ptr;
	return NULL;
}

/* The pointer to the variable in the pod, or to the envFrom that it comes from. */
static const char *pointer_of(const struct environment *env, const struct env_item *item)
{
	if (item->index == SIZE_MAX)
		return arena_join(env->arena, env->pointer, "/envFrom");
	return arena_path(env->arena, arena_join(env->arena, env->pointer, "/env"), item->index);
}

static struct place place_of(const struct environment *env, const struct env_item *item, const char *key)
{
	return (struct place){.pointer = pointer_of(env, item),
			      .container = json_text(json_get(env->container, "name"), NULL),
			      .key = key};
}

/* The value, or for people where it comes from. */
static struct slice described(struct arena *a, const struct env_item *item)
{
	const struct json *field = json_get(item->from, "fieldRef"), *key = json_get(item->from, "configMapKeyRef"),
			  *secret = json_get(item->from, "secretKeyRef");

	if (item->kind == ENV_TEXT)
		return item->value;
	if (field)
		return slice_of(arena_join(a, "(field ", json_text(json_get(field, "fieldPath"), ""), ")"));
	if (key)
		return slice_of(arena_join(a, "(ConfigMap '", json_text(json_get(key, "name"), ""), "' key '", json_text(json_get(key, "key"), ""), "')"));
	if (secret)
		return slice_of(arena_join(a, "(Secret '", json_text(json_get(secret, "name"), ""), "', not readable)"));
	return item->value;
}

void environment_settings(struct arena *a, const struct environment *env, struct settings *list)
{
	for (size_t i = 0; i < COUNT_OF(variables); i++) {
		const struct env_item *item = environment_find(env, variables[i].variable);

		if (!item)
			continue;
		const struct setting setting = {
			.key = variables[i].key,
			.value = described(a, item),
			.literal = item->kind == ENV_TEXT, .source = SOURCE_ENVIRONMENT,
			.place = place_of(env, item, variables[i].key.ptr),
			.config_map = item->config_map,
		};
		settings_add(list, a, setting);
	}
}

/* ---- editing ---- */

static void add_edit(struct environment *env, struct env_edit edit)
{
	*ARENA_PUSH(env->arena, env->edits, &env->edit_cap, env->edit_count) = edit;
}

/* The pod's first variable of that kind of which "$(NAME)" can be written into a shell's text, else the one that was added. */
static const char *holder_of(const struct environment *env, enum env_kind kind, const char *field)
{
	const struct env_item *first = NULL;

	for (size_t i = 0; i < env->count; i++)
		if (env->items[i].kind == kind && shell_is_plain_reference(env->items[i].name) && (!first || env->items[i].index < first->index))
			first = &env->items[i];
	if (first)
		return arena_dup(env->arena, first->name);
	for (size_t i = 0; i < env->edit_count; i++)
		if (env->edits[i].field && strcmp(env->edits[i].field, field) == 0)
			return env->edits[i].name;
	return NULL;
}

/* $(NAME) of a variable that does not exist stays as it is written (kube_refs.h): whoever wrote it must not find it
 * expanded because we added a variable of that name. */
static bool is_taken(const struct environment *env, const char *name)
{
	return environment_find(env, slice_of(name)) ||
	       container_mentions(env->container, arena_join(env->arena, "$(", name, ")"));
}

/* The N of each "$(SPARKGATE_POD_IP_N)": all in one walk, since somebody may have written down a hundred thousand of them, and a
 * search for one name after another would take the square of that. */
struct numbers {
	struct arena *arena;
	struct slice head; /* "$(SPARKGATE_POD_IP_" */
	size_t *items;
	size_t count, cap;
};

static bool note_numbers(void *closure, struct slice text)
{
	struct numbers *found = closure;
	const char *at;

	while (text.len > 0 && (at = memmem(text.ptr, text.len, found->head.ptr, found->head.len))) {
		size_t skipped = (size_t)(at - text.ptr) + found->head.len, digits = 0;
		int64_t number;

		text = (struct slice){text.ptr + skipped, text.len - skipped};
		while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
			digits++;
		if (number_parse((struct slice){text.ptr, digits}, UINT32_MAX, &number) < 0)
			continue;
		*ARENA_PUSH(found->arena, found->items, &found->cap, found->count) = (size_t)number;
	}
	return false;
}

/* The first from 2 on that is neither a variable nor referred to. */
static const char *free_number(const struct environment *env, const char *name)
{
	struct numbers found = {.arena = env->arena, .head = slice_of(arena_join(env->arena, "$(", name, "_"))};

	(void)container_any_text(env->container, note_numbers, &found);
	/* Of more numbers than there are references and variables, one is free. */
	size_t end = found.count + env->count + 3, n = 2;
	bool *used = ARENA_ARRAY(env->arena, end, bool);
	for (size_t i = 0; i < found.count; i++)
		if (found.items[i] < end)
			used[found.items[i]] = true;
	for (;; n++) {
		const char *candidate = used[n] ? NULL : arena_printf(env->arena, "%s_%zu", name, n);

		if (candidate && !environment_find(env, slice_of(candidate)))
			return candidate;
	}
}

static const char *free_name(const struct environment *env, const char *usual)
{
	const char *name = arena_join(env->arena, "SPARKGATE_", usual);

	if (!is_taken(env, usual))
		return usual;
	return is_taken(env, name) ? free_number(env, name) : name;
}

static const char *field_variable(struct environment *env, enum env_kind kind, const char *field, const char *usual)
{
	const char *name = holder_of(env, kind, field);

	if (!name) {
		name = free_name(env, usual);
		add_edit(env, (struct env_edit){.index = SIZE_MAX, .name = name, .field = field});
	}
	return name;
}

const char *environment_pod_ip(struct environment *env)
{
	return field_variable(env, ENV_POD_IP, "status.podIP", "POD_IP");
}

const char *environment_pod_name(struct environment *env)
{
	return field_variable(env, ENV_POD_NAME, "metadata.name", "POD_NAME");
}

/* Was this entry edited before? Then its edit must be changed, not a second one made. */
static struct env_edit *edit_at(const struct environment *env, size_t index)
{
	for (size_t i = 0; i < env->edit_count; i++)
		if (env->edits[i].index == index)
			return &env->edits[i];
	return NULL;
}

/* The value that the entry will have. */
static struct slice current_value(const struct environment *env, const struct env_item *item)
{
	const struct env_edit *edit = edit_at(env, item->index);

	return edit ? edit->value : item->value;
}

static void set_value(struct environment *env, size_t index, struct slice value)
{
	struct env_edit *edit = edit_at(env, index);

	if (edit)
		edit->value = value;
	else
		add_edit(env, (struct env_edit){.index = index, .value = value});
}

/* Is it written in the pod itself, as text? */
static bool is_literal(const struct env_item *item)
{
	return item->kind == ENV_TEXT && item->index != SIZE_MAX && !item->config_map;
}

void environment_set(struct environment *env, struct slice key, struct slice value, const char *rule,
		     struct changes *changes)
{
	for (size_t i = 0; i < COUNT_OF(variables); i++) {
		const struct env_item *item =
			slice_eq(key, variables[i].key) ? environment_find(env, variables[i].variable) : NULL;

		if (!item || !is_literal(item) || slice_eq(current_value(env, item), value))
			continue;
		const struct change change = {
			.rule = rule, .carrier = "env",
			.place = place_of(env, item, variables[i].key.ptr),
			.from = setting_show(env->arena, key, item->value),
			.to = setting_show(env->arena, key, value),
		};
		changes_add(changes, env->arena, change);
		set_value(env, item->index, arena_copy(env->arena, value));
	}
}

/* {"name": ..., "valueFrom": {"fieldRef": ...}} as the API server stores it with defaults filled in, so that a second
 * look sees no difference. */
static struct slice field_entry(struct arena *a, const struct env_edit *edit)
{
	return slice_of(arena_printf(
		a, "{\"name\":\"%s\",\"valueFrom\":{\"fieldRef\":{\"apiVersion\":\"v1\",\"fieldPath\":\"%s\"}}}", edit->name,
		edit->field));
}

static void patch_added(const struct environment *env, const struct env_edit *edit, bool first, struct json_patch *patch)
{
	struct slice entry = field_entry(env->arena, edit);

	if (!first) {
		json_patch_add(patch, "add", arena_join(env->arena, env->pointer, "/env/-"), entry);
		return;
	}
	json_patch_add(patch, "add", arena_join(env->arena, env->pointer, "/env"),
		       slice_of(arena_printf(env->arena, "[%.*s]", SLICE_ARG(entry))));
}

void environment_patch(const struct environment *env, struct json_patch *patch)
{
	bool has_array = json_type(json_get(env->container, "env")) == JSON_ARRAY;

	for (size_t i = 0; i < env->edit_count; i++) {
		const struct env_edit *edit = &env->edits[i];

		if (edit->field) {
			patch_added(env, edit, !has_array, patch);
			has_array = true;
			continue;
		}
		const struct json *entry = json_at(json_get(env->container, "env"), edit->index);
		json_patch_add(patch, json_has(entry, "value") ? "replace" : "add",
			       arena_printf(env->arena, "%s/env/%zu/value", env->pointer, edit->index),
			       json_patch_string(env->arena, edit->value));
	}
}
