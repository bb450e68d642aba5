/*
 * serve_policies.h - --policies-configmap: the layer of policies that a ConfigMap of our own namespace holds, read
 * through the API (not the kubelet's mount, which is up to 90 s late), in force as soon as its event arrives. Private to
 * command/.
 *
 * No such ConfigMap means no such layer. What cannot be loaded changes nothing: log, metric, /readyz?verbose and an Event
 * name key and line.
 *
 * Threads: that of facts/live, but health from any.
 */
#ifndef COMMAND_SERVE_POLICIES_H
#define COMMAND_SERVE_POLICIES_H

#include "command/serve_watch.h"
#include "http/service.h"

struct serve_policies {
	const char *name; /* of the ConfigMap */
	struct service *service;
	struct serve_watch watch;
	_Atomic bool listed; /* whether it is there is known */
	_Atomic bool there;
};

/* Begin to watch, on the client of facts/live, before its thread starts. */
void serve_policies_open(struct serve_policies *p, const char *name, struct service *service,
			 const struct serve_watch_place *place);
void serve_policies_close(struct serve_policies *p);

#endif
