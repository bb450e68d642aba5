/* Requests: all of them pass through here, which keeps the record ours and is patient with an API server in trouble. */
#include "kube/status.h"
#include "switch/steps.h"

#include <stdarg.h>
#include <stdio.h>

#define TRIES 3
#define RENEW_NS (10 * CLOCK_SECOND)
#define BACKOFF_NS CLOCK_SECOND
#define BACKOFF_MAX_NS (10 * CLOCK_SECOND) /* with Retry-After of at most 30 s a record is renewed before it is stale */

void switch_say(struct switch_turn *turn, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	turn->say(turn->closure, text);
}

int64_t switch_now(const struct switch_turn *turn)
{
	int64_t now = kube_client_now(turn->client);

	return now > 0 ? now : clock_unix();
}

/* ---- patience ---- */

static const char *dry_path(struct arena *a, const struct switch_turn *turn, enum kube_method method, const char *path)
{
	if (!turn->dry_run || method == KUBE_GET || strchr(path, '?'))
		return path;
	return arena_join(a, path, "?dryRun=All");
}

/* Worth another try: no answer, a credential that has just become stale, an API server that is overloaded or starting. */
static bool is_passing(int status, int tries)
{
	return status == 0 || status == 429 || status >= 500 || (status == 401 && tries == 1);
}

/* 429 and 503 ask for patience. Whether anything else will pass is unknown: it is waited for only where we have written
 * something that is to be finished or put back. */
static bool is_patient(const struct switch_turn *turn, int status)
{
	return clock_mono_ns() < turn->deadline && (turn->held || status == 429 || status == 503);
}

static void rest(struct switch_turn *turn, int64_t ns)
{
	int64_t until = clock_mono_ns() + ns;

	while (!*turn->stop && clock_mono_ns() < until)
		kube_client_poll(turn->client, until);
}

int switch_hold(struct switch_turn *turn, struct err *err)
{
	if (!turn->held || clock_mono_ns() - turn->renewed < RENEW_NS)
		return 0;
	return switch_record_store(turn, err);
}

/* Asked before each try: even a write that is tried for minutes is sent only by the holder of the record. */
static int may_send(struct switch_turn *turn, enum kube_method method, struct err *err)
{
	if (turn->lost && method != KUBE_GET)
		return err_set(err, "another process has taken this switch over, this one stops");
	return switch_hold(turn, err);
}

static int ask(struct switch_turn *turn, struct arena *a, bool holding, const struct kube_call *call, int *status, const struct json **ret,
	       struct err *err)
{
	const char *path = dry_path(a, turn, call->method, call->path);
	int64_t pause = BACKOFF_NS, told;
	struct slice text = {"", 0};
	struct err why = {""};

	*status = 0;
	for (int n = 1;; n++) {
		if (holding && may_send(turn, call->method, err) < 0) {
			*status = 0;
			return -1;
		}
		if (kube_once_told(turn->client, a, call->method, path, call->send, status, &text, &told, &why) == 0)
			break;
		if (!is_passing(*status, n) || *turn->stop || (n >= TRIES && !is_patient(turn, *status)))
			return err_set(err, "%s", why.text);
		if (n == TRIES)
			switch_say(turn, "%s; trying again", why.text);
		rest(turn, told + kube_jitter(pause));
		pause = 2 * pause < BACKOFF_MAX_NS ? 2 * pause : BACKOFF_MAX_NS;
	}
	return json_parse(a, text, ret, err);
}

static int ask_and_explain(struct switch_turn *turn, struct arena *a, bool holding, const struct kube_call *call, int *status,
			   const struct json **ret, struct err *err)
{
	if (ask(turn, a, holding, call, status, ret, err) == 0)
		return 0;
	if (kube_status_is_rbac(*status, err))
		return err_wrap(err, "no permission, ClusterRole sparkgate-switch of manifests/rbac-switch.yaml grants it");
	return -1;
}

int switch_ask(struct switch_turn *turn, struct arena *a, enum kube_method method, const char *path, struct slice send, int *status,
	       const struct json **ret, struct err *err)
{
	return ask_and_explain(turn, a, true, &(struct kube_call){.method = method, .path = path, .send = send}, status, ret, err);
}

int switch_send(struct switch_turn *turn, struct arena *a, enum kube_method method, const char *path, struct slice send, int *status,
		const struct json **ret, struct err *err)
{
	return ask_and_explain(turn, a, false, &(struct kube_call){.method = method, .path = path, .send = send}, status, ret, err);
}

int switch_pause(struct switch_turn *turn, const char *what, struct err *err)
{
	if (switch_hold(turn, err) < 0)
		return -1;
	rest(turn, CLOCK_SECOND);
	if (*turn->stop)
		return err_set(err, "stopped by a signal");
	if (clock_mono_ns() > turn->deadline)
		return err_set(err, "timed out (--timeout) waiting for %s", what);
	return 0;
}

/* ---- JSON Patches ---- */

void switch_patch_op(struct json_writer *w, const char *verb, const char *path, struct slice json)
{
	json_write_open(w, '{');
	json_write_member(w, "op", verb);
	json_write_member(w, "path", path);
	if (json.ptr) {
		json_write_key(w, SLICE_LIT("value"));
		json_write_raw(w, json);
	}
	json_write_close(w, '}');
}

void switch_patch_test(struct arena *a, struct json_writer *w, const struct json *object, const char *key)
{
	const struct json *value = json_get_slice(json_get(object, "metadata"), slice_of(key));

	switch_patch_op(w, "test", arena_join(a, "/metadata/", key), json_print(a, value));
}
