/*
 * part.h - the parts of a status. Private to status/.
 */
#ifndef STATUS_PART_H
#define STATUS_PART_H

#include "status/ask.h"
#include "status/status.h"

void status_say(struct arena *a, struct status_lines *list, const char *text);

void status_servers(struct status_asker *asker, const struct policy *policy, struct status_namespace *ns);
void status_refusals(struct status_asker *asker, struct status_namespace *ns);

void status_read_opted_in(const struct json *namespace, struct status_opted_in *ret);

/* Ask the driver in a pod. scheme: "" or "https:", as the API server's proxy has it; port: of its UI. Fills in what the driver says. */
void status_ask_driver(struct status_asker *asker, const char *namespace, const char *scheme, unsigned port, struct status_server *s);

/* The configurations of this name; NULL: those that look like sparkgate's. */
void status_find_webhooks(struct status_asker *asker, const char *name, struct status_gate *gate);

/* Where they call, and the label app.kubernetes.io/name that replicas have in common with them. */
const char *status_webhooks_namespace(const struct status_gate *gate, const char *otherwise);
const char *status_webhooks_app(const struct status_gate *gate, const char *otherwise);

/* With the replicas that are known by now. */
void status_judge_webhooks(struct arena *a, const struct policy *policy, struct status_gate *gate);

/* Add which of the configurations leave out this Namespace, an object. */
void status_left_out(struct arena *a, const struct status_gate *gate, const struct json *namespace, struct status_lines *problems);

/* Add what a replica's /readyz?verbose says is wrong, whatever the text is. */
void status_readyz_troubles(struct arena *a, struct slice text, struct status_lines *ret);

/* "a" in quotes, for the place of a right. */
const char *status_in_namespace(struct arena *a, const char *namespace);

#endif
