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

/* "a" in quotes, for the place of a right. */
const char *status_in_namespace(struct arena *a, const char *namespace);

#endif
