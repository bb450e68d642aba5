/*
 * k8s_master.h - which k8s:// masters are this cluster's own, and so may stay.
 */
#ifndef SPARK_K8S_MASTER_H
#define SPARK_K8S_MASTER_H

#include "policy/policy.h"
#include "spark/environment.h"

/* Is value policy's k8sMaster, one of its aliases, or built of the KUBERNETES_SERVICE_*
 * variables that the kubelet gives every container
 * ("k8s://https://${KUBERNETES_SERVICE_HOST}:${KUBERNETES_SERVICE_PORT_HTTPS}")? Not the last, where host_is_set. */
bool k8s_master_is_ours(const struct policy *p, struct slice value, bool host_is_set);

/* Is it built of those variables? (It then means something on a command line only.) */
bool k8s_master_is_variable(struct slice value);

/* May the container set KUBERNETES_SERVICE_HOST or its port itself: in env, by an envFrom that nobody sees, or in a
 * command that is not plain (env_kept.h)? Then they say nothing of this cluster, and policy's k8sMaster, the same API
 * server, is written instead. A port can be a host: "https://10.0.0.1:443@elsewhere". */
bool k8s_host_is_set(struct arena *a, const struct json *container, const struct environment *env);

#endif
