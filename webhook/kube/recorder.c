#include "kube/recorder.h"

#include "base/again.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define SEND_NS (5 * CLOCK_SECOND)
#define SAY_AGAIN_NS (60 * CLOCK_SECOND)

struct event {
	enum recorder_type type;
	char reason[RECORDER_WORD_MAX + 1], action[RECORDER_WORD_MAX + 1], note[RECORDER_NOTE_MAX + 1];
	int64_t unix_ms;
	int64_t at; /* monotonic */
};

enum result { SENT, FAILED, DROPPED, REPEATED, RESULTS };

struct kube_recorder {
	struct kube_client *client;
	const struct kube_identity *me;
	const struct log *log;
	char path[KUBE_NAME_MAX + 64];
	_Atomic uint64_t results[RESULTS];

	pthread_mutex_t lock; /* guards the next four */
	struct event queue[RECORDER_QUEUE];
	size_t first, count;
	struct event seen[RECORDER_MEMORY]; /* a ring; at 0 = empty */
	size_t seen_next;

	/* The thread's: */
	struct kube_call call;
	struct arena arena; /* of what is sent */
	bool running;
	int64_t spent; /* the moment up to which sending is paid for: a bucket as in GCRA */
	int64_t said;
};

struct kube_recorder *kube_recorder_new(struct kube_client *client, const struct kube_identity *me,
					const struct log *log)
{
	struct kube_recorder *r = calloc(1, sizeof(*r));

	if (!r)
		out_of_memory();
	r->client = client;
	r->me = me;
	r->log = log;
	snprintf(r->path, sizeof(r->path), "/apis/events.k8s.io/v1/namespaces/%s/events", me->namespace);
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

void kube_recorder_free(struct kube_recorder *r)
{
	if (!r)
		return;
	if (r->running)
		kube_client_cancel(r->client, &r->call);
	arena_release(&r->arena);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* ---- posting ---- */

/* Cut at the limit, not within a character. */
static void copy_note(char to[RECORDER_NOTE_MAX + 1], const char *note)
{
	struct slice whole = slice_of(note);

	if (whole.len <= RECORDER_NOTE_MAX)
		memcpy(to, note, whole.len + 1);
	else
		snprintf(to, RECORDER_NOTE_MAX + 1, "%.*s...", (int)utf8_cut(whole, RECORDER_NOTE_MAX - 3), note);
}

static bool was_seen(struct kube_recorder *r, const struct event *e)
{
	for (size_t i = 0; i < RECORDER_MEMORY; i++) {
		const struct event *s = &r->seen[i];
		if (s->at != 0 && e->at - s->at < RECORDER_AGAIN_NS && strcmp(s->reason, e->reason) == 0 &&
		    strcmp(s->note, e->note) == 0)
			return true;
	}
	r->seen[r->seen_next] = *e;
	r->seen_next = (r->seen_next + 1) % RECORDER_MEMORY;
	return false;
}

static enum result enqueue(struct kube_recorder *r, const struct event *e)
{
	if (r->count == RECORDER_QUEUE)
		return DROPPED;
	if (was_seen(r, e))
		return REPEATED;
	r->queue[(r->first + r->count++) % RECORDER_QUEUE] = *e;
	return SENT;
}

void kube_recorder_post(struct kube_recorder *r, enum recorder_type type, const char *reason, const char *action,
			const char *note)
{
	struct event e = {.type = type, .unix_ms = clock_unix_ms(), .at = clock_mono_ns()};

	if (!r)
		return;
	snprintf(e.reason, sizeof(e.reason), "%s", reason);
	snprintf(e.action, sizeof(e.action), "%s", action);
	copy_note(e.note, note);
	pthread_mutex_lock(&r->lock);
	enum result result = enqueue(r, &e);
	pthread_mutex_unlock(&r->lock);
	if (result != SENT)
		atomic_fetch_add(&r->results[result], 1);
	else
		kube_client_wake(r->client);
}

/* ---- sending ---- */

static void write_regarding(struct json_writer *w, const struct kube_identity *me)
{
	json_write_key(w, SLICE_LIT("regarding"));
	json_write_open(w, '{');
	json_write_member(w, "apiVersion", "v1");
	json_write_member(w, "kind", "Pod");
	json_write_member(w, "namespace", me->namespace);
	json_write_member(w, "name", me->pod);
	if (me->uid)
		json_write_member(w, "uid", me->uid);
	json_write_close(w, '}');
}

/* The body of the POST: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
static struct slice write_event(struct kube_recorder *r, const struct event *e)
{
	struct buf body = buf_in(&r->arena);
	struct json_writer w = json_writer(&body);
	char moment[CLOCK_TEXT_SIZE];

	clock_print_micro(e->unix_ms, moment);
	json_write_open(&w, '{');
	json_write_member(&w, "apiVersion", "events.k8s.io/v1");
	json_write_member(&w, "kind", "Event");
	json_write_key(&w, SLICE_LIT("metadata"));
	json_write_open(&w, '{');
	json_write_member(&w, "generateName", "sparkgate-");
	json_write_member(&w, "namespace", r->me->namespace);
	json_write_close(&w, '}');
	json_write_member(&w, "eventTime", moment);
	json_write_member(&w, "type", e->type == RECORDER_WARNING ? "Warning" : "Normal");
	json_write_member(&w, "reason", e->reason);
	json_write_member(&w, "action", e->action);
	json_write_member(&w, "note", e->note);
	json_write_member(&w, "reportingController", "sparkgate.io/sparkgate");
	json_write_member(&w, "reportingInstance", arena_printf(&r->arena, "%.*s", RECORDER_WORD_MAX, r->me->pod));
	write_regarding(&w, r->me);
	json_write_close(&w, '}');
	return buf_slice(&body);
}

static void on_sent(struct kube_call *call)
{
	struct kube_recorder *r = call->closure;
	struct log_line line;

	r->running = false;
	atomic_fetch_add(&r->results[call->failed ? FAILED : SENT], 1);
	if (call->failed && again_say(&r->said, SAY_AGAIN_NS)) {
		log_open(&line, r->log, LOG_WARN, "an Event was not accepted");
		log_text(&line, "error", call->err.text);
		log_close(&line);
	}
	kube_call_release(call);
	arena_release(&r->arena);
}

static bool take(struct kube_recorder *r, struct event *ret)
{
	pthread_mutex_lock(&r->lock);
	bool some = r->count > 0;
	if (some) {
		*ret = r->queue[r->first];
		r->first = (r->first + 1) % RECORDER_QUEUE;
		r->count--;
	}
	pthread_mutex_unlock(&r->lock);
	return some;
}

int64_t kube_recorder_tick(struct kube_recorder *r)
{
	const int64_t ahead = (RECORDER_BURST - 1) * RECORDER_EVERY_NS;
	int64_t now = clock_mono_ns();
	struct event e;

	if (r->running)
		return INT64_MAX; /* its end makes a round */
	if (r->spent > now + ahead)
		return r->spent - ahead;
	if (!take(r, &e))
		return INT64_MAX;
	r->spent = (r->spent > now ? r->spent : now) + RECORDER_EVERY_NS;
	r->call = (struct kube_call){.method = KUBE_POST, .path = r->path, .send = write_event(r, &e),
				     .deadline = now + SEND_NS, .max = LIMIT_BODY_BYTES, .done = on_sent, .closure = r};
	r->running = true;
	kube_client_start(r->client, &r->call);
	return INT64_MAX;
}

void kube_recorder_metrics(struct kube_recorder *r, struct buf *out)
{
	static const char *const names[RESULTS] = {"sent", "failed", "dropped", "repeated"};

	buf_adds(out, "# HELP sparkgate_events_total Kubernetes Events about ourselves, by what became of them.\n"
		      "# TYPE sparkgate_events_total counter\n");
	for (unsigned i = 0; i < RESULTS; i++)
		buf_printf(out, "sparkgate_events_total{result=\"%s\"} %llu\n", names[i],
			   (unsigned long long)atomic_load(&r->results[i]));
}
