/*
 * remote.h - certificates of a cluster for a person at a terminal: look at them, rotate them, hand a CA out. What
 * certs/keeper.h does by itself.
 *
 *	struct material m;
 *	if (remote_read(client, arena, &secret, &m, &version, err) < 0) ...
 *	if (remote_write(client, arena, &secret, version, &m, err) < 0) ...
 *
 * Threads: that of the client; each call waits.
 */
#ifndef CERTS_REMOTE_H
#define CERTS_REMOTE_H

#include "certs/bundle.h"
#include "certs/material.h"
#include "certs/replicas.h"
#include "kube/client.h"

struct remote_secret {
	const char *namespace, *name;
};

/* What the Secret holds; -1 where there is none, or where it is damaged or not ours. *version is its resourceVersion. */
MUST_CHECK int remote_read(struct kube_client *client, struct arena *a, const struct remote_secret *secret,
			   struct material *ret, const char **version, struct err *err);

/* Write it, if it is still at that version. */
MUST_CHECK int remote_write(struct kube_client *client, struct arena *a, const struct remote_secret *secret,
			    const char *version, const struct material *m, struct err *err);

/* The CAs as ca.crt has them, as PEM. */
MUST_CHECK int remote_ca(struct arena *a, const struct material *m, struct slice *ret, struct err *err);

enum remote_kind { REMOTE_MUTATING, REMOTE_VALIDATING, REMOTE_KINDS };
const char *remote_kind_name(enum remote_kind kind); /* "MutatingWebhookConfiguration", ... */

/* A webhook configuration's caBundles. */
MUST_CHECK int remote_bundle(struct kube_client *client, struct arena *a, enum remote_kind kind, const char *name,
			     struct bundle_view *ret, struct err *err);

/* Make ca (PEM) the caBundle of all its webhooks. *changed: did it differ? */
MUST_CHECK int remote_patch(struct kube_client *client, struct arena *a, enum remote_kind kind, const char *name,
			    struct slice ca, bool *changed, struct err *err);

/* The replicas that have a Lease. */
MUST_CHECK int remote_replicas(struct kube_client *client, struct arena *a, const char *namespace, int64_t now,
			       struct replica **ret, size_t *count, struct err *err);

#endif
