#include "policy/role_near.h"

#include "base/json_patch.h"

#include <strings.h>

struct looking {
	const struct policy *p;
	struct arena *a;
	const struct json *labels, *spec;
	const char *pointer;
	enum role role;
	struct role_near *ret;
};

const char *near_kind_name(enum near_kind kind)
{
	static const char *const names[] = {"labelValue", "labelKey", "labelMissing", "beaten",   "wordCase",
					    "wordEnv",    "shape",    "shapeAlone",   "text"};

	return names[kind];
}

static bool same_miss(const struct near_miss *x, const struct near_miss *y)
{
	return x->role == y->role && x->kind == y->kind && strcmp(x->where, y->where) == 0 && strcmp(x->wanted, y->wanted) == 0;
}

static void miss(const struct looking *l, struct near_miss m)
{
	struct role_near *near = l->ret;

	for (size_t i = 0; i < near->miss_count; i++)
		if (same_miss(&near->misses[i], &m))
			return;
	if (near->miss_count == ROLE_NEAR_MAX)
		near->more = true;
	else
		near->misses[near->miss_count++] = m;
}

static void sign(const struct looking *l, struct role_sign s)
{
	if (l->ret->sign_count == ROLE_NEAR_MAX)
		l->ret->more = true;
	else
		l->ret->signs[l->ret->sign_count++] = s;
}

/* ---- labels ---- */

static const char *wanted_value(const char *value)
{
	return value ? value : "*";
}

static void sign_labels(const struct looking *l, const struct label_match *m)
{
	for (size_t i = 0; i < m->count; i++) {
		const char *value = json_text(json_get(l->labels, m->key[i]), "");
		const char *token = json_pointer_token(l->a, slice_of(m->key[i]));
		sign(l, (struct role_sign){.text = arena_join(l->a, "label ", m->key[i], "=", value),
					   .pointer = arena_join(l->a, l->pointer, "/metadata/labels/", token)});
	}
}

/* The value under another key, or both in another case: "App: spark-connect", "name: spark-connect". A short value
 * ("connect") is under many keys by chance. */
#define TELLING_VALUE 8

static void miss_key(const struct looking *l, enum role role, const char *key, const char *wanted)
{
	if (!wanted || strlen(wanted) < TELLING_VALUE || strchr(wanted, '*'))
		return;
	JSON_EACH(label, l->labels) {
		const char *value = json_text(label, "");
		if (strcmp(json_key(label), key) != 0 && strcasecmp(value, wanted) == 0)
			miss(l, (struct near_miss){role, NEAR_LABEL_KEY, arena_join(l->a, "label ", json_key(label)),
						   arena_dup(l->a, slice_of(value)), arena_join(l->a, key, "=", wanted)});
	}
}

static void miss_pair(const struct looking *l, enum role role, const struct label_match *m, size_t i)
{
	const char *value = json_text(json_get(l->labels, m->key[i]), NULL), *wanted = wanted_value(m->value[i]);

	if (value && strcmp(m->key[i], "sparkgate.io/role") == 0 && strcmp(value, "none") == 0)
		return; /* meant so */
	if (value)
		miss(l, (struct near_miss){role, NEAR_LABEL_VALUE, arena_join(l->a, "label ", m->key[i]),
					   arena_dup(l->a, slice_of(value)), wanted});
	else if (m->count > 1)
		miss(l, (struct near_miss){role, NEAR_LABEL_MISSING, arena_join(l->a, "label ", m->key[i]), NULL, wanted});
	else
		miss_key(l, role, m->key[i], m->value[i]);
}

/* How many of m's pairs hold, and the first that does not. */
static size_t held(const struct looking *l, const struct label_match *m, size_t *first_missing)
{
	size_t n = 0;

	*first_missing = m->count;
	for (size_t i = 0; i < m->count; i++) {
		struct slice value = json_slice(json_get(l->labels, m->key[i]));
		if (value.ptr && role_value_fits(m->value[i], value))
			n++;
		else if (*first_missing == m->count)
			*first_missing = i;
	}
	return n;
}

static void look_at_labels(const struct looking *l, const struct role_selector *s, const struct label_match *m)
{
	size_t missing, n = held(l, m, &missing);
	bool fits = role_labels_fit(l->labels, m);

	if (fits && s->role == l->role)
		sign_labels(l, m);
	else if (s->role == l->role)
		return;
	else if (fits && s->role != ROLE_EXECUTOR) /* an executor's label counts with the shape: look_at_shape() */
		miss(l, (struct near_miss){s->role, NEAR_BEATEN, arena_join(l->a, "label ", m->key[m->count - 1]),
					   json_text(json_get(l->labels, m->key[m->count - 1]), ""),
					   l->role == ROLE_NONE ? "sparkgate.io/role=none counts more" : "commands count more than labels"});
	else if (!fits && (m->count == 1 || n > 0))
		miss_pair(l, s->role, m, missing);
}

