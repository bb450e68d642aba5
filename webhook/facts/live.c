#include "facts/live_state.h"

#include "base/again.h"
#include "base/thread.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* Trouble with the watch is logged at most this often. */
#define SAY_AGAIN_NS (60 * CLOCK_SECOND)

/* How often staleness is checked. */
#define ROUND_NS (5 * CLOCK_SECOND)

/* ---- what the watch says ---- */

static void on_begun(void *closure)
{
	struct facts_live *live = closure;

	pthread_mutex_lock(&live->lock);
	namespaces_begin(live->namespaces);
	pthread_mutex_unlock(&live->lock);
}

static void on_present(void *closure, const struct json *object)
{
	struct facts_live *live = closure;

	pthread_mutex_lock(&live->lock);
	namespaces_put(live->namespaces, object);
	pthread_mutex_unlock(&live->lock);
}

static void on_gone(void *closure, const struct json *object)
{
	struct facts_live *live = closure;

	pthread_mutex_lock(&live->lock);
	namespaces_remove(live->namespaces, json_text(json_get(json_get(object, "metadata"), "name"), ""));
	pthread_mutex_unlock(&live->lock);
}

static void on_listed(void *closure)
{
	struct facts_live *live = closure;
	struct log_line line;

	pthread_mutex_lock(&live->lock);
	namespaces_sweep(live->namespaces);
	size_t count = namespaces_count(live->namespaces);
	pthread_mutex_unlock(&live->lock);
	atomic_store(&live->listed, true);
	live->said_trouble = 0;
	log_open(&line, live->log, LOG_INFO, "namespaces listed");
	log_int(&line, "namespaces", (int64_t)count);
	log_close(&line);
}

static void on_trouble(void *closure, const struct err *why)
{
	struct facts_live *live = closure;
	struct log_line line;

	if (!again_say(&live->said_trouble, SAY_AGAIN_NS))
		return;
	log_open(&line, live->log, LOG_WARN, "trouble with the API server, the facts stay as they are");
	log_text(&line, "error", why->text);
	log_close(&line);
}

/* ---- the thread ---- */

static void say_stale(struct facts_live *live)
{
	struct facts_live_state state = facts_live_state(live);
	struct log_line line;

	if (state.stale == live->said_stale)
		return;
	live->said_stale = state.stale;
	log_open(&line, live->log, state.stale ? LOG_WARN : LOG_INFO,
		 state.stale ? "the facts are stale: the API server says nothing" : "the facts are fresh again");
	log_int(&line, "age_seconds", state.age / CLOCK_SECOND);
	log_close(&line);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Do what is due; returns when something is due next. */
static int64_t tick(struct facts_live *live)
{
	int64_t until = earlier(clock_mono_ns() + ROUND_NS, kube_watch_tick(live->watch));

	for (size_t i = 0; i < live->work_count; i++)
		until = earlier(until, live->work[i].tick(live->work[i].closure));
	live_take_tickets(live);
	return earlier(until, live_next_deadline(live));
}

static void *run(void *closure)
{
	struct facts_live *live = closure;

	while (!atomic_load(&live->stopping)) {
		kube_client_poll(live->client, tick(live));
		live_end_overdue(live);
		say_stale(live);
	}
	pthread_mutex_lock(&live->lock);
	live->closed = true;
	pthread_mutex_unlock(&live->lock);
	live_end_all(live);
	return NULL;
}

/* ---- open, stop, close ---- */

static bool ready(struct facts_source *source, char *why, size_t size)
{
	struct facts_live *live = (struct facts_live *)source;
	bool listed = atomic_load(&live->listed);

	snprintf(why, size, "%s", listed ? "" : "the namespaces have not been listed yet, see the log");
	return listed;
}

static const struct facts_source_class live_class = {.get = live_get, .put = live_put, .ready = ready,
						     .abandon = live_abandon, .metrics = live_metrics};

struct facts_live *facts_live_new(const struct kube_config *config, const struct log *log, const char *user_agent,
				  int64_t stale_after)
{
	struct facts_live *live = calloc(1, sizeof(*live));

	if (!live)
		out_of_memory();
	live->source = (struct facts_source){&live_class};
	live->log = log;
	live->stale_after = stale_after;
	pthread_mutex_init(&live->lock, NULL);
	live->namespaces = namespaces_new();
	live->client = kube_client_new(config, user_agent);
	live->watch = kube_watch_new(live->client, "/api/v1/namespaces",
				     &(struct kube_watch_handler){on_begun, on_present, on_gone, on_listed, on_trouble,
								  live});
	return live;
}

void facts_live_add(struct facts_live *live, int64_t (*tick_work)(void *closure), void *closure)
{
	assert(live->work_count < LIVE_WORK_MAX && !live->started);
	live->work[live->work_count++] = (struct live_work){tick_work, closure};
}

struct kube_client *facts_live_client(struct facts_live *live)
{
	return live->client;
}

int facts_live_start(struct facts_live *live, struct err *err)
{
	if (thread_start(&live->thread, run, live, err) < 0)
		return err_wrap(err, "following the namespaces");
	live->started = true;
	return 0;
}

void facts_live_stop(struct facts_live *live)
{
	if (!live || !live->started)
		return;
	atomic_store(&live->stopping, true);
	kube_client_wake(live->client);
	pthread_join(live->thread, NULL);
	live->started = false;
}

void facts_live_close(struct facts_live *live)
{
	if (!live)
		return;
	facts_live_stop(live);
	kube_watch_free(live->watch);
	kube_client_free(live->client);
	namespaces_free(live->namespaces);
	pthread_mutex_destroy(&live->lock);
	free(live);
}

struct facts_source *facts_live_source(struct facts_live *live)
{
	return &live->source;
}

struct facts_live_state facts_live_state(struct facts_live *live)
{
	int64_t heard = kube_watch_figures(live->watch).heard;
	struct facts_live_state state = {.listed = atomic_load(&live->listed), .age = -1};

	pthread_mutex_lock(&live->lock);
	state.namespaces = namespaces_count(live->namespaces);
	pthread_mutex_unlock(&live->lock);
	if (heard != 0)
		state.age = clock_mono_ns() - heard;
	state.stale = state.age > live->stale_after;
	return state;
}
