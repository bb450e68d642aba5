#include "spark/places.h"

#include "spark/config_map.h"
#include "spark/k8s_master.h"
#include "spark/options.h"
#include "spark/properties.h"

#include <stdlib.h>

struct gathering {
	struct arena *a;
	const struct server *server; /* NULL: a ConfigMap's text */
	const struct cmdline *line;  /* NULL: none */
	bool host_is_set;            /* k8s_host_is_set() */
	struct spark_places *list;
};

static struct place_value *add(const struct gathering *g, const struct setting *s)
{
	struct spark_places *list = g->list;

	list->items = arena_grow(g->a, list->items, &list->cap, list->count + 1, sizeof(*list->items));
	struct place_value *v = &list->items[list->count];
	*v = (struct place_value){.key = s->key, .value = s->value, .literal = s->literal, .source = s->source,
				  .config_map = s->config_map, .data_key = s->data_key, .place = setting_place(g->a, s),
				  .put_in = k8s_master_is_put_in(s, g->host_is_set),
				  .shown = setting_show(g->a, s->key, s->value), .read = true, .order = list->count++,
				  .invocation = list->invocations, .line = g->line, .server = g->server ? g->server->name : NULL};
	return v;
}

/* ---- command lines and environment ---- */

static bool in_element(const struct server *server, const char *pointer)
{
	return pointer && strlen(pointer) > strlen(server->pointer);
}

/* "env MASTER": the variable that carries the setting's key. */
static const char *variable_at(const struct gathering *g, const struct setting *s)
{
	return arena_join(g->a, "env ", environment_variable_of(s->key));
}

static void add_word(const struct gathering *g, const struct setting *s)
{
	struct place_value *v = add(g, s);
	const char *option = s->source == SOURCE_OPTION ? option_for_key(s->key) : NULL;

	if (s->source == SOURCE_ENVIRONMENT) {
		v->carrier = "env";
		v->how = variable_at(g, s);
		return;
	}
	v->carrier = s->place.line > 0 ? "shell" : in_element(g->server, v->place.pointer) ? "argv" : "image";
	v->how = option ? option : "--conf";
}

/* ---- files ---- */

static bool same_text(const struct setting *s, const char *config_map, const char *key)
{
	return s->data_key && config_map && strcmp(s->config_map, config_map) == 0 && strcmp(s->data_key, key) == 0;
}

static const struct pod_file *file_of(const struct pod_files *files, const char *config_map, const char *key)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].config_map, config_map) == 0 && strcmp(files->items[i].key, key) == 0)
			return &files->items[i];
	return NULL;
}

static void add_line(const struct gathering *g, const struct setting *s, bool read)
{
	struct place_value *v = add(g, s);

	v->carrier = "properties";
	v->how = s->source == SOURCE_PROPERTIES_FILE ? "--properties-file" : "spark-defaults.conf";
	v->read = read;
}

/* Add all settings of a text, including those that a later line overrides. false: there would be too many. */
static bool add_text(const struct gathering *g, const struct pod_file *file, enum setting_source source, bool read)
{
	struct properties p;
	struct err ignored;

	/* The checks report what is wrong with a text. */
	if (properties_parse(g->a, file->text, &p, &ignored) < 0)
		return true;
	if (p.count > PLACES_MAX || g->list->count > PLACES_MAX - p.count) {
		g->list->more = true;
		return false;
	}
	for (size_t i = 0; i < p.count; i++) {
		const struct property *item = &p.items[i];
		struct setting s = {.key = item->key, .value = item->value, .literal = !slice_has(item->value, "${"),
				    .source = source, .config_map = file->config_map, .data_key = file->key,
				    .place = {.line = item->line}};
		if (slice_starts(s.key, "spark."))
			add_line(g, &s, read);
	}
	return true;
}

/* The view has the settings of one text in a row; returns the index after them. */
static size_t add_file_of(const struct gathering *g, const struct pod_files *files, const struct view *view, size_t at)
{
	const struct setting *first = &view->settings.items[at];
	const struct pod_file *file = file_of(files, first->config_map, first->data_key);
	size_t end = at;

	while (end < view->settings.count && same_text(&view->settings.items[end], first->config_map, first->data_key))
		end++;
	if (file && add_text(g, file, first->source, true))
		return end;
	for (size_t i = at; i < end; i++)
		add_line(g, &view->settings.items[i], true);
	return end;
}

static bool was_added(const struct spark_places *list, size_t from, const struct pod_file *file)
{
	const struct place_value *last = NULL;

	for (size_t i = from; i < list->count; i++) {
		const struct place_value *v = &list->items[i];
		if (last && v->config_map == last->config_map && v->data_key == last->data_key)
			continue; /* from the same text as the one before */
		last = v;
		if (v->data_key && strcmp(v->data_key, file->key) == 0 && strcmp(v->config_map, file->config_map) == 0)
			return true;
	}
	return false;
}