/* ---- words ---- */

struct element {
	const char *container, *list, *pointer, *text;
	size_t index;
};

static void look_at_word(const struct looking *l, const struct role_selector *s, const struct element *e, const char *word)
{
	if (strstr(e->text, word) && s->role == l->role)
		sign(l, (struct role_sign){word, e->container, e->pointer});
	else if (s->role != l->role && !strstr(e->text, word) && strcasestr(e->text, word))
		miss(l, (struct near_miss){s->role, NEAR_WORD_CASE,
					   arena_printf(l->a, "container %s, %s[%zu]", e->container, e->list, e->index),
					   arena_dup(l->a, (struct slice){strcasestr(e->text, word), strlen(word)}), word});
}

static void look_at_list(const struct looking *l, const struct role_selector *s, const struct json *container,
			 const char *pointer, const char *list)
{
	struct element e = {.container = json_text(json_get(container, "name"), "?"), .list = list};

	JSON_EACH(item, json_get(container, list)) {
		e.text = json_text(item, "");
		e.pointer = arena_path(l->a, arena_join(l->a, pointer, "/", list), e.index);
		for (size_t i = 0; i < s->words.count; i++)
			look_at_word(l, s, &e, s->words.items[i]);
		e.index++;
	}
}

static void sign_entrypoint(const struct looking *l, const struct json *container, const char *pointer, const char *name)
{
	static const char *const lists[] = {"command", "args"};
	const struct json *named = role_entrypoint(container, name);

	for (size_t i = 0; named && i < COUNT_OF(lists); i++) {
		size_t index = 0;
		JSON_EACH(item, json_get(container, lists[i])) {
			if (item == named)
				sign(l, (struct role_sign){name, json_text(json_get(container, "name"), "?"),
							   arena_path(l->a, arena_join(l->a, pointer, "/", lists[i]), index)});
			index++;
		}
	}
}

static void look_at_entrypoints(const struct looking *l, const struct role_selector *s, const struct json *container, const char *pointer)
{
	for (size_t i = 0; i < l->p->entrypoint_count && s->role == l->role; i++)
		if (l->p->entrypoints[i].role == s->role)
			sign_entrypoint(l, container, pointer, l->p->entrypoints[i].name);
}

static void look_at_env(const struct looking *l, const struct role_selector *s, const struct json *container)
{
	const char *name = json_text(json_get(container, "name"), "?");

	if (s->role == l->role)
		return;
	JSON_EACH(e, json_get(container, "env"))
		for (size_t i = 0; i < s->words.count; i++)
			if (strcasestr(json_text(json_get(e, "value"), ""), s->words.items[i]))
				miss(l, (struct near_miss){s->role, NEAR_WORD_ENV,
							   arena_printf(l->a, "container %s, env %s", name,
									json_text(json_get(e, "name"), "?")),
							   s->words.items[i], "the word in command or args"});
}

static void look_at_containers(const struct looking *l, const struct role_selector *s)
{
	for (size_t k = 0; k < CONTAINER_LISTS; k++) {
		const char *list = arena_join(l->a, l->pointer, "/spec/", container_lists[k]);
		size_t index = 0;
		JSON_EACH(container, json_get(l->spec, container_lists[k])) {
			const char *pointer = arena_path(l->a, list, index++);
			look_at_list(l, s, container, pointer, "command");
			look_at_list(l, s, container, pointer, "args");
			look_at_entrypoints(l, s, container, pointer);
			look_at_env(l, s, container);
		}
	}
}

/* ---- executors ---- */

/* What keeps the first container from having an executor's shape. */
static void miss_shape(const struct looking *l)
{
	const struct json *first = json_first(json_get(l->spec, "containers")), *args = json_get(first, "args");
	const char *name = json_text(json_get(first, "name"), "?"), *word = json_text(json_at(args, 0), NULL);
	bool command = json_count(json_get(first, "command")) > 0;

	miss(l, (struct near_miss){ROLE_EXECUTOR, NEAR_SHAPE,
				   arena_join(l->a, "container ", name, command ? ", command" : ", args[0]"),
				   command ? json_text(json_at(json_get(first, "command"), 0), NULL) : word,
				   command ? "no command: the image's entrypoint starts an executor"
					   : "executor, or env SPARK_EXECUTOR_ID and SPARK_DRIVER_URL"});
}

