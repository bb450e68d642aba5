/*
 * The pods of a namespace, for the guard: a paged list, of which only the pods that a decision wants are kept, and
 * of those only what it reads. Memory is one page while it is read, and LIVE_PODS_BYTES.
 */
#include "facts/live_state.h"

#include "base/json_write.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE 100
/* A page larger than this, or with more values, ends the search. */
#define PAGE_BYTES (8u << 20)
#define PAGE_NODES 400000

/* ---- the workers' side ---- */

struct pods_list *live_pods_new(struct facts_live *live, const char *namespace, const struct policy *policy)
{
	struct pods_list *pods = calloc(1, sizeof(*pods));

	if (!pods)
		out_of_memory();
	pods->live = live;
	atomic_fetch_add(&live->listing, 1);
	pods->policy = policy_ref(policy);
	snprintf(pods->path, sizeof(pods->path), "/api/v1/namespaces/%s/pods?limit=%d", namespace, PAGE);
	return pods;
}

void live_pods_free(struct pods_list *pods)
{
	if (!pods)
		return;
	atomic_fetch_sub(&pods->live->listing, 1);
	policy_unref(pods->policy);
	free(pods->text);
	free(pods);
}

void live_pods_fill(const struct pods_list *pods, struct arena *a, struct pods_seen *ret)
{
	struct buf text = buf_in(a);
	struct err ignored = {""};

	*ret = pods->seen;
	ret->asked = true;
	buf_addc(&text, '[');
	buf_add(&text, (struct slice){pods->text ? pods->text : "", pods->len});
	buf_addc(&text, ']');
	if (ret->known && json_parse_limited(a, buf_slice(&text), PAGE_NODES, &ret->list, &ignored) < 0)
		ret->known = false;
}

/* ---- the thread's side ---- */

static bool keep(struct pods_list *pods, struct slice text)
{
	size_t need = pods->len + text.len + 1, cap = pods->cap ? pods->cap : 64 * 1024;

	if (need > LIVE_PODS_BYTES)
		return false;
	while (cap < need)
		cap *= 2;
	if (cap != pods->cap) {
		char *grown = realloc(pods->text, cap);
		if (!grown)
			out_of_memory();
		pods->text = grown;
		pods->cap = cap;
	}
	if (pods->kept++ > 0)
		pods->text[pods->len++] = ',';
	memcpy(pods->text + pods->len, text.ptr, text.len);
	pods->len += text.len;
	return true;
}

/* metadata without what the API server keeps for others, and spec. */
static struct slice trimmed(struct arena *a, const struct json *pod)
{
	static const char *const fields[] = {"name", "namespace", "labels", "annotations", "ownerReferences"};
	const struct json *metadata = json_get(pod, "metadata");
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '{');
	json_write_key(&w, SLICE_LIT("metadata"));
	json_write_open(&w, '{');
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		const struct json *value = json_get(metadata, fields[i]);
		if (!value)
			continue;
		json_write_key(&w, slice_of(fields[i]));
		json_write_raw(&w, json_print(a, value));
	}
	json_write_close(&w, '}');
	json_write_key(&w, SLICE_LIT("spec"));
	json_write_raw(&w, json_print(a, json_get(pod, "spec")));
	json_write_close(&w, '}');
	return buf_slice(&out);
}

/* false: no more pods are looked at. */
static bool take_pod(struct pods_list *pods, const struct json *pod)
{
	struct arena a = ARENA_INIT;
	bool go_on = pods->seen.looked_at < LIVE_PODS_MAX;

	if (go_on && json_get(pod, "spec") && engine_wants_pod(pods->policy, &a, pod))
		go_on = keep(pods, trimmed(&a, pod));
	arena_release(&a);
	if (go_on)
		pods->seen.looked_at++;
	return go_on;
}

static void done(struct kube_call *call);

static void ask(struct ticket *t)
{
	struct pods_list *pods = t->pods;

	pods->call = (struct kube_call){
		.path = pods->path, .deadline = t->deadline, .max = PAGE_BYTES, .done = done, .closure = t};
	pods->running = true;
	kube_client_start(t->live->client, &pods->call);
}

/* The next page; false: there is none, or its token is not one that we would send. */
static bool turn_page(struct pods_list *pods, const struct json *list)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	const char *token = json_text(json_get(json_get(list, "metadata"), "continue"), "");
	char *query = strstr(pods->path, "&continue=");
	size_t len = strlen(token), room;

	if (len == 0 || strspn(token, plain) != len) /* base64 for URLs, without padding */
		return false;
	if (query)
		*query = '\0';
	room = sizeof(pods->path) - strlen(pods->path);
	return (size_t)snprintf(pods->path + strlen(pods->path), room, "&continue=%s", token) < room;
}

/* A page came: true if the next one is worth asking for. */
static bool take_page(struct pods_list *pods, const struct json *list)
{
	int64_t remaining = 0;
	bool go_on = true;
	size_t before = pods->seen.looked_at, on_page = json_count(json_get(list, "items"));

	JSON_EACH(pod, json_get(list, "items"))
		if (go_on)
			go_on = take_pod(pods, pod);
	if (json_int(json_get(json_get(list, "metadata"), "remainingItemCount"), &remaining) < 0 || remaining < 0)
		remaining = 0;
	pods->seen.total = before + on_page + (size_t)remaining;
	pods->seen.known = true;
	return go_on && turn_page(pods, list);
}

static void done(struct kube_call *call)
{
	struct ticket *t = call->closure;
	struct arena a = ARENA_INIT;
	struct err ignored = {""};
	const struct json *list;
	enum live_result result = live_result_of(call);
	bool more = false;

	t->pods->running = false;
	if (result == LIVE_FOUND && json_parse_served(&a, kube_call_text(call),
						      PAGE_NODES, &list, &ignored) == 0)
		more = take_page(t->pods, list);
	else if (result == LIVE_FOUND)
		result = LIVE_FAILED;
	live_count(t->live, LIVE_PODS, result);
	kube_call_release(call);
	arena_release(&a);
	if (more)
		ask(t);
	else
		live_one_less(t);
}

void live_pods_start(struct ticket *t)
{
	t->open++;
	ask(t);
}

void live_pods_stop(struct ticket *t)
{
	if (!t->pods || !t->pods->running)
		return;
	kube_client_cancel(t->live->client, &t->pods->call);
	t->pods->running = false;
	live_count(t->live, LIVE_PODS, LIVE_LATE);
}