static void add_unread(const struct gathering *g, const struct pod_files *files, size_t from)
{
	for (size_t i = 0; i < files->count; i++)
		if (!was_added(g->list, from, &files->items[i]))
			add_text(g, &files->items[i], SOURCE_DEFAULTS_FILE, false);
}

/* ---- who wins ---- */

static int by_strength(const void *x, const void *y)
{
	const struct place_value *a = x, *b = y;
	int order = slice_order(a->key, b->key);

	if (order)
		return order;
	if (a->read != b->read)
		return a->read ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return (a->order < b->order) - (a->order > b->order); /* within one source the last wins */
}

/* Mark the strongest of each key, among the places from `from` on. */
static void settle(const struct gathering *g, size_t from)
{
	struct spark_places *list = g->list;

	if (list->count > from)
		qsort(list->items + from, list->count - from, sizeof(*list->items), by_strength);
	for (size_t i = from; i < list->count; i++) {
		struct place_value *v = &list->items[i];
		bool first = i == from || !slice_eq(v->key, list->items[i - 1].key);
		v->wins = first && v->read;
	}
	list->invocations++;
}

/* ---- pods ---- */

static void gather_line(struct gathering *g, const struct spark_pod *pod, const struct server *server,
			const struct cmdline *line)
{
	struct environment env;
	size_t from = g->list->count, i = 0;

	g->server = server;
	g->line = line;
	environment_read(g->a, server->container, server->pointer, pod->lookups, &env);
	struct view view = server_view(g->a, pod, server, &env, line, READING_AS_IT_IS);
	g->host_is_set = view.host_is_set;
	while (i < view.settings.count) {
		const struct setting *s = &view.settings.items[i];
		if (s->data_key)
			i = add_file_of(g, &server->files, &view, i);
		else
			add_word(g, &view.settings.items[i++]);
	}
	add_unread(g, &server->files, from);
	settle(g, from);
	if (!g->list->unseen)
		g->list->unseen = view.unseen;
}

void spark_places_of(struct arena *a, const struct spark_pod *pod, struct spark_places *ret)
{
	struct gathering g = {.a = a, .list = ret};

	*ret = (struct spark_places){.count = 0};
	for (size_t i = 0; i < pod->servers->count; i++) {
		const struct server *server = &pod->servers->items[i];
		for (size_t k = 0; k < server_invocations(server); k++)
			gather_line(&g, pod, server, server_line(server, k));
	}
}

/* ---- ConfigMaps ---- */

static void gather_text(struct gathering *g, const struct config_text *text)
{
	size_t from = g->list->count;
	struct pod_file file = {.key = text->key, .text = text->text};

	if (!add_text(g, &file, SOURCE_DEFAULTS_FILE, true))
		for (size_t i = 0; i < text->view.settings.count; i++)
			add_line(g, &text->view.settings.items[i], true);
	for (size_t i = from; i < g->list->count; i++) {
		g->list->items[i].place.pointer = text->pointer;
		g->list->items[i].how = text->key;
	}
	settle(g, from);
}

void spark_places_of_config_map(const struct policy *p, struct arena *a, const struct json *config_map,
				struct spark_places *ret)
{
	struct gathering g = {.a = a, .list = ret};
	struct config_texts texts;

	*ret = (struct spark_places){.count = 0};
	config_texts_read(p, a, config_map, false, &texts);
	for (size_t i = 0; i < texts.count; i++)
		gather_text(&g, &texts.items[i]);
}

/* ---- asking ---- */

static bool stands_before(const struct place_value *v, size_t invocation, struct slice key)
{
	return v->invocation != invocation ? v->invocation < invocation : slice_order(v->key, key) < 0;
}

const struct place_value *spark_places_find(const struct spark_places *list, size_t invocation, struct slice key,
					    size_t *count)
{
	size_t low = 0, high = list->count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (stands_before(&list->items[middle], invocation, key))
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < list->count; end++)
		if (list->items[end].invocation != invocation || !slice_eq(list->items[end].key, key))
			break;
	*count = end - low;
	return *count ? &list->items[low] : NULL;
}

const struct place_value *spark_places_winner_in(const struct spark_places *list, size_t invocation, struct slice key)
{
	size_t count;
	const struct place_value *first = spark_places_find(list, invocation, key, &count);

	return first && first->wins ? first : NULL;
}

const struct place_value *spark_places_winner(const struct spark_places *list, struct slice key)
{
	for (size_t i = 0; i < list->invocations; i++) {
		const struct place_value *v = spark_places_winner_in(list, i, key);
		if (v)
			return v;
	}
	return NULL;
}

bool spark_places_uncertain(const struct place_value *v)
{
	return v->line && cmdline_uncertain(v->line, v->key);
}
