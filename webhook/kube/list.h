/*
 * list.h - what a cluster has of one kind, page by page, for a caller that waits.
 *
 *	struct kube_list *list = kube_list_new(client, "/api/v1/pods", 500);
 *	while ((rc = kube_list_next(list, &arena, &page, err)) > 0) {
 *		JSON_EACH(item, json_get(page, "items"))
 *			use(item);
 *	}
 *	kube_list_free(list);
 *
 * Pages are about 2 MB of text, or the number of objects asked for; one that is much larger (8 MB, LIST_NODES) is asked
 * for again with fewer objects. A continue token that has expired (410) is exchanged for the one that the API server
 * offers in its place: the list goes on from the same key, with what is there now
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks).
 *
 * Memory: one page, in an arena that has nothing else: it is reset before each request. Threads: that of the
 * client, and nothing else may wait on it meanwhile.
 */
#ifndef KUBE_LIST_H
#define KUBE_LIST_H

#include "base/json.h"
#include "kube/client.h"

/* Values of one page: 48 bytes each. */
#define LIST_NODES 400000

/* Names of a namespace and of a resource are 253 bytes each at most, and a selector of ours is short. */
#define KUBE_LIST_PATH_MAX 1023

struct kube_list;

/* path is copied; it may have a query; of one that is longer than KUBE_LIST_PATH_MAX kube_list_next() says so. page: how many
 * objects to ask for at once, at most. */
struct kube_list *kube_list_new(struct kube_client *client, const char *path, unsigned page);
void kube_list_free(struct kube_list *list); /* NULL is fine */

/* The next page: a list object whose items may be none. It lives in a until the next call. 1; 0 when there are no more; -1 with err. */
MUST_CHECK int kube_list_next(struct kube_list *list, struct arena *a, const struct json **ret, struct err *err);

/* The HTTP status of the last answer (403: may not be listed, 404: no such kind), 0 = none. */
int kube_list_status(const struct kube_list *list);

/* How often the API server was asked. */
unsigned kube_list_calls(const struct kube_list *list);

#endif
