#include "kube/broadcaster.h"

#include "base/again.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define SEND_NS (5 * CLOCK_SECOND)
#define SAY_AGAIN_NS (600 * CLOCK_SECOND)

enum result { CREATED, UPDATED, REPEATED, FAILED, DROPPED, RESULTS };

struct kube_broadcaster {
	struct kube_client *client;
	const char *instance;
	const struct log *log;
	_Atomic uint64_t results[RESULTS];
	uint64_t salt; /* names of Events differ between replicas and runs */

	pthread_mutex_t lock; /* guards the next */
	struct correlator correlator;

	/* The thread's: */
	struct series sending; /* a copy */
	int index;             /* of it in the correlator */
	bool running;
	struct kube_call call;
	struct arena arena; /* of what is sent */
	char path[2 * KUBE_NAME_MAX + 96];
	int64_t said;
};

struct kube_broadcaster *kube_broadcaster_new(struct kube_client *client, const char *instance, const struct log *log)
{
	struct kube_broadcaster *b = calloc(1, sizeof(*b));

	if (!b)
		out_of_memory();
	b->client = client;
	b->instance = instance;
	b->log = log;
	b->salt = (uint64_t)clock_unix_ms() << 20;
	for (const char *p = instance; *p; p++)
		b->salt = (b->salt ^ (unsigned char)*p) * 1099511628211u;
	pthread_mutex_init(&b->lock, NULL);
	return b;
}

void kube_broadcaster_free(struct kube_broadcaster *b)
{
	if (!b)
		return;
	if (b->running)
		kube_client_cancel(b->client, &b->call);
	arena_release(&b->arena);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

static void tally(struct kube_broadcaster *b, enum result result)
{
	atomic_fetch_add_explicit(&b->results[result], 1, memory_order_relaxed);
}

void kube_broadcaster_post(struct kube_broadcaster *b, const struct happening *h)
{
	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	enum correlated got = correlator_add(&b->correlator, h, clock_mono_ns(), clock_unix_ms());
	pthread_mutex_unlock(&b->lock);
	if (got == CORRELATED_DROPPED)
		tally(b, DROPPED);
	if (got == CORRELATED_REPEATED)
		tally(b, REPEATED); /* its tick comes by itself: the first post has woken it */
	if (got == CORRELATED_NEW)
		kube_client_wake(b->client);
}

/* ---- what is written ---- */

static void write_series(struct json_writer *w, const struct series *s)
{
	char last[CLOCK_TEXT_SIZE];

	clock_print_micro(s->last_ms, last);
	json_write_open(w, '{');
	json_write_member_int(w, "count", s->count);
	json_write_member(w, "lastObservedTime", last);
	json_write_close(w, '}');
}

static void write_regarding(struct json_writer *w, const struct series *s)
{
	json_write_member_open(w, "regarding", '{');
	json_write_member(w, "apiVersion", s->api_version);
	json_write_member(w, "kind", s->kind);
	if (*s->namespace)
		json_write_member(w, "namespace", s->namespace);
	json_write_member(w, "name", s->name);
	if (*s->uid)
		json_write_member(w, "uid", s->uid);
	json_write_close(w, '}');
}

/* Events about what is in no namespace are in this one (ValidateEvent, as above). */
static const char *home_of(const struct series *s)
{
	return *s->namespace ? s->namespace : "default";
}

static const char *name_of(struct kube_broadcaster *b, const struct series *s)
{
	return arena_printf(&b->arena, "sparkgate.%016llx", (unsigned long long)((b->salt + s->number) * 0x9e3779b97f4a7c15u));
}

/* https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
static struct slice write_event(struct kube_broadcaster *b, const struct series *s)
{
	struct buf body = buf_in(&b->arena);
	struct json_writer w = json_writer(&body);
	char first[CLOCK_TEXT_SIZE];

	clock_print_micro(s->first_ms, first);
	json_write_open(&w, '{');
	json_write_member(&w, "apiVersion", "events.k8s.io/v1");
	json_write_member(&w, "kind", "Event");
	json_write_member_open(&w, "metadata", '{');
	json_write_member(&w, "name", name_of(b, s));
	json_write_member(&w, "namespace", home_of(s));
	json_write_close(&w, '}');
	json_write_member(&w, "eventTime", first);
	json_write_member(&w, "type", s->warning ? "Warning" : "Normal");
	json_write_member(&w, "reason", s->reason);
	json_write_member(&w, "action", s->action);
	json_write_member(&w, "note", s->note);
	json_write_member(&w, "reportingController", "sparkgate.io/sparkgate");
	json_write_member(&w, "reportingInstance", arena_printf(&b->arena, "%.*s", CORRELATOR_WORD_MAX, b->instance));
	write_regarding(&w, s);
	if (s->count > 1) { /* the API server wants at least two in a series */
		json_write_key(&w, SLICE_LIT("series"));
		write_series(&w, s);
	}
	json_write_close(&w, '}');
	return buf_slice(&body);
}

static struct slice write_update(struct kube_broadcaster *b, const struct series *s)
{
	struct buf body = buf_in(&b->arena);
	struct json_writer w = json_writer(&body);

	json_write_open(&w, '[');
	json_write_open(&w, '{');
	json_write_member(&w, "op", "add"); /* replaces what is there: RFC 6902, 4.1 */
	json_write_member(&w, "path", "/series");
	json_write_key(&w, SLICE_LIT("value"));
	write_series(&w, s);
	json_write_close(&w, '}');
	json_write_close(&w, ']');
	return buf_slice(&body);
}

/* ---- sending ---- */