static void look_at_shape(const struct looking *l, const struct role_selector *s)
{
	bool labelled = false, shape = false;

	for (size_t i = 0; i < s->label_count; i++)
		labelled |= role_labels_fit(l->labels, &s->labels[i]);
	JSON_EACH(container, json_get(l->spec, "containers"))
		shape |= role_has_executor_shape(container);
	if (s->role != ROLE_EXECUTOR || l->role == ROLE_EXECUTOR)
		return;
	if (labelled && shape)
		miss(l, (struct near_miss){ROLE_EXECUTOR, NEAR_BEATEN, "label spark-role", "executor", "commands count more than labels"});
	else if (labelled)
		miss_shape(l);
	else if (shape)
		miss(l, (struct near_miss){ROLE_EXECUTOR, NEAR_SHAPE_ALONE, "label spark-role",
					   json_text(json_get(l->labels, "spark-role"), NULL), "executor"});
}

void role_near_of_pod(const struct policy *p, struct arena *a, const struct json *metadata, const struct json *spec,
		      const char *pointer, enum role role, struct role_near *ret)
{
	struct looking l = {p, a, json_get(metadata, "labels"), spec, pointer, role, ret};

	*ret = (struct role_near){.sign_count = 0};
	for (size_t i = 0; i < p->selector_count; i++) {
		const struct role_selector *s = &p->selectors[i];
		for (size_t k = 0; k < s->label_count; k++)
			look_at_labels(&l, s, &s->labels[k]);
		look_at_containers(&l, s);
		look_at_shape(&l, s);
	}
}

/* ---- ConfigMaps ---- */

static void look_at_config_label(const struct looking *l, const char *wanted)
{
	struct slice rest = slice_of(wanted), key = slice_cut(&rest, '=');
	const char *name = arena_dup(l->a, key), *value = json_text(json_get_slice(l->labels, key), NULL);
	bool any = key.len == strlen(wanted);

	if (config_label_fits(l->labels, wanted)) {
		const char *token = json_pointer_token(l->a, key);
		if (l->role == ROLE_CONNECT_CONFIG)
			sign(l, (struct role_sign){.text = arena_join(l->a, "label ", name, "=", value),
						   .pointer = arena_join(l->a, "/metadata/labels/", token)});
	} else if (l->role == ROLE_CONNECT_CONFIG) {
		return;
	} else if (value) {
		miss(l, (struct near_miss){ROLE_CONNECT_CONFIG, NEAR_LABEL_VALUE, arena_join(l->a, "label ", name),
					   arena_dup(l->a, slice_of(value)), rest.ptr});
	} else {
		miss_key(l, ROLE_CONNECT_CONFIG, name, any ? NULL : rest.ptr);
	}
}

/* What a text that names spark.connect.* lacks to be a server's. */
static const char *text_lacks(const struct policy *p, struct slice key, struct slice text)
{
	if (!data_key_is_properties(p, key, text))
		return "a properties text: this one is of another kind";
	if (config_text_is_clients(text))
		return "a server's text: spark.remote or spark.api.mode make this one a client's";
	return "a line that sets a server's key: these are others, comments or values";
}

static void look_at_text(const struct looking *l, const struct json *item)
{
	struct slice text = json_slice(item), key = json_key_slice(item);
	const char *name = arena_dup(l->a, key);

	if (!text.ptr || !slice_has(text, "spark.connect."))
		return;
	if (l->role != ROLE_CONNECT_CONFIG)
		miss(l, (struct near_miss){ROLE_CONNECT_CONFIG, NEAR_TEXT, arena_join(l->a, "key ", name), "spark.connect.*",
					   text_lacks(l->p, key, text)});
	else if (config_text_is_servers(l->p, key, text))
		sign(l, (struct role_sign){.text = arena_join(l->a, "key ", name, " names spark.connect.*"),
					   .pointer = arena_join(l->a, "/data/", json_pointer_token(l->a, key))});
}

void role_near_of_config_map(const struct policy *p, struct arena *a, const struct json *config_map, enum role role,
			     struct role_near *ret)
{
	struct looking l = {p, a, json_get(json_get(config_map, "metadata"), "labels"), NULL, "", role, ret};

	*ret = (struct role_near){.sign_count = 0};
	for (size_t i = 0; i < p->config_map_labels.count; i++)
		look_at_config_label(&l, p->config_map_labels.items[i]);
	JSON_EACH(item, json_get(config_map, "data"))
		look_at_text(&l, item);
}
