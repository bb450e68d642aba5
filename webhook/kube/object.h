/*
 * object.h - one object by its name, and every change of it: a kube_watch that is narrowed to it.
 *
 *	struct kube_object *object = kube_object_new(client, "/api/v1/namespaces/a/configmaps", "b", &handler);
 *	for (;;)
 *		kube_client_poll(client, kube_object_tick(object));
 *
 * By fieldSelector, so that rights on that one name (resourceNames) are enough for list and watch. After each list
 * exactly one of present() and absent() is called; objects of other names are ignored.
 *
 * Ownership: collection and name are copied. Threads: those of kube_watch.
 */
#ifndef KUBE_OBJECT_H
#define KUBE_OBJECT_H

#include "kube/watch.h"

struct kube_object;

struct kube_object_handler {
	void (*present)(void *closure, const struct json *object); /* it is so now */
	void (*absent)(void *closure);                             /* it is not there (any more) */
	void (*trouble)(void *closure, const struct err *why);     /* what was last said stays */
	void *closure;
};

struct kube_object *kube_object_new(struct kube_client *client, const char *collection, const char *name,
				    const struct kube_object_handler *handler);
void kube_object_free(struct kube_object *object); /* NULL is fine; before the client */

/* As kube_watch_tick(). */
int64_t kube_object_tick(struct kube_object *object);

#endif