static void say(struct kube_broadcaster *b, const struct err *err)
{
	struct log_line line;

	if (!again_say(&b->said, SAY_AGAIN_NS))
		return;
	log_open(&line, b->log, LOG_WARN, "Events about workloads are not accepted");
	log_text(&line, "namespace", home_of(&b->sending));
	log_text(&line, "error", err->text);
	log_close(&line);
}

static void start(struct kube_broadcaster *b, enum kube_method method, struct slice send, void (*done)(struct kube_call *))
{
	b->call = (struct kube_call){.method = method, .path = b->path, .send = send,
				     .deadline = clock_mono_ns() + SEND_NS, .max = LIMIT_BODY_BYTES, .done = done,
				     .closure = b};
	b->running = true;
	kube_client_start(b->client, &b->call);
}

/* The name of an Event is its own: one that is there already is that of a try whose answer was lost. */
static enum correlator_outcome outcome_of(const struct kube_call *call)
{
	bool update = call->method == KUBE_PATCH;

	if (!call->failed || (!update && call->status == 409))
		return CORRELATOR_TAKEN;
	if (update && call->status == 404)
		return CORRELATOR_GONE;
	return call->status == 0 || call->status == 429 || call->status >= 500 ? CORRELATOR_LOST : CORRELATOR_REFUSED;
}

static void on_sent(struct kube_call *call)
{
	struct kube_broadcaster *b = call->closure;
	enum correlator_outcome outcome = outcome_of(call);

	b->running = false;
	if (outcome == CORRELATOR_TAKEN)
		tally(b, call->method == KUBE_PATCH ? UPDATED : CREATED);
	else if (outcome != CORRELATOR_GONE) {
		tally(b, FAILED);
		say(b, &call->err);
	}
	kube_call_release(call);
	arena_release(&b->arena);
	pthread_mutex_lock(&b->lock);
	correlator_sent(&b->correlator, b->index, outcome, clock_mono_ns());
	pthread_mutex_unlock(&b->lock);
}

static void create(struct kube_broadcaster *b)
{
	snprintf(b->path, sizeof(b->path), "/apis/events.k8s.io/v1/namespaces/%s/events", home_of(&b->sending));
	start(b, KUBE_POST, write_event(b, &b->sending), on_sent);
}

static void update(struct kube_broadcaster *b)
{
	snprintf(b->path, sizeof(b->path), "/apis/events.k8s.io/v1/namespaces/%s/events/%s", home_of(&b->sending),
		 name_of(b, &b->sending));
	start(b, KUBE_PATCH, write_update(b, &b->sending), on_sent);
}

static bool take_word(char *to, size_t size, const struct json *value)
{
	const char *text = json_text(value, "");

	if (!*text || strlen(text) >= size)
		return false;
	memcpy(to, text, strlen(text) + 1);
	return true;
}

/* The Event moves from the ReplicaSet to the Deployment that made it, where it is that very ReplicaSet. */
static void move_up(struct series *s, const struct json *replica_set)
{
	const struct json *metadata = json_get(replica_set, "metadata");
	struct series up = *s;

	if (strcmp(json_text(json_get(metadata, "uid"), ""), s->uid) != 0)
		return;
	JSON_EACH(owner, json_get(metadata, "ownerReferences")) {
		if (!json_bool(json_get(owner, "controller"), false) || !kube_name_ok(json_text(json_get(owner, "name"), "")))
			continue;
		if (take_word(up.api_version, sizeof(up.api_version), json_get(owner, "apiVersion")) &&
		    take_word(up.kind, sizeof(up.kind), json_get(owner, "kind")) &&
		    take_word(up.name, sizeof(up.name), json_get(owner, "name")) &&
		    take_word(up.uid, sizeof(up.uid), json_get(owner, "uid")))
			*s = up;
	}
}

static void on_replica_set(struct kube_call *call)
{
	struct kube_broadcaster *b = call->closure;
	struct err ignored = {""};
	const struct json *root;

	b->running = false;
	if (!call->failed && json_parse(&b->arena, kube_call_text(call), &root, &ignored) == 0)
		move_up(&b->sending, root);
	kube_call_release(call);
	create(b);
}

static void look_up(struct kube_broadcaster *b)
{
	snprintf(b->path, sizeof(b->path), "/apis/apps/v1/namespaces/%s/replicasets/%s", b->sending.namespace,
		 b->sending.name);
	start(b, KUBE_GET, (struct slice){"", 0}, on_replica_set);
}

int64_t kube_broadcaster_tick(struct kube_broadcaster *b)
{
	int64_t again = INT64_MAX;

	if (b->running)
		return INT64_MAX; /* its end makes a round */
	pthread_mutex_lock(&b->lock);
	b->index = correlator_next(&b->correlator, clock_mono_ns(), &again);
	if (b->index >= 0)
		b->sending = b->correlator.series[b->index];
	pthread_mutex_unlock(&b->lock);
	if (b->index < 0)
		return again;
	if (b->sending.created)
		update(b);
	else if (b->sending.template_hash)
		look_up(b);
	else
		create(b);
	return INT64_MAX;
}

void kube_broadcaster_metrics(struct kube_broadcaster *b, struct buf *out)
{
	static const char *const names[RESULTS] = {"created", "updated", "repeated", "failed", "dropped"};

	buf_adds(out, "# HELP sparkgate_workload_events_total Kubernetes Events about workloads: requests to the API server by what "
		      "became of them, what was counted into an Event that is there, what was not told.\n"
		      "# TYPE sparkgate_workload_events_total counter\n");
	for (unsigned i = 0; i < RESULTS; i++)
		buf_printf(out, "sparkgate_workload_events_total{result=\"%s\"} %llu\n", names[i],
			   (unsigned long long)atomic_load(&b->results[i]));
}
