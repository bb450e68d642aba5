/*
 * k8s_master.h - which k8s:// masters are this cluster's own, and so may stay.
 *
 * The kubelet gives every container KUBERNETES_SERVICE_HOST and its port, and expands them for $(NAME) before anything
 * runs. A shell expands $NAME to whatever the script has made of it by then; in its text $(NAME) may be a command
 * once quotes are gone; and a shell has more ways to change either than a list could hold. So a master like that is
 * never taken for ours where a shell reads it: policy's k8sMaster, the same API server, is written instead.
 *
 * Threads: no state.
 */
#ifndef SPARK_K8S_MASTER_H
#define SPARK_K8S_MASTER_H

#include "policy/policy.h"
#include "spark/environment.h"

/* Is value policy's k8sMaster or one of its aliases? */
bool k8s_master_is_named(const struct policy *p, struct slice value);

/* Is it, in command or args themselves, built from what the kubelet expands
 * ("k8s://https://$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT_HTTPS)")? Not where host_is_set. */
bool k8s_master_is_put_in(const struct setting *s, bool host_is_set);

/* Either. */
bool k8s_master_is_ours(const struct policy *p, const struct setting *s, bool host_is_set);

/* Is it built from those variables, as the kubelet, a shell or envsubst expands them: $(NAME), $NAME, ${NAME}? */
bool k8s_master_is_variable(struct slice value);

/* May the container have its own KUBERNETES_SERVICE_HOST or port: in env, or from an envFrom, whatever that holds now? A
 * port can hide a host: "https://10.0.0.1:443@elsewhere". */
bool k8s_host_is_set(const struct environment *env);

#endif
