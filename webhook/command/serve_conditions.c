#include "command/serve_conditions.h"

#include "base/digest.h"
#include "base/kubernetes.h"
#include "command/serve_note.h"

#include <stdio.h>

/* Gaps that are logged one by one; a configuration of another release has dozens. */
#define LOGGED_MAX 16

/* A policy comes into force without an event on this thread. */
#define LOOK_NS (500 * CLOCK_MS)

/* ---- what the watches say ---- */

static void take(struct serve_configuration *c, const struct json *object)
{
	pthread_mutex_lock(&c->all->lock);
	c->object = NULL;
	arena_release(&c->arena);
	if (object) {
		struct json *copy = json_copy(&c->arena, object);
		c->object = copy;
	}
	pthread_mutex_unlock(&c->all->lock);
	atomic_store(&c->listed, true);
	atomic_store(&c->all->changed, true);
}

static void on_present(void *closure, const struct json *object)
{
	take(closure, object);
}

static void on_absent(void *closure)
{
	take(closure, NULL);
}

/* ---- comparing ---- */

static void tell(struct serve_configuration *c, const struct called_gaps *gaps)
{
	struct kube_recorder *recorder = c->watch.place.recorder;
	const char *kind = called_kind_name(c->kind);
	struct arena a = ARENA_INIT;
	struct log_line line;

	if (gaps->count == 0) {
		log_open(&line, c->watch.place.log, LOG_INFO, "the webhook configuration is in step with the policy");
		log_text(&line, "configuration", kind);
		log_close(&line);
		return;
	}
	bool misses = called_misses(gaps);
	for (size_t i = 0; i < gaps->count && i < LOGGED_MAX; i++) {
		log_open(&line, c->watch.place.log, LOG_WARN,
			 misses ? "the webhook configuration is not in step with the policy"
				: "the webhook configuration is not the shipped one");
		log_text(&line, "configuration", kind);
		log_text(&line, "gap", gaps->items[i].text);
		log_int(&line, "gaps", (int64_t)gaps->count);
		log_close(&line);
	}
	kube_recorder_post(recorder, misses ? RECORDER_WARNING : RECORDER_NORMAL,
			   misses ? "MatchConditionsOutOfStep" : "ConfigurationDiffers", "CompareConfiguration",
			   gaps->count == 1 ? gaps->items[0].text
					    : arena_printf(&a, "%s (and %zu more, see the log)", gaps->items[0].text,
							   gaps->count - 1));
	arena_release(&a);
}

/* Once per change: what is reported depends on what is missing, not on how often it was looked at. */
static void tell_news(struct serve_configuration *c, const struct called_gaps *gaps, struct arena *a)
{
	struct buf all = buf_in(a);
	char hex[SHA256_HEX];

	for (size_t i = 0; i < gaps->count; i++)
		buf_printf(&all, "%s\n", gaps->items[i].text);
	sha256_hex(buf_slice(&all), hex);
	if (strcmp(hex, c->said) == 0)
		return;
	memcpy(c->said, hex, sizeof(hex));
	tell(c, gaps);
}

static void compare(struct serve_configuration *c, const struct policy *policy)
{
	struct called_gaps gaps = {0};
	struct arena a = ARENA_INIT;

	if (!atomic_load(&c->listed))
		return;
	pthread_mutex_lock(&c->all->lock);
	called_compare(c->kind, c->object, policy, &a, &gaps);
	pthread_mutex_unlock(&c->all->lock);
	tell_news(c, &gaps, &a);
	/* After the lines, so that whoever sees it finds what is missing. */
	atomic_store(&c->in_step, !called_misses(&gaps));
	arena_release(&a);
}

/* A layer that was refused may pass now. */
static void load_again(struct serve_conditions *c)
{
	struct policy_store *store = c->service->policies;
	struct err err = {""};

	policy_store_error(store, &err);
	if (err.text[0] && serve_conditions_listed(c))
		serve_note_policy(c->service, c->each[0].watch.place.recorder, policy_store_reload(store, &err), &err);
}

/* Each round of the thread: has the policy or a configuration changed? */
static int64_t tick(void *closure)
{
	struct serve_conditions *c = closure;
	bool changed = atomic_exchange(&c->changed, false);

	if (changed)
		load_again(c);
	struct policy *policy = policy_store_get(c->service->policies);
	if (changed || policy != c->compared)
		for (unsigned i = 0; i < CALLED_KINDS; i++)
			compare(&c->each[i], policy);
	policy_unref(c->compared);
	c->compared = policy;
	return clock_mono_ns() + LOOK_NS;
}

