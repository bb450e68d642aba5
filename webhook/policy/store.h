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
 * so it is also seen when Kubernetes swaps the symbolic link of a ConfigMap volume. Files
 * that cannot be loaded change nothing: the old policy stays in force, and
 * policy_store_error() says why until a load succeeds. The same holds for the layer above the files, which
 * comes from elsewhere (policy_store_layer(): a ConfigMap), and for all of them together.
 *
 * Replicas do not change their policy at the same moment, and an object may be rewritten by one and validated by another.
 * So for a while there are two (policy_store_pair()): the one in force and, for POLICY_GRACE_NS, the one before it. And
 * if a store settles (policy_store_settle()), a new policy is first the other one, and in force only after that time,
 * in which the other replicas learn of it, too. What the two are for: http/admit.h.
 *
 * Ownership: the store holds one reference to the current policy, and copies paths and layer.
 * Threads: all functions from any thread; loads wait for each other, get and error wait for none.
 * Close when all others are done.
 */
#ifndef POLICY_STORE_H
#define POLICY_STORE_H

#include "base/clock.h"
#include "policy/load.h"

struct policy_store;

/* Load the shipped layer and paths. -1 with err, *ret untouched, where that fails. */
MUST_CHECK int policy_store_open(const char *const *paths, size_t count, struct policy_store **ret, struct err *err);

/* The policy in force, with a reference for the caller. Never NULL. */
struct policy *policy_store_get(struct policy_store *store);

/* The same, and in *other a reference to the previous or the next one; NULL = there is none now. */
struct policy *policy_store_pair(struct policy_store *store, struct policy **other);

/* Longer than one request takes from /mutate to /validate: 5 s each, and other webhooks between. */
#define POLICY_GRACE_NS (15 * CLOCK_SECOND)

/* From now on a policy comes into force ns after it was loaded. Until this is called: at once. */
void policy_store_settle(struct policy_store *store, int64_t ns);

enum policy_poll {
	POLICY_UNCHANGED,
	POLICY_RELOADED, /* a new policy is in force, or will be when it has settled (its hash may be the old one) */
	POLICY_FAILED    /* the files changed and are not a valid policy; reported once, in err */
};

enum policy_poll policy_store_poll(struct policy_store *store, struct err *err);

/* Load again whether or not something seems to have changed. */
enum policy_poll policy_store_reload(struct policy_store *store, struct err *err);

/* Why the files as they are now are not in force; "" if they are. */
void policy_store_error(struct policy_store *store, struct err *ret);

/* Put this layer above those of files from now on, in place of the previous one; NULL = none. */
enum policy_poll policy_store_layer(struct policy_store *store, const struct policy_layer *layer, struct err *err);

/* What should be that layer is not a valid one: nothing is loaded and the old policy stays, until a good layer comes. */
enum policy_poll policy_store_no_layer(struct policy_store *store, const struct err *why);

/* A module that knows what the webhook is called for. Called during a load, on its thread. */
struct policy_guard {
	/* Does it know now? Then Selectors may be wider than the shipped ones. */
	bool (*knows)(void *closure);
	/* May fresh replace old? -1: err says what in it would never be called for. */
	int (*judge)(void *closure, const struct policy *fresh, const struct policy *old, struct err *err);
	void *closure;
};

/* Call before other threads use the store; takes effect with the next load. */
void policy_store_guard(struct policy_store *store, const struct policy_guard *guard);

void policy_store_close(struct policy_store *store); /* NULL is fine */

#endif
