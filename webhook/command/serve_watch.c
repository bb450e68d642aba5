#include "command/serve_watch.h"

#include "base/again.h"

#define SAY_AGAIN_NS (60 * CLOCK_SECOND)

static void on_present(void *closure, const struct json *object)
{
	struct serve_watch *w = closure;

	w->said = 0;
	w->present(w->closure, object);
}

static void on_absent(void *closure)
{
	struct serve_watch *w = closure;

	w->said = 0;
	w->absent(w->closure);
}

static void on_trouble(void *closure, const struct err *why)
{
	struct serve_watch *w = closure;
	struct log_line line;

	if (!again_say(&w->said, SAY_AGAIN_NS))
		return;
	log_open(&line, w->place.log, LOG_WARN, "trouble with the API server, what was last read holds");
	log_text(&line, "what", w->what);
	log_text(&line, "error", why->text);
	log_close(&line);
}

static int64_t tick(void *closure)
{
	struct serve_watch *w = closure;

	if (w->hold && w->hold(w->hold_closure) && clock_mono_ns() < w->hold_until)
		return w->hold_until;
	w->hold = NULL;
	return kube_object_tick(w->object);
}

void serve_watch_open(struct serve_watch *w, const struct serve_watch_place *place, const char *what,
		      const char *collection, const char *name, void (*present)(void *, const struct json *),
		      void (*absent)(void *), void *closure)
{
	const struct kube_object_handler handler = {on_present, on_absent, on_trouble, w};

	*w = (struct serve_watch){.place = *place, .what = what, .present = present, .absent = absent, .closure = closure};
	w->object = kube_object_new(facts_live_client(place->live), collection, name, &handler);
	facts_live_add(place->live, tick, w);
}

void serve_watch_hold(struct serve_watch *w, bool (*hold)(void *closure), void *closure)
{
	w->hold = hold;
	w->hold_closure = closure;
	w->hold_until = clock_mono_ns() + SERVE_WATCH_HOLD_NS;
}

void serve_watch_close(struct serve_watch *w)
{
	kube_object_free(w->object);
	w->object = NULL;
}
