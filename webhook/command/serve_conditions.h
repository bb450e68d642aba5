/*
 * serve_conditions.h - the two webhook configurations in force beside the policy (policy/called.h): what they do not
 * call us for is a metric, a log line, an Event and a note in /readyz?verbose; and a policy that would be wider than they
 * are is refused by name. Private to command/.
 *
 * Threads: the watches and what they lead to on that of facts/live; the guard on that of whoever loads a policy;
 * metrics and health from any.
 */
#ifndef COMMAND_SERVE_CONDITIONS_H
#define COMMAND_SERVE_CONDITIONS_H

#include "command/serve_watch.h"
#include "http/service.h"
#include "policy/called.h"

#include <pthread.h>

struct serve_conditions;

/* One of the two. */
struct serve_configuration {
	struct serve_conditions *all;
	enum called_kind kind;
	struct serve_watch watch;
	struct arena arena;        /* under lock */
	const struct json *object; /* under lock: its webhooks; NULL = it is not there */
	_Atomic bool listed, in_step;
	char said[65]; /* SHA-256 of the gaps that were reported last */
};

struct serve_conditions {
	struct service *service; /* NULL: not opened */
	pthread_mutex_t lock;
	struct serve_configuration each[CALLED_KINDS];
	_Atomic bool changed;     /* since they were compared */
	struct policy *compared;  /* with this policy; a reference; NULL = never */
};

/* Begin to watch both configurations of this name, and guard the policy. Before facts/live's thread starts. */
void serve_conditions_open(struct serve_conditions *c, const char *name, struct service *service,
			   const struct serve_watch_place *place);
void serve_conditions_close(struct serve_conditions *c); /* after facts_live_stop(); not opened is fine */

/* Are both known to be there, or not to be? */
bool serve_conditions_listed(struct serve_conditions *c);

/* sparkgate_match_conditions_in_step{configuration} */
void serve_conditions_metrics(struct serve_conditions *c, struct buf *out);

#endif
