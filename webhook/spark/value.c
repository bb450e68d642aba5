#include "spark/value.h"

#include "spark/config_map.h"
#include "spark/server.h"

static void add(struct spark_values *list, const char *where, const struct view *view, struct slice key)
{
	const struct setting *s = view_winner(view, key);

	if (list->count < SPARK_VALUES_MAX)
		list->items[list->count++] = (struct spark_value){where, s != NULL, s ? s->value : (struct slice){NULL, 0}};
}

static void add_line(struct arena *a, const struct spark_pod *pod, const struct server *server, const struct cmdline *line,
		     struct slice key, struct spark_values *ret)
{
	struct environment env;

	environment_read(a, server->container, server->pointer, pod->lookups, &env);
	struct view view = server_view(a, pod, server, &env, line, READING_AS_IT_IS);
	add(ret, server->name, &view, key);
}

void spark_pod_values(struct arena *a, const struct spark_pod *pod, struct slice key, struct spark_values *ret)
{
	ret->count = 0;
	for (size_t i = 0; i < pod->servers->count; i++) {
		const struct server *server = &pod->servers->items[i];
		for (size_t k = 0; k < server->lines.count; k++)
			add_line(a, pod, server, cmdlines_at(&server->lines, k), key, ret);
		if (server->lines.count == 0)
			add_line(a, pod, server, NULL, key, ret);
	}
}

void spark_config_map_values(const struct policy *p, struct arena *a, const struct json *config_map, struct slice key,
			     struct spark_values *ret)
{
	struct config_texts texts;

	ret->count = 0;
	config_texts_read(p, a, config_map, false, &texts);
	for (size_t i = 0; i < texts.count; i++)
		add(ret, texts.items[i].key, &texts.items[i].view, key);
}
