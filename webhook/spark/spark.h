/*
 * spark.h - what sparkgate knows about Spark, as admission/ needs it: which
 * files a pod reads, how it is put on a backend, and whether it is on it.
 *
 * Rewriting and checking are separate on purpose: a check looks at an object as it
 * is and never asks what rewriting would have done (docs/contract.md 3).
 *
 * Ownership: everything in the arena given. Threads: no state. Nothing here reads
 * a clock, a file or the network.
 */
#ifndef SPARK_SPARK_H
#define SPARK_SPARK_H

#include "base/json.h"
#include "base/json_patch.h"
#include "base/limits.h"
#include "policy/namespace.h"
#include "policy/policy.h"
#include "policy/role.h"
#include "spark/setting.h"

/* What is known about a ConfigMap that a pod names. */
enum lookup_state {
	LOOKUP_UNSEEN,  /* not asked for, too late, or the API server gave no answer */
	LOOKUP_MISSING, /* there is none with that name (yet) */
	LOOKUP_FOUND
};

struct lookup {
	const char *name;
	enum lookup_state state;
	const struct json *object; /* the ConfigMap; NULL unless found */
};

struct lookups {
	struct lookup items[LIMIT_LOOKUPS];
	size_t count;
	bool more; /* the pod names more than LIMIT_LOOKUPS */
};

/* The names of the ConfigMaps that the pod's volumes, projected volumes, and the envFrom and env of its containers and
 * init containers refer to, without repetition, all LOOKUP_UNSEEN. kube-root-ca.crt is left out. */
void spark_pod_lookups(struct arena *a, const struct json *spec, struct lookups *ret);

struct servers; /* the containers that run a Connect server: spark/server.h */

/* No real pod has more containers that run Spark than this; any further ones count as not running it. */
#define SPARK_CONTAINERS_MAX 32

/* The containers of a pod that run Spark, init containers included; side-cars do not count, even with Spark's image.
 * Where nothing tells: the first that may be a server, else the pod's only container, else none. Each points into the
 * pod's spec. */
struct spark_containers {
	const struct json *items[SPARK_CONTAINERS_MAX];
	size_t count;
};

/* A pod (or a controller's template) to be rewritten or checked. */
struct spark_pod {
	const struct json *metadata, *spec;
	const char *pointer; /* where metadata and spec are in the object: "" or "/spec/template" */
	const struct lookups *lookups;
	const struct namespace *ns; /* with the object's override already applied */
	struct role_match match; /* role_of_pod()'s; another after spark_pod_open() where words only name a server */
	bool ephemeral; /* look only at its ephemeral containers: those added to a running pod */

	/* Read by spark_pod_open(). */
	struct servers *servers;
	struct spark_containers running;
	spark_version version; /* of the first of `running`: label spark-version, jar name, image tag, label
				* app.kubernetes.io/version, else the namespace's, else the policy's default; never 0 */
	const char *version_from; /* which of these, for people: "label spark-version"; NULL = one of the last two */
};

/* Read the pod's command lines and version: only once, since they can be texts of any length. The members above must be
 * set. A rewritten pod is opened anew before it is checked. */
void spark_pod_open(const struct policy *p, struct arena *a, struct spark_pod *pod);

/* The role of a pod as spark_pod_open() settles it, by reading its commands where words make it a Connect server's. */
struct role_match spark_role_of_pod(const struct policy *p, struct arena *a, const struct json *metadata, const struct json *spec);

/* pod: opened. Was something found that starts a server, or was there too much to tell? */
bool spark_pod_has_server(const struct spark_pod *pod);

struct spark_result {
	struct changes changes;
	struct findings findings;
};

/* Put the pod on its namespace's backend: append operations to patch, changes and warnings to result. Never refuses;
 * what cannot be done is found by spark_check_pod(). Edits the pod's command lines as opened, so this must be the last
 * use of this struct. */
void spark_rewrite_pod(const struct policy *p, struct arena *a, const struct spark_pod *pod,
		       struct json_patch *patch, struct spark_result *result);

/* Is the pod, as it is, on its backend, and does it pass the connect.* checks? */
void spark_check_pod(const struct policy *p, struct arena *a, const struct spark_pod *pod,
		     struct findings *findings);

/* Warnings about an executor pod in a namespace whose backend is standalone. */
void spark_check_executor(const struct policy *p, struct arena *a, const struct spark_pod *pod,
			  struct findings *findings);

/* Warnings about a standalone daemon: open REST port, service links. */
void spark_check_daemon(const struct policy *p, struct arena *a, const struct spark_pod *pod,
			struct findings *findings);

/* The Spark version that a ConfigMap's labels give, else that of the namespace, which was read: never 0. */
spark_version spark_config_map_version(const struct policy *p, const struct json *config_map, const struct namespace *ns);

/* A connect-config ConfigMap: rewrite its properties texts (with BACKEND_NONE: back to what the user wrote) / check
 * them as they are. */
void spark_rewrite_config_map(const struct policy *p, struct arena *a, const struct json *config_map,
			      const struct namespace *ns, struct json_patch *patch, struct spark_result *result);
void spark_check_config_map(const struct policy *p, struct arena *a, const struct json *config_map,
			    const struct namespace *ns, struct findings *findings);

/* May the ConfigMap be rewritten at all? (Not where it is immutable, made by Spark, labelled sparkgate.io/role=none or
 * named by the policy as never to be rewritten, or where the namespace says check or off.) */
bool spark_config_map_is_writable(const struct policy *p, const struct json *config_map, const struct namespace *ns);

#endif