/* ---- the guard ---- */

/* The gaps of both. */
static void collect(struct serve_conditions *c, const struct policy *policy, struct arena *a, struct called_gaps *ret)
{
	pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; i < CALLED_KINDS; i++)
		called_compare((enum called_kind)i, c->each[i].object, policy, a, ret);
	pthread_mutex_unlock(&c->lock);
}

static bool knows(void *closure)
{
	struct serve_conditions *c = closure;
	struct called_gaps gaps = {0};
	struct arena a = ARENA_INIT;
	struct policy *policy = policy_store_get(c->service->policies);

	collect(c, policy, &a, &gaps);
	policy_unref(policy);
	arena_release(&a);
	return !gaps.unread;
}

static bool has_gap(const struct called_gaps *gaps, const char *text)
{
	for (size_t i = 0; i < gaps->count; i++)
		if (strcmp(gaps->items[i].text, text) == 0)
			return true;
	return false;
}

/* A gap that the old one has too is reported, but is no reason to keep the old one. */
static int judge(void *closure, const struct policy *fresh, const struct policy *old, struct err *err)
{
	struct called_gaps new_gaps = {0}, old_gaps = {0};
	struct arena a = ARENA_INIT;
	int rc = 0;

	collect(closure, fresh, &a, &new_gaps);
	collect(closure, old, &a, &old_gaps);
	for (size_t i = 0; i < new_gaps.count && rc == 0; i++)
		if (new_gaps.items[i].selector && !has_gap(&old_gaps, new_gaps.items[i].text))
			rc = err_set(err, "selector %s: upgrade the chart's values first", new_gaps.items[i].text);
	arena_release(&a);
	return rc;
}

/* ---- what others see ---- */

static bool conditions_ok(void *context, char note[HEALTH_NOTE])
{
	struct serve_conditions *c = context;
	bool in_step = c->each[0].in_step && c->each[1].in_step;

	snprintf(note, HEALTH_NOTE, "%s",
		 !serve_conditions_listed(c) ? "the webhook configurations were not read yet, see the log"
		 : in_step		     ? "in step with the policy"
					     : "not in step with the policy: something is not called for, see the log");
	return true;
}

bool serve_conditions_listed(struct serve_conditions *c)
{
	return c->each[0].listed && c->each[1].listed;
}

void serve_conditions_metrics(struct serve_conditions *c, struct buf *out)
{
	if (!c->service)
		return;
	buf_adds(out, "# HELP sparkgate_match_conditions_in_step 1: the webhook configuration calls for all that the policy selects.\n"
		      "# TYPE sparkgate_match_conditions_in_step gauge\n");
	for (unsigned i = 0; i < CALLED_KINDS; i++)
		if (c->each[i].listed)
			buf_printf(out, "sparkgate_match_conditions_in_step{configuration=\"%s\"} %d\n",
				   called_kind_name((enum called_kind)i), c->each[i].in_step);
}

void serve_conditions_open(struct serve_conditions *c, const char *name, struct service *service,
			   const struct serve_watch_place *place)
{
	static const char *const collections[CALLED_KINDS] = {KUBERNETES_MUTATING, KUBERNETES_VALIDATING};
	char path[sizeof(KUBERNETES_ADMISSION) + 64];

	c->service = service;
	pthread_mutex_init(&c->lock, NULL);
	for (unsigned i = 0; i < CALLED_KINDS; i++) {
		struct serve_configuration *one = &c->each[i];
		one->all = c;
		one->kind = (enum called_kind)i;
		snprintf(path, sizeof(path), "%s%s", KUBERNETES_ADMISSION, collections[i]);
		serve_watch_open(&one->watch, place, collections[i], path, name, on_present, on_absent, one);
	}
	facts_live_add(place->live, tick, c);
	policy_store_guard(service->policies, &(struct policy_guard){knows, judge, c});
	health_add(&service->health, (struct health_check){"match-conditions", conditions_ok, c});
}

void serve_conditions_close(struct serve_conditions *c)
{
	if (!c->service)
		return;
	for (unsigned i = 0; i < CALLED_KINDS; i++) {
		serve_watch_close(&c->each[i].watch);
		arena_release(&c->each[i].arena);
	}
	policy_unref(c->compared);
	pthread_mutex_destroy(&c->lock);
	c->service = NULL;
}
