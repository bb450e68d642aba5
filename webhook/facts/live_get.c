/* The workers' side of live facts: what is here already is handed over at once, for the rest a ticket is made. */
#include "facts/live_state.h"

#include <stdio.h>
#include <stdlib.h>

/* Time left of a request's for the decision, after the last fact. */
#define MARGIN_NS (50 * CLOCK_MS)

/* What a lease keeps alive. */
struct held {
	struct arena arena;
	struct ticket *ticket; /* its bodies are what the ConfigMaps were parsed from; NULL = none */
};

static void *allocate(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		out_of_memory();
	return p;
}

static void free_ticket(struct ticket *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->call_count; i++)
		kube_call_release(&t->calls[i].call);
	free(t->calls);
	live_pods_free(t->pods);
	free(t->text);
	free(t);
}

/* ---- asking ---- */

static bool may_ask(struct facts_live *live, enum live_kind kind)
{
	int64_t rate = kind == LIVE_PODS ? LIVE_PODS_RATE : LIVE_RATE;
	int64_t burst = 1000 * (kind == LIVE_PODS ? LIVE_PODS_BURST : LIVE_BURST);
	struct bucket *b = &live->buckets[kind];
	int64_t now = clock_mono_ns(), gained = (now - b->at) / CLOCK_MS * rate;

	if (gained > 0) {
		b->tokens = b->tokens + gained < burst ? b->tokens + gained : burst;
		b->at = now;
	}
	if (b->tokens < 1000) {
		atomic_fetch_add(&live->results[kind][LIVE_LIMITED], 1);
		return false;
	}
	b->tokens -= 1000;
	return true;
}

/* Fetch a Namespace that is not known; or known without the label, since the API server, which calls us for
 * labelled ones only, knows better. */
static bool wants_namespace(struct facts_live *live, const char *name)
{
	struct slice text;
	bool opted_in;

	if (!name || !kube_name_ok(name) ||
	    (namespaces_find(live->namespaces, name, &text, &opted_in) && opted_in))
		return false;
	return may_ask(live, LIVE_NAMESPACE);
}

static void add_lookups(struct facts_live *live, struct ticket *t, const struct needs *needs)
{
	for (size_t i = 0; i < needs->lookups.count; i++) {
		const char *name = needs->lookups.items[i].name;
		if (!kube_name_ok(name) || !may_ask(live, LIVE_CONFIG_MAP))
			continue;
		if (!t->calls)
			t->calls = allocate(LIMIT_LOOKUPS * sizeof(*t->calls));
		struct lookup_call *call = &t->calls[t->call_count++];
		call->ticket = t;
		snprintf(call->name, sizeof(call->name), "%s", name);
		snprintf(call->path, sizeof(call->path), "/api/v1/namespaces/%s/configmaps/%s", needs->namespace, name);
	}
}

/* What has to be fetched. */
static void fill_ticket(struct facts_live *live, struct ticket *t, const struct needs *needs)
{
	if (needs->namespace) {
		t->wants_namespace = wants_namespace(live, needs->namespace);
		add_lookups(live, t, needs);
	}
	if (needs->pods && atomic_load(&live->listing) < LIVE_PODS_AT_ONCE && may_ask(live, LIVE_PODS))
		t->pods = live_pods_new(live, needs->pods, needs->policy);
}

/* If something has to be fetched, hand a ticket to the thread. */
static bool ask(struct facts_live *live, const struct needs *needs, struct facts_wait *wait)
{
	const char *name = needs->pods ? needs->pods : needs->namespace;
	int64_t now = clock_mono_ns(), deadline = wait->deadline - MARGIN_NS;
	int64_t longest = now + (needs->pods ? LIVE_PODS_NS : LIVE_LOOKUP_NS);

	if (deadline > longest)
		deadline = longest;
	if (deadline <= now || !name || !kube_name_ok(name))
		return false;

	struct ticket *t = allocate(sizeof(*t));
	*t = (struct ticket){.live = live, .wake = wait->wake, .closure = wait->closure, .deadline = deadline};
	snprintf(t->name, sizeof(t->name), "%s", name);
	pthread_mutex_lock(&live->lock);
	if (!live->closed)
		fill_ticket(live, t, needs);
	bool asked = t->wants_namespace || t->call_count > 0 || t->pods;
	if (asked) {
		wait->ticket = t; /* before the thread can see it: wake() may come at once */
		t->next = live->incoming;
		live->incoming = t;
		atomic_fetch_add(&live->waiting, 1);
		kube_client_wake(live->client);
	}
	pthread_mutex_unlock(&live->lock);
	if (!asked)
		free_ticket(t);
	return asked;
}

