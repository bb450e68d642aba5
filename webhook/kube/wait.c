/* Requests that are waited for: kube_get() and its kin. */
#include "kube/client.h"

#include "base/limits.h"

#include <time.h>

#define TRIES 3
#define GET_NS (10 * CLOCK_SECOND)
#define PAUSE_NS (300 * CLOCK_MS)

static void note_done(struct kube_call *call)
{
	*(bool *)call->closure = true;
}

void kube_call_wait(struct kube_client *client, struct kube_call *call)
{
	bool done = false;

	call->done = note_done;
	call->closure = &done;
	kube_client_start(client, call);
	while (!done)
		kube_client_poll(client, call->deadline);
	call->closure = NULL;
}

/* A broken connection, a busy server, a credential that has just become stale. */
static bool may_help_to_try_again(const struct kube_call *call)
{
	return call->status == 0 || call->status == 401 || call->status == 429 || call->status >= 500;
}

/* Wait as long as the API server asks, and a little longer each time. */
static void pause_after(const struct kube_call *call, unsigned tries)
{
	int64_t ns = kube_jitter(PAUSE_NS * tries) + call->retry_after;
	struct timespec time = {(time_t)(ns / CLOCK_SECOND), (long)(ns % CLOCK_SECOND)};

	nanosleep(&time, NULL);
}

/* The answer that made us look for other credentials is not lost if there are none. call: the last one; NULL = none. */
static int without_credentials(const struct kube_call *call, const struct err *why, int *status, struct err *err)
{
	if (!call)
		return err_set(err, "%s", why->text);
	*status = call->status;
	return err_set(err, "%s; %s", call->err.text, why->text);
}

/* The call's result goes to the caller, and the call is released. */
static int take_answer(struct kube_call *call, struct arena *a, int *status, struct slice *ret, struct err *err)
{
	*status = call->status;
	if (call->failed)
		*err = call->err;
	bool cut = call->failed && call->status / 100 == 2; /* half of what was asked for is of no use */
	if (ret)
		*ret = cut ? (struct slice){"", 0} : arena_copy(a, kube_call_text(call));
	kube_call_release(call);
	return call->failed ? -1 : 0;
}

int kube_get(struct kube_client *client, struct arena *a, const char *path, int *status, struct slice *ret,
	     struct err *err)
{
	return kube_get_up_to(client, a, path, LIMIT_FILE_BYTES, status, ret, err);
}

int kube_get_up_to(struct kube_client *client, struct arena *a, const char *path, size_t max, int *status,
		   struct slice *ret, struct err *err)
{
	struct kube_call call;
	struct err why;

	*status = 0;
	for (unsigned n = 1;; n++) {
		if (kube_client_authenticate(client, &why) < 0)
			return without_credentials(n > 1 ? &call : NULL, &why, status, err);
		call = (struct kube_call){.path = path, .max = max, .deadline = clock_mono_ns() + GET_NS};
		kube_call_wait(client, &call);
		if (!call.failed || n == TRIES || !may_help_to_try_again(&call))
			break;
		kube_call_release(&call);
		pause_after(&call, n);
	}
	return take_answer(&call, a, status, ret, err);
}

int kube_once_told(struct kube_client *client, struct arena *a, enum kube_method method, const char *path,
		   struct slice send, int *status, struct slice *ret, int64_t *retry_after, struct err *err)
{
	struct kube_call call = {.method = method, .path = path, .send = send, .max = LIMIT_FILE_BYTES,
				 .deadline = clock_mono_ns() + KUBE_ONCE_NS};

	*status = 0;
	*retry_after = 0;
	if (kube_client_authenticate(client, err) < 0)
		return -1;
	kube_call_wait(client, &call);
	*retry_after = call.retry_after;
	return take_answer(&call, a, status, ret, err);
}

int kube_once(struct kube_client *client, struct arena *a, enum kube_method method, const char *path,
	      struct slice send, int *status, struct slice *ret, struct err *err)
{
	int64_t ignored;

	return kube_once_told(client, a, method, path, send, status, ret, &ignored, err);
}
