/*
 * kinds.h - the kinds that an audit looks at, in its order, and what it keeps of an object of each.
 *
 * Private to audit/. Ownership: the arena given. Threads: no state.
 */
#ifndef AUDIT_KINDS_H
#define AUDIT_KINDS_H

#include "audit/world.h"

enum audit_class {
	AUDIT_BESIDE,   /* what a namespace has beside workloads: Service, ResourceQuota, LimitRange */
	AUDIT_WORKLOAD, /* ConfigMaps, controllers, pods: judged */
};

struct audit_kind {
	const char *kind, *api_version;
	const char *group_path; /* "/apis/apps/v1" */
	const char *resource;   /* "deployments" */
	enum audit_class class;
	bool may_be_lacking; /* who may not list it has an audit all the same: its findings are left out, which is said */
};

#define AUDIT_KIND_COUNT 13

/* Those beside first, then workloads: ConfigMap, the eight controllers, Pod. */
extern const struct audit_kind audit_kinds[AUDIT_KIND_COUNT];

/* Where those stand in it that somebody asks for. */
enum { AUDIT_SERVICE, AUDIT_QUOTA, AUDIT_LIMIT_RANGE, AUDIT_FIRST_WORKLOAD, AUDIT_CONFIG_MAP = AUDIT_FIRST_WORKLOAD };

/* Is item (of a list: without kind and apiVersion) of interest? Not so: a controller that is another one's (its owner's
 * line tells), a pod that has ended or is about to, a ConfigMap without a role, a workload that is not Spark's and
 * mounts no ConfigMap. */
bool audit_wants(const struct audit_kind *kind, const struct policy *policy, struct arena *a, const struct json *item);

/* What an audit reads of item, a copy in a; NULL where it is not wanted. */
const struct json *audit_keep(const struct audit_kind *kind, const struct policy *policy, struct arena *a,
			      const struct json *item);

/* As etcd orders the keys of what is in namespaces, "/registry/pods/NAMESPACE/NAME": a "/" follows the namespace. */
int audit_compare_namespaces(const char *a, const char *b);

#endif