/* ---- answering ---- */

/* The Namespace as text in arena: the one that was fetched for this request, else what the watch says. */
static bool namespace_text(struct facts_live *live, const struct ticket *t, const char *name, struct arena *a,
			   struct slice *ret)
{
	struct slice text;
	bool opted_in;

	if (t && t->text) {
		*ret = (struct slice){t->text, t->text_len};
		return true;
	}
	pthread_mutex_lock(&live->lock);
	bool found = namespaces_find(live->namespaces, name, &text, &opted_in);
	if (found)
		*ret = arena_copy(a, text);
	pthread_mutex_unlock(&live->lock);
	return found;
}

static void fill_namespace(struct facts_live *live, struct held *held, const char *name, struct facts *ret)
{
	struct err ignored = {""};
	struct slice text;

	ret->namespace_state = NAMESPACE_UNKNOWN;
	if (name && namespace_text(live, held->ticket, name, &held->arena, &text) &&
	    json_parse(&held->arena, text, &ret->namespace, &ignored) == 0)
		ret->namespace_state = NAMESPACE_KNOWN;
}

static void fill_lookup(struct held *held, const struct lookup_call *call, struct lookup *ret)
{
	struct slice body = kube_call_text(&call->call);
	struct err ignored = {""};
	const struct json *object;

	ret->state = call->state;
	if (call->state != LOOKUP_FOUND)
		return;
	ret->state = LOOKUP_UNSEEN;
	if (json_parse(&held->arena, body, &object, &ignored) < 0 ||
	    strcmp(json_text(json_get(object, "kind"), ""), "ConfigMap") != 0 ||
	    strcmp(json_text(json_get(json_get(object, "metadata"), "name"), ""), call->name) != 0)
		return;
	ret->state = LOOKUP_FOUND;
	ret->object = object;
}

static void fill_lookups(struct held *held, const struct needs *needs, struct facts *ret)
{
	const struct ticket *t = held->ticket;

	ret->lookups = needs->lookups;
	for (size_t i = 0; i < ret->lookups.count; i++) {
		struct lookup *lookup = &ret->lookups.items[i];
		lookup->state = LOOKUP_UNSEEN;
		lookup->object = NULL;
		for (size_t k = 0; t && k < t->call_count; k++)
			if (strcmp(t->calls[k].name, lookup->name) == 0)
				fill_lookup(held, &t->calls[k], lookup);
	}
}

enum facts_outcome live_get(struct facts_source *source, const struct needs *needs, struct facts_wait *wait,
			    struct facts *ret, struct facts_lease *lease)
{
	struct facts_live *live = (struct facts_live *)source;

	if (wait && !wait->ticket && ask(live, needs, wait))
		return FACTS_PENDING;

	struct held *held = allocate(sizeof(*held));
	if (wait) {
		held->ticket = wait->ticket;
		wait->ticket = NULL;
	}
	*ret = (struct facts){.now = clock_unix()};
	fill_namespace(live, held, needs->namespace, ret);
	fill_lookups(held, needs, ret);
	ret->pods.asked = needs->pods != NULL;
	if (held->ticket && held->ticket->pods)
		live_pods_fill(held->ticket->pods, &held->arena, &ret->pods);
	lease->snapshot = held;
	return FACTS_READY;
}

void live_put(struct facts_source *source, struct facts_lease *lease)
{
	struct held *held = lease->snapshot;

	(void)source;
	arena_release(&held->arena);
	free_ticket(held->ticket);
	free(held);
	lease->snapshot = NULL;
}

void live_abandon(struct facts_source *source, struct facts_wait *wait)
{
	(void)source;
	free_ticket(wait->ticket);
	wait->ticket = NULL;
}
