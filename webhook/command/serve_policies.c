#include "command/serve_policies.h"

#include "command/serve_note.h"
#include "policy/config_map_layer.h"

#include <stdio.h>

/* How long the other replicas have to learn of a change before any of them rewrites by it. They watch as we do. */
#define SETTLE_NS (400 * CLOCK_MS)

/* The first one was in force at once: nothing was served yet. */
static void know(struct serve_policies *p)
{
	policy_store_settle(p->service->policies, SETTLE_NS);
	atomic_store(&p->listed, true);
}

static void on_present(void *closure, const struct json *object)
{
	struct serve_policies *p = closure;
	struct arena arena = ARENA_INIT;
	struct policy_layer layer;
	struct err err = {""};

	atomic_store(&p->there, true);
	enum policy_poll outcome = config_map_layer(&arena, p->name, object, &layer, &err) < 0
					   ? policy_store_no_layer(p->service->policies, &err)
					   : policy_store_layer(p->service->policies, &layer, &err);
	arena_release(&arena);
	serve_note_policy(p->service, p->watch.place.recorder, outcome, &err);
	know(p);
}

static void on_absent(void *closure)
{
	struct serve_policies *p = closure;
	struct err err = {""};

	atomic_store(&p->there, false);
	serve_note_policy(p->service, p->watch.place.recorder, policy_store_layer(p->service->policies, NULL, &err), &err);
	know(p);
}

/* For the first readiness only: later trouble is the policy's own note. */
static bool policies_ok(void *context, char note[HEALTH_NOTE])
{
	struct serve_policies *p = context;

	if (!atomic_load(&p->listed)) {
		snprintf(note, HEALTH_NOTE, "not read yet: may we list and watch it? see the log");
		return false;
	}
	snprintf(note, HEALTH_NOTE, "%s", atomic_load(&p->there) ? "read" : "there is none");
	return true;
}

void serve_policies_open(struct serve_policies *p, const char *name, struct service *service,
			 const struct serve_watch_place *place)
{
	char collection[KUBE_NAME_MAX + 64];

	p->name = name;
	p->service = service;
	snprintf(collection, sizeof(collection), "/api/v1/namespaces/%s/configmaps", place->me->namespace);
	serve_watch_open(&p->watch, place, "policies ConfigMap", collection, name, on_present, on_absent, p);
	health_add(&service->health, (struct health_check){"policies-configmap", policies_ok, p});
}

void serve_policies_close(struct serve_policies *p)
{
	serve_watch_close(&p->watch);
}
