/*
 * kubernetes.h - what objects of Kubernetes say of themselves in fields that all have: whose they are, whether they are
 * ready, over, or on their way out. Of JSON alone, and as the getters of json.h are: what is absent or has another type is
 * not so.
 *
 * Sources, below https://kubernetes.io/docs/: concepts/overview/working-with-objects/owners-dependents (ownerReferences; of
 * those at most one has controller: true, which the API server sees to), concepts/workloads/controllers/deployment
 * (pod-template-hash), concepts/workloads/pods/pod-lifecycle (phases and conditions).
 *
 * Ownership: points into the object; texts in the arena. Threads: no state.
 */
#ifndef BASE_KUBERNETES_H
#define BASE_KUBERNETES_H

#include "base/arena.h"
#include "base/json.h"

/* Where API servers keep whom they call: the group, and the collections of both kinds in it. */
#define KUBERNETES_ADMISSION  "/apis/admissionregistration.k8s.io/v1/"
#define KUBERNETES_MUTATING   "mutatingwebhookconfigurations"
#define KUBERNETES_VALIDATING "validatingwebhookconfigurations"

/* The reference to who manages the object with this metadata; NULL: nobody, whoever else owns it. */
const struct json *kubernetes_controller(const struct json *metadata);

/* The same in words: "StatefulSet connect", of a Deployment's ReplicaSet "Deployment connect". NULL: nobody. */
const char *kubernetes_owner(struct arena *a, const struct json *metadata);

/* Is it being deleted, though finalizers or a grace period keep it yet? */
bool kubernetes_is_leaving(const struct json *object);

/* Has the pod ended, or is it being deleted? It keeps nothing busy, and will not come again. */
bool kubernetes_pod_is_over(const struct json *pod);

/* The condition Ready is True. */
bool kubernetes_pod_is_ready(const struct json *pod);

#endif
