/* The thread's side of tickets: ask the API server, and wake those that waited. */
#include "facts/live_state.h"

#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- tickets ---- */

/* Its time is over: answer with what there is. */
static void give_up(struct ticket *t)
{
	for (size_t i = 0; i < t->call_count; i++) {
		if (!t->calls[i].running)
			continue;
		kube_client_cancel(t->live->client, &t->calls[i].call);
		t->calls[i].running = false;
		live_count(t->live, LIVE_CONFIG_MAP, LIVE_LATE);
	}
	live_pods_stop(t);
	t->fetch = NULL;
	live_wake(t);
}

/* ---- Namespaces ---- */

static void give_namespace(struct ticket *t, struct slice text)
{
	t->fetch = NULL;
	if (text.len > 0) {
		t->text = malloc(text.len);
		if (!t->text)
			out_of_memory();
		memcpy(t->text, text.ptr, text.len);
		t->text_len = text.len;
	}
	live_one_less(t);
}

/* Did the Namespace come, with the label, since the worker looked: as the answer for another ticket, or as an event? */
static bool came_meanwhile(struct facts_live *live, const char *name)
{
	struct slice text;
	bool opted_in;

	pthread_mutex_lock(&live->lock);
	bool found = namespaces_find(live->namespaces, name, &text, &opted_in);
	pthread_mutex_unlock(&live->lock);
	return found && opted_in;
}

/* Put what was fetched into the table only if that has nothing: the watch is in order, an answer of a moment ago
 * is not. */
static void take_namespace(struct facts_live *live, const struct json *object, const char *name)
{
	struct slice text;
	bool opted_in;

	pthread_mutex_lock(&live->lock);
	if (!namespaces_find(live->namespaces, name, &text, &opted_in))
		namespaces_put(live->namespaces, object);
	pthread_mutex_unlock(&live->lock);
}

static bool parse_namespace(struct arena *a, const struct fetch *fetch, const struct json **ret)
{
	struct slice body = kube_call_text(&fetch->call);
	struct err ignored = {""};

	return json_parse_served(a, body, LIMIT_JSON_NODES, ret, &ignored) == 0 &&
	       strcmp(json_text(json_get(*ret, "kind"), ""), "Namespace") == 0 &&
	       strcmp(json_text(json_get(json_get(*ret, "metadata"), "name"), ""), fetch->name) == 0;
}

static void namespace_done(struct kube_call *call)
{
	struct fetch *fetch = call->closure;
	struct facts_live *live = fetch->live;
	struct arena arena = ARENA_INIT;
	enum live_result result = live_result_of(call);
	struct slice text = {"", 0};
	const struct json *object;
	bool opted_in;

	if (result == LIVE_FOUND && parse_namespace(&arena, fetch, &object)) {
		text = namespace_trim(&arena, object, &opted_in);
		take_namespace(live, object, fetch->name);
	} else if (result == LIVE_FOUND) {
		result = LIVE_FAILED;
	}
	live_count(live, LIVE_NAMESPACE, result);
	for (struct fetch **at = &live->fetches; *at; at = &(*at)->next)
		if (*at == fetch) {
			*at = fetch->next;
			break;
		}
	for (struct ticket *t = live->tickets, *next; t; t = next) {
		next = t->next;
		if (t->fetch == fetch)
			give_namespace(t, text);
	}
	kube_call_release(call);
	arena_release(&arena);
	free(fetch);
}

/* Join the request for this Namespace that is in progress, or begin one. */
static struct fetch *join(struct facts_live *live, const char *name)
{
	for (struct fetch *fetch = live->fetches; fetch; fetch = fetch->next)
		if (strcmp(fetch->name, name) == 0)
			return fetch;

	struct fetch *fetch = calloc(1, sizeof(*fetch));
	if (!fetch)
		out_of_memory();
	fetch->live = live;
	snprintf(fetch->name, sizeof(fetch->name), "%s", name);
	snprintf(fetch->path, sizeof(fetch->path), "/api/v1/namespaces/%s", name);
	fetch->next = live->fetches;
	live->fetches = fetch;
	fetch->call = (struct kube_call){.path = fetch->path, .deadline = clock_mono_ns() + LIVE_LOOKUP_NS,
					 .max = LIMIT_BODY_BYTES, .done = namespace_done, .closure = fetch};
	kube_client_start(live->client, &fetch->call);
	return fetch;
}

/* ---- ConfigMaps ---- */

static void config_map_done(struct kube_call *call)
{
	struct lookup_call *lookup = call->closure;
	enum live_result result = live_result_of(call);

	lookup->running = false;
	lookup->state = result == LIVE_FOUND     ? LOOKUP_FOUND
			: result == LIVE_MISSING ? LOOKUP_MISSING
						 : LOOKUP_UNSEEN;
	live_count(lookup->ticket->live, LIVE_CONFIG_MAP, result);
	live_one_less(lookup->ticket);
}

static void start_lookup(struct ticket *t, struct lookup_call *lookup)
{
	lookup->call = (struct kube_call){.path = lookup->path, .deadline = t->deadline, .max = LIMIT_BODY_BYTES,
					  .done = config_map_done, .closure = lookup};
	lookup->running = true;
	t->open++;
	kube_client_start(t->live->client, &lookup->call);
}

/* ---- what the thread does in each round ---- */

static void start_ticket(struct facts_live *live, struct ticket *t)
{
	t->prev = NULL;
	t->next = live->tickets;
	if (t->next)
		t->next->prev = t;
	live->tickets = t;
	t->open = 1; /* ours, until all is begun */
	if (t->wants_namespace && !came_meanwhile(live, t->name)) {
		t->open++;
		t->fetch = join(live, t->name);
	}
	for (size_t i = 0; i < t->call_count; i++)
		start_lookup(t, &t->calls[i]);
	if (t->pods)
		live_pods_start(t);
	live_one_less(t);
}

void live_take_tickets(struct facts_live *live)
{
	pthread_mutex_lock(&live->lock);
	struct ticket *incoming = live->incoming;
	live->incoming = NULL;
	pthread_mutex_unlock(&live->lock);
	while (incoming) {
		struct ticket *next = incoming->next;
		start_ticket(live, incoming);
		incoming = next;
	}
}

int64_t live_next_deadline(const struct facts_live *live)
{
	int64_t first = INT64_MAX;

	for (const struct ticket *t = live->tickets; t; t = t->next)
		if (t->deadline < first)
			first = t->deadline;
	return first;
}

void live_end_overdue(struct facts_live *live)
{
	int64_t now = clock_mono_ns();

	for (struct ticket *t = live->tickets, *next; t; t = next) {
		next = t->next;
		if (t->deadline <= now)
			give_up(t);
	}
}

void live_end_all(struct facts_live *live)
{
	live_take_tickets(live);
	while (live->tickets)
		give_up(live->tickets);
	while (live->fetches) {
		struct fetch *fetch = live->fetches;
		live->fetches = fetch->next;
		kube_client_cancel(live->client, &fetch->call);
		free(fetch);
	}
}
