/*
 * ask.h - one question to the API server, which the user may not be allowed to ask. Private to status/.
 *
 *	struct status_asker asker = {client, arena, now};
 *	const struct json *object;
 *	const char *why = status_ask(&asker, path, "get namespaces", name, NULL, &object);
 *	if (why) ...   // "no permission (needs get namespaces \"a\")", "the API server answered 503: ..."
 *
 * A reason is a text to be shown instead of the answer: a tenant who may read only one namespace gets all that can be read there.
 * Each question is asked once, within STATUS_ASK_NS. Threads: that of the client.
 */
#ifndef STATUS_ASK_H
#define STATUS_ASK_H

#include "base/json.h"
#include "kube/client.h"

#define STATUS_ASK_NS (5 * CLOCK_SECOND)

struct status_asker {
	struct kube_client *client;
	struct arena *arena;
	int64_t now; /* seconds since 1970 */
	bool broken; /* no answer at all came to the last question: asking goes on, but slowly */
};

/* The text of an answer of any type, up to max bytes; an error's too, and what came before a failure. needs, where: the verb and
 * resource, and its name or namespace. NULL, or the reason. *status is the HTTP status, 0 = none. */
const char *status_ask_text(struct status_asker *asker, const char *path, const char *needs, const char *where, size_t max,
			    int *status, struct slice *ret);

/* The same for an object. *missing: there is none (404). */
const char *status_ask(struct status_asker *asker, const char *path, const char *needs, const char *where, bool *missing,
		       const struct json **ret);

const char *status_forbidden(struct arena *a, const char *needs, const char *where);

#endif
