/*
 * replicas.h - which replica serves which certificate: each says so in a Lease of its own, `sparkgate-POD`.
 *
 *	metadata.labels       app.kubernetes.io/name=sparkgate, app.kubernetes.io/component=replica
 *	metadata.annotations  sparkgate.io/certificate: SHA-256 of the leaf it serves, 64 hex digits
 *	                      sparkgate.io/policy: hash of its policy
 *	spec                  holderIdentity, renewTime, leaseDurationSeconds (REPLICA_SECONDS)
 *
 * As API servers publish themselves (https://kubernetes.io/docs/concepts/architecture/leases/): no leader, no lock. A
 * Lease that was not renewed in time counts as a replica that is gone; it belongs to its Pod, where that is known, and
 * is collected with it.
 *
 * What a Lease says is believed: whoever may write Leases in our namespace can hold up a CA change, or let it come too
 * early for a replica; nothing else. Threads: no state.
 */
#ifndef CERTS_REPLICAS_H
#define CERTS_REPLICAS_H

#include "base/json.h"
#include "kube/identity.h"

#include <stdint.h>

/* Long, since nothing that waits for a replica to be gone is urgent: an old CA is just trusted for longer. */
#define REPLICA_SECONDS 300
#define REPLICA_RENEW_SECONDS 20
#define REPLICA_SELECTOR      "app.kubernetes.io%2Fname%3Dsparkgate%2Capp.kubernetes.io%2Fcomponent%3Dreplica"

struct replica {
	const char *pod;
	const char *certificate, *policy; /* "" = not said */
	bool live;
};

/* What this replica says of itself. */
struct replica_word {
	const struct kube_identity *me;
	const char *certificate, *policy;
	int64_t now; /* ms since 1970 */
};

/* Names and paths of our Lease. */
const char *replica_collection(struct arena *a, const char *namespace);
const char *replica_path(struct arena *a, const struct kube_identity *me);

/* Our Lease as JSON for a POST, and the JSON Patch that renews it. */
struct slice replica_print(struct arena *a, const struct replica_word *word);
struct slice replica_renewal(struct arena *a, const struct replica_word *word);

/* The Leases of a LeaseList; now in seconds since 1970. The array is in the arena. */
struct replica *replicas_read(struct arena *a, const struct json *list, int64_t now, size_t *count);

/* Do all that are live serve this certificate, and is there one? */
bool replicas_serve(const struct replica *replicas, size_t count, const char *certificate);

#endif
