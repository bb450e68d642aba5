#include "switch/rollout.h"

static int64_t number(const struct json *object, const char *key, int64_t fallback)
{
	int64_t n;

	return json_int(json_get_slice(object, slice_of(key)), &n) < 0 ? fallback : n;
}

static bool deadline_passed(const struct json *status)
{
	JSON_EACH(condition, json_get(status, "conditions"))
		if (strcmp(json_text(json_get(condition, "type"), ""), "Progressing") == 0 &&
		    strcmp(json_text(json_get(condition, "reason"), ""), "ProgressDeadlineExceeded") == 0)
			return true;
	return false;
}

static enum switch_rollout deployment(struct arena *a, const struct json *spec, const struct json *status, const char **text)
{
	int64_t wanted = number(spec, "replicas", 1), updated = number(status, "updatedReplicas", 0);
	int64_t all = number(status, "replicas", 0), available = number(status, "availableReplicas", 0);

	if (deadline_passed(status)) {
		*text = "it exceeded its progress deadline";
		return ROLLOUT_FAILED;
	}
	if (updated < wanted)
		*text = arena_printf(a, "%lld of %lld new replicas updated", (long long)updated, (long long)wanted);
	else if (all > updated)
		*text = arena_printf(a, "%lld old replicas end", (long long)(all - updated));
	else if (available < updated)
		*text = arena_printf(a, "%lld of %lld updated replicas available", (long long)available, (long long)updated);
	else
		return ROLLOUT_DONE;
	return ROLLOUT_WAITS;
}

static enum switch_rollout daemon_set(struct arena *a, const struct json *status, const char **text)
{
	int64_t wanted = number(status, "desiredNumberScheduled", 0), updated = number(status, "updatedNumberScheduled", 0);
	int64_t available = number(status, "numberAvailable", 0);

	if (updated >= wanted && available >= wanted)
		return ROLLOUT_DONE;
	*text = arena_printf(a, "%lld of %lld pods %s", (long long)(updated < wanted ? updated : available), (long long)wanted,
			     updated < wanted ? "updated" : "available");
	return ROLLOUT_WAITS;
}

static enum switch_rollout stateful_set(struct arena *a, const struct json *spec, const struct json *status, const char **text)
{
	int64_t wanted = number(spec, "replicas", 1), ready = number(status, "readyReplicas", 0);
	const char *update = json_text(json_get(status, "updateRevision"), "");

	if (ready >= wanted && strcmp(update, json_text(json_get(status, "currentRevision"), "")) == 0)
		return ROLLOUT_DONE;
	*text = arena_printf(a, "%lld of %lld pods ready, %lld updated", (long long)ready, (long long)wanted,
			     (long long)number(status, "updatedReplicas", 0));
	return ROLLOUT_WAITS;
}

enum switch_rollout switch_rollout(struct arena *a, const struct json *object, const char **text)
{
	const struct json *spec = json_get(object, "spec"), *status = json_get(object, "status");
	const char *kind = json_text(json_get(object, "kind"), "");

	*text = "";
	if (number(status, "observedGeneration", 0) < number(json_get(object, "metadata"), "generation", 0)) {
		*text = "its controller has not seen the change yet";
		return ROLLOUT_WAITS;
	}
	if (strcmp(kind, "Deployment") == 0)
		return deployment(a, spec, status, text);
	return strcmp(kind, "DaemonSet") == 0 ? daemon_set(a, status, text) : stateful_set(a, spec, status, text);
}
