#include "kube/object.h"

#include <stdio.h>
#include <stdlib.h>

struct kube_object {
	struct kube_object_handler handler;
	struct kube_watch *watch;
	bool seen; /* since the last list began */
	char name[KUBE_NAME_MAX + 1];
	char path[2 * KUBE_NAME_MAX + 128];
};

static bool is_ours(const struct kube_object *o, const struct json *object)
{
	return strcmp(json_text(json_get(json_get(object, "metadata"), "name"), ""), o->name) == 0;
}

static void on_begun(void *closure)
{
	struct kube_object *o = closure;

	o->seen = false;
}

static void on_present(void *closure, const struct json *object)
{
	struct kube_object *o = closure;

	if (!is_ours(o, object))
		return;
	o->seen = true;
	o->handler.present(o->handler.closure, object);
}

static void on_gone(void *closure, const struct json *object)
{
	struct kube_object *o = closure;

	if (!is_ours(o, object))
		return;
	o->seen = false;
	o->handler.absent(o->handler.closure);
}

static void on_listed(void *closure)
{
	struct kube_object *o = closure;

	if (!o->seen)
		o->handler.absent(o->handler.closure);
}

static void on_trouble(void *closure, const struct err *why)
{
	struct kube_object *o = closure;

	o->handler.trouble(o->handler.closure, why);
}

struct kube_object *kube_object_new(struct kube_client *client, const char *collection, const char *name,
				    const struct kube_object_handler *handler)
{
	struct kube_object *o = calloc(1, sizeof(*o));

	if (!o)
		out_of_memory();
	o->handler = *handler;
	snprintf(o->name, sizeof(o->name), "%s", name);
	snprintf(o->path, sizeof(o->path), "%s?fieldSelector=metadata.name%%3D%s", collection, name);
	o->watch = kube_watch_new(client, o->path,
				  &(struct kube_watch_handler){on_begun, on_present, on_gone, on_listed, on_trouble, o});
	return o;
}

void kube_object_free(struct kube_object *o)
{
	if (!o)
		return;
	kube_watch_free(o->watch);
	free(o);
}

int64_t kube_object_tick(struct kube_object *o)
{
	return kube_watch_tick(o->watch);
}
