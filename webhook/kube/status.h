/*
 * status.h - the API server's own message in an answer that is not a success: a Status object
 * (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/).
 * Threads: no state.
 */
#ifndef KUBE_STATUS_H
#define KUBE_STATUS_H

#include "base/json.h"

/* Say in err what the API server answered: its message where body is a Status, else the HTTP status. Always -1. */
int kube_status_error(int http_status, struct slice body, struct err *err);

/* Is it the authorizer that refused, which a right would change? A quota, a policy or a webhook that refuses answers 403 too. why: as
 * kube_status_error() said it, with whatever in front. */
bool kube_status_is_rbac(int http_status, const struct err *why);

/* The code in a Status; 0 where it has none. */
int kube_status_code(const struct json *status);

#endif
