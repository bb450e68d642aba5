/* What the driver says: its master, its version, its executors. */
#include "status/part.h"
#include "status/spark_ui.h"

struct dialogue {
	struct status_asker asker; /* with an arena of its own: these answers are large */
	struct arena *keep;
	const char *namespace, *base;
};

static const char *get(struct dialogue *d, const char *path, struct slice *ret)
{
	int status;

	return status_ask_text(&d->asker, arena_join(d->asker.arena, d->base, path), "get pods/proxy",
			       status_in_namespace(d->keep, d->namespace), SPARK_UI_BYTES, &status, ret);
}

static const char *kept(const struct dialogue *d, const char *text)
{
	return arena_dup(d->keep, slice_of(text));
}

static void ask_executors(struct dialogue *d, const char *path, struct status_server *s)
{
	struct err err = {""};
	struct slice text = {"", 0};
	const char *why = get(d, arena_join(d->asker.arena, path, "/executors"), &text);

	if (!why && spark_ui_executors(d->asker.arena, text, &s->executors, &err) < 0)
		why = err.text;
	s->executors_unknown = why ? kept(d, why) : NULL;
}

static const char *ask(struct dialogue *d, struct status_server *s)
{
	struct spark_ui_application app;
	struct err err = {""};
	struct slice text = {"", 0};
	const char *master, *why = get(d, "/api/v1/applications", &text);

	if (why)
		return kept(d, why);
	if (spark_ui_application(d->asker.arena, text, &app, &err) < 0)
		return kept(d, err.text);
	const char *path = arena_join(d->asker.arena, "/api/v1/applications/", app.id);
	why = get(d, arena_join(d->asker.arena, path, "/environment"), &text);
	if (why)
		return kept(d, why);
	if (spark_ui_master(d->asker.arena, text, &master, &err) < 0)
		return kept(d, err.text);
	s->real_master = kept(d, master);
	s->version = kept(d, app.version);
	s->application = kept(d, app.id);
	ask_executors(d, path, s);
	return NULL;
}

void status_ask_driver(struct status_asker *asker, const char *namespace, const char *scheme, unsigned port, struct status_server *s)
{
	struct arena arena = ARENA_INIT;
	struct dialogue d = {.asker = *asker, .keep = asker->arena, .namespace = namespace};

	d.asker.arena = &arena;
	d.base = arena_printf(&arena, "/api/v1/namespaces/%s/pods/%s%s:%u/proxy", namespace, scheme, s->pod, port);
	s->not_asked = ask(&d, s);
	arena_release(&arena);
}
