#include "status/ask.h"

#include "base/limits.h"

const char *status_forbidden(struct arena *a, const char *needs, const char *where)
{
	return arena_join(a, "no permission (needs ", needs, " in ", where, ")");
}

static const char *reason(const struct status_asker *asker, const struct kube_call *call, const char *needs, const char *where)
{
	if (call->status == 403)
		return status_forbidden(asker->arena, needs, where);
	if (call->late)
		return "no answer in time";
	return arena_dup(asker->arena, slice_of(call->err.text));
}

const char *status_ask_text(struct status_asker *asker, const char *path, const char *needs, const char *where, size_t max,
			    int *status, struct slice *ret)
{
	struct kube_call call = {.path = path, .max = max, .deadline = clock_mono_ns() + STATUS_ASK_NS, .any_type = true};
	struct err err = {""};

	*status = 0;
	if (kube_client_authenticate(asker->client, &err) < 0)
		return arena_dup(asker->arena, slice_of(err.text));
	kube_call_wait(asker->client, &call);
	*status = call.status;
	asker->broken = call.status == 0;
	const char *why = call.failed ? reason(asker, &call, needs, where) : NULL;
	*ret = arena_copy(asker->arena, kube_call_text(&call));
	kube_call_release(&call);
	return why;
}

const char *status_ask(struct status_asker *asker, const char *path, const char *needs, const char *where, bool *missing,
		       const struct json **ret)
{
	struct slice text = {"", 0};
	struct err err = {""};
	int status = 0;
	const char *why = status_ask_text(asker, path, needs, where, LIMIT_FILE_BYTES, &status, &text);

	if (missing)
		*missing = status == 404;
	if (why)
		return why;
	if (json_read(asker->arena, text, &(struct json_reading){.nul = true}, ret, &err) < 0)
		return arena_dup(asker->arena, slice_of(err.text));
	return NULL;
}
