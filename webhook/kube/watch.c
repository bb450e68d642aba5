#include "kube/watch.h"

#include "base/limits.h"
#include "kube/events.h"
#include "kube/query.h"
#include "kube/status.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* After how long the API server ends a watch; each asks for a different time, so that replicas do not reconnect at once
 * (client-go: 5 to 10 minutes). */
#define WATCH_SECONDS 300

#define VERSION_MAX 128
#define TOKEN_MAX 4096
/* A path of the program's own holds two names (KUBE_NAME_MAX) at most. */
#define PATH_MAX_BYTES (3 * TOKEN_MAX + 2048)

enum step { STEP_LIST, STEP_WATCH };

struct kube_watch {
	struct kube_client *client;
	const char *path;
	struct kube_watch_handler handler;
	struct kube_call call;
	bool running;
	enum step step;
	int64_t due;
	unsigned failures; /* in a row */
	unsigned page;     /* objects asked for at once */
	bool relist, gone; /* the stream cannot go on; because its version is too old (410) */
	char version[VERSION_MAX];
	char token[TOKEN_MAX]; /* of the next page; "" = the first */
	char url[PATH_MAX_BYTES];
	struct kube_events events;
	_Atomic int64_t heard;
	_Atomic uint64_t lists, restarts;
};

static bool on_event(void *closure, enum kube_event event, const struct json *object);

struct kube_watch *kube_watch_new(struct kube_client *client, const char *path,
				  const struct kube_watch_handler *handler)
{
	struct kube_watch *w = calloc(1, sizeof(*w));

	if (!w)
		out_of_memory();
	w->client = client;
	w->path = path;
	w->handler = *handler;
	w->page = WATCH_PAGE;
	w->events = kube_events_of(on_event, w);
	return w;
}

void kube_watch_free(struct kube_watch *w)
{
	if (!w)
		return;
	if (w->running)
		kube_client_cancel(w->client, &w->call);
	kube_events_end(&w->events);
	free(w);
}

struct kube_watch_figures kube_watch_figures(const struct kube_watch *w)
{
	return (struct kube_watch_figures){atomic_load(&w->heard), atomic_load(&w->lists), atomic_load(&w->restarts)};
}

/* ---- what comes next, and when ---- */

static void go_on(struct kube_watch *w, enum step step)
{
	w->step = step;
	w->due = 0;
	w->failures = 0;
}

static void try_again(struct kube_watch *w, enum step step, const struct err *why)
{
	int64_t pause = WATCH_PAUSE_NS << (w->failures < 6 ? w->failures : 6);

	w->handler.trouble(w->handler.closure, why);
	w->step = step;
	w->failures++;
	pause = kube_jitter(pause < WATCH_PAUSE_MAX_NS ? pause : WATCH_PAUSE_MAX_NS);
	w->due = clock_mono_ns() + (pause > w->call.retry_after ? pause : w->call.retry_after);
}

static bool copy(char *to, size_t size, const char *text)
{
	int n = snprintf(to, size, "%s", text);

	return n >= 0 && (size_t)n < size;
}

/* ---- list ---- */

static void add_escaped(struct kube_watch *w, const char *text)
{
	size_t len = strlen(w->url);

	if (kube_query_escape(w->url + len, sizeof(w->url) - len, text) < 0)
		abort(); /* PATH_MAX_BYTES has room for the longest */
}

static void fewer(struct kube_watch *w)
{
	w->page = w->page > 10 ? w->page / 10 : 1;
}

static bool take_page(struct kube_watch *w, const struct json *list)
{
	const struct json *metadata = json_get(list, "metadata");

	if (json_type(json_get(list, "items")) != JSON_ARRAY && json_has(list, "items") && json_get(list, "items"))
		return false;
	if (!slice_ends(slice_of(json_text(json_get(list, "kind"), "")), "List") ||
	    !copy(w->version, sizeof(w->version), json_text(json_get(metadata, "resourceVersion"), "")) ||
	    !copy(w->token, sizeof(w->token), json_text(json_get(metadata, "continue"), "")) || !w->version[0])
		return false;
	JSON_EACH(item, json_get(list, "items"))
		w->handler.present(w->handler.closure, item);
	return true;
}

static void list_failed(struct kube_watch *w)
{
	/* Too large for us (status 200), or a page whose moment has passed: from the first page again. */
	if (w->call.status == 200)
		fewer(w);
	w->token[0] = '\0';
	try_again(w, STEP_LIST, &w->call.err);
}

