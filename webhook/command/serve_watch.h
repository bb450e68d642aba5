/*
 * serve_watch.h - one object of the cluster that `serve` follows, on the thread of facts/live. Private to command/.
 */
#ifndef COMMAND_SERVE_WATCH_H
#define COMMAND_SERVE_WATCH_H

#include "facts/live.h"
#include "kube/object.h"
#include "kube/recorder.h"

/* What all of them share. */
struct serve_watch_place {
	struct facts_live *live;
	const struct kube_identity *me;
	struct kube_recorder *recorder;
	const struct log *log;
};

struct serve_watch {
	struct serve_watch_place place;
	const char *what; /* "ConfigMap", for the log */
	struct kube_object *object; /* NULL: not opened */
	void (*present)(void *closure, const struct json *object);
	void (*absent)(void *closure);
	void *closure;
	bool (*hold)(void *closure); /* do not begin yet; NULL = begin at once */
	void *hold_closure;
	int64_t hold_until; /* monotonic: from then on begin whatever hold says */
	int64_t said; /* monotonic: when trouble was last logged; 0 = never */
};

/* present and absent as in kube/object.h, closure theirs. Trouble is logged, once a minute at most. */
void serve_watch_open(struct serve_watch *w, const struct serve_watch_place *place, const char *what,
		      const char *collection, const char *name, void (*present)(void *, const struct json *),
		      void (*absent)(void *), void *closure);

/* Let it not begin while hold says so, for SERVE_WATCH_HOLD_NS at most. Before facts/live's thread starts. */
#define SERVE_WATCH_HOLD_NS (5 * CLOCK_SECOND)
void serve_watch_hold(struct serve_watch *w, bool (*hold)(void *closure), void *closure);

void serve_watch_close(struct serve_watch *w); /* after facts_live_stop(); one that was never opened is fine */

#endif
