/*
 * k8s_master.h - which k8s:// masters are this cluster's own, and so may stay.
 *
 * The kubelet gives every container KUBERNETES_SERVICE_HOST and its port, and puts them in for $(NAME) before anything
 * runs. What a shell puts in for $NAME is what the script has made of it by then, $(NAME) may be a command in
 * its text once quotes are gone, and to make something else of either a shell has more ways than a list could hold. So
 * such a master is never taken for ours where a shell reads it: policy's k8sMaster, the same API server, is written
 * instead.
 *
 * Threads: no state.
 */
#ifndef SPARK_K8S_MASTER_H
#define SPARK_K8S_MASTER_H

#include "policy/policy.h"
#include "spark/environment.h"

/* Is value policy's k8sMaster or one of its aliases? */
bool k8s_master_is_named(const struct policy *p, struct slice value);

/* Is it in command or args themselves built of what the kubelet puts in
 * ("k8s://https://$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT_HTTPS)")? Not where host_is_set. */
bool k8s_master_is_put_in(const struct setting *s, bool host_is_set);

/* Either. */
bool k8s_master_is_ours(const struct policy *p, const struct setting *s, bool host_is_set);

/* Is it built of those variables, as the kubelet, a shell or envsubst puts them in: $(NAME), $NAME, ${NAME}? */
bool k8s_master_is_variable(struct slice value);

/* May the container have a KUBERNETES_SERVICE_HOST or port of its own: in env, or by an envFrom that nobody sees? A port
 * can be a host: "https://10.0.0.1:443@elsewhere". */
bool k8s_host_is_set(const struct environment *env);

#endif