static void list_done(struct kube_call *call)
{
	struct kube_watch *w = call->closure;
	struct arena arena = ARENA_SECRET; /* the list may be of Secrets */
	const struct json *list;

	w->running = false;
	if (!call->failed && json_parse_served(&arena, kube_call_text(call),
					       LIMIT_JSON_NODES, &list, &call->err) < 0) {
		call->failed = true;
		err_wrap(&call->err, "list");
	} else if (!call->failed && !take_page(w, list)) {
		call->failed = true;
		err_set(&call->err, "list: the answer is not a list with a resourceVersion");
	}
	arena_release(&arena);
	kube_call_release(call);
	if (call->failed) {
		list_failed(w);
		return;
	}
	if (w->token[0]) {
		w->due = 0;
		return;
	}
	atomic_store(&w->heard, clock_mono_ns()); /* whole: pages of a list that never ends tell nothing new */
	atomic_fetch_add(&w->lists, 1);
	w->page = WATCH_PAGE;
	w->handler.listed(w->handler.closure);
	w->step = STEP_WATCH; /* failures stay: a list followed by a watch that fails, for ever, must slow down */
	w->due = 0;
}

/* The separator between the path, which may have a query, and further parameters. */
static char joint(const struct kube_watch *w)
{
	return strchr(w->path, '?') ? '&' : '?';
}

static void start_list(struct kube_watch *w)
{
	if (!w->token[0])
		w->handler.begun(w->handler.closure);
	snprintf(w->url, sizeof(w->url), "%s%climit=%u", w->path, joint(w), w->page);
	if (w->token[0]) {
		size_t len = strlen(w->url);
		snprintf(w->url + len, sizeof(w->url) - len, "&continue=");
		add_escaped(w, w->token);
	}
	w->call = (struct kube_call){.path = w->url, .deadline = clock_mono_ns() + WATCH_LIST_NS,
				     .max = LIMIT_FILE_BYTES, .done = list_done, .closure = w};
}

/* ---- watch ---- */

static bool on_event(void *closure, enum kube_event event, const struct json *object)
{
	struct kube_watch *w = closure;
	const char *version = json_text(json_get(json_get(object, "metadata"), "resourceVersion"), "");

	atomic_store(&w->heard, clock_mono_ns());
	if (event == KUBE_ERROR) {
		struct arena arena = ARENA_INIT;
		w->relist = true;
		w->gone = kube_status_code(object) == 410;
		kube_status_error(kube_status_code(object), json_print(&arena, object), &w->call.err);
		arena_release(&arena);
		return false;
	}
	if (!version[0] || !copy(w->version, sizeof(w->version), version)) {
		w->relist = true;
		err_set(&w->call.err, "an event without a resourceVersion");
		return false;
	}
	w->failures = 0;
	if (event == KUBE_DELETED)
		w->handler.gone(w->handler.closure, object);
	else if (event != KUBE_BOOKMARK)
		w->handler.present(w->handler.closure, object);
	return true;
}

static bool watch_take(struct kube_call *call, struct slice piece)
{
	struct kube_watch *w = call->closure;

	if (kube_events_take(&w->events, piece, &call->err) == 0)
		return true;
	w->relist = true;
	return false;
}

static void watch_done(struct kube_call *call)
{
	struct kube_watch *w = call->closure;
	bool gone = w->gone || call->status == 410, relist = w->relist || gone;

	w->running = false;
	atomic_fetch_add(&w->restarts, 1);
	kube_events_end(&w->events);
	kube_call_release(call);
	if (relist)
		w->token[0] = '\0';
	if (call->failed)
		err_wrap(&call->err, "watch");
	else if (clock_mono_ns() - w->due < CLOCK_SECOND)
		err_set(&call->err, "watch: the API server ended it at once"); /* not in a tight loop */
	if (gone && w->failures == 0) {
		go_on(w, STEP_LIST); /* not a failure: that much has changed meanwhile */
		w->failures = 1;     /* the second time in a row it is */
		w->due = clock_mono_ns() + kube_jitter(WATCH_PAUSE_NS);
	} else if (call->err.text[0]) {
		try_again(w, relist ? STEP_LIST : STEP_WATCH, &call->err);
	} else {
		go_on(w, STEP_WATCH);
	}
}

static void start_watch(struct kube_watch *w)
{
	int64_t seconds = kube_jitter(WATCH_SECONDS * CLOCK_SECOND) / CLOCK_SECOND;

	w->relist = w->gone = false;
	w->due = clock_mono_ns();
	snprintf(w->url, sizeof(w->url), "%s%cwatch=true&allowWatchBookmarks=true&timeoutSeconds=%d&resourceVersion=",
		 w->path, joint(w), (int)seconds);
	add_escaped(w, w->version);
	w->call = (struct kube_call){.path = w->url, .silence = WATCH_SILENCE_NS, .max = LIMIT_BODY_BYTES,
				     .deadline = w->due + (seconds + 30) * CLOCK_SECOND, .take = watch_take,
				     .done = watch_done, .closure = w};
}

int64_t kube_watch_tick(struct kube_watch *w)
{
	int64_t now = clock_mono_ns();

	if (w->running)
		return now + WATCH_LIST_NS;
	if (now < w->due)
		return w->due;
	if (w->step == STEP_LIST)
		start_list(w);
	else
		start_watch(w);
	w->running = true;
	kube_client_start(w->client, &w->call);
	return now + WATCH_LIST_NS;
}
