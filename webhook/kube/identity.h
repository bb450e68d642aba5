/*
 * identity.h - who we are in the cluster: our namespace, and the pod's name where we run in one.
 *
 *	struct kube_identity me;
 *	if (kube_identity_read(arena, KUBE_ACCOUNT_DIR, &me, err) < 0) ...
 *
 * From the environment, as a Deployment sets it by the downward API: POD_NAMESPACE (else the file `namespace` that the
 * kubelet puts beside the account's token), POD_NAME (else HOSTNAME, which is the pod's name unless it is on the host's
 * network), POD_UID.
 *
 * Ownership: the arena. Threads: no state; reads the environment.
 */
#ifndef KUBE_IDENTITY_H
#define KUBE_IDENTITY_H

#include "base/arena.h"

struct kube_identity {
	const char *namespace;
	const char *pod;
	const char *uid; /* NULL = not known */
};

/* folder: where the kubelet puts the account's files. -1: the namespace or the name is not known or not valid. */
MUST_CHECK int kube_identity_read(struct arena *a, const char *folder, struct kube_identity *ret, struct err *err);

#endif
