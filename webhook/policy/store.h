/*
 * store.h - the policy in force of a running server, replaced when its files change.
 *
 *	struct policy_store *store;
 *	if (policy_store_open(paths, count, &store, err) < 0)
 *		return -1;                              // the first policy must be good
 *	struct policy *p = policy_store_get(store);     // any thread, one per request
 *	...
 *	policy_unref(p);
 *	policy_store_poll(store, err);                  // one thread, every second or so
 *
 * A change is seen by device, inode, size and time of the files and directories that were named,
 * so it is seen too where Kubernetes swaps the symbolic link of a ConfigMap volume. Files
 * that cannot be loaded change nothing: the old policy stays in force, and
 * policy_store_error() says why until a load succeeds.
 *
 * Ownership: the store holds one reference to the current policy, and copies paths.
 * Threads: get and error from any thread; poll from one at a time; close when all others are done.
 */
#ifndef POLICY_STORE_H
#define POLICY_STORE_H

#include "policy/load.h"

struct policy_store;

/* Load the shipped layer and paths. -1 with err, *ret untouched, where that fails. */
MUST_CHECK int policy_store_open(const char *const *paths, size_t count, struct policy_store **ret, struct err *err);

/* The policy in force, with a reference for the caller. Never NULL. */
struct policy *policy_store_get(struct policy_store *store);

enum policy_poll {
	POLICY_UNCHANGED,
	POLICY_RELOADED, /* a new policy is in force (its hash may be the old one) */
	POLICY_FAILED    /* the files changed and are no policy; said once, in err */
};

enum policy_poll policy_store_poll(struct policy_store *store, struct err *err);

/* Load again whether or not something seems to have changed. */
enum policy_poll policy_store_reload(struct policy_store *store, struct err *err);

/* Why the files as they are now are not in force; "" where they are. */
void policy_store_error(struct policy_store *store, struct err *ret);

void policy_store_close(struct policy_store *store); /* NULL is fine */

#endif
