/*
 * world.h - what exists, as an audit walks over it: namespace by namespace, in each its ConfigMaps, then its pod
 * controllers, then its pods.
 *
 *	struct audit_source *source = ...;                 // audit/cluster.h, command/audit_files.c
 *	while ((rc = audit_next_namespace(source, &ns, err)) > 0)
 *		while ((rc = audit_next_object(source, &object, err)) > 0)
 *			judge(&ns, &object);
 *
 * The order is the same on every run over the same world: namespaces by name (as etcd orders what is in them: "a-b"
 * before "a"), kinds as in audit_kinds[], objects by name.
 *
 * Memory: a source holds the namespaces, one page of each kind, and what struct audit_namespace has; whatever the
 * cluster holds.
 *
 * Ownership: what a call returns lives until the next call of the same function; the struct audit_namespace given must
 * stay where it is until then, for its ConfigMaps come with its objects. Threads: one.
 */
#ifndef AUDIT_WORLD_H
#define AUDIT_WORLD_H

#include "facts/index.h"

/* A namespace and what is in it beside workloads. Lists whose kind could not be read are empty. */
struct audit_namespace {
	const char *name;
	const struct json *object;  /* the Namespace; NULL where it is not known (files that name it only) */
	struct facts_index *facts;  /* the Namespace and ConfigMaps of it; more of them are asked of the source */
	const struct json **quotas; /* ResourceQuotas */
	size_t quota_count;
	const struct json **limit_ranges; /* LimitRanges */
	size_t limit_range_count;
	struct texts services; /* names */
	bool services_known; /* could they be read? */
	struct texts connect_configs; /* names of the ConfigMaps with that role, as far as they were met: all of them
				       * once the first object that is not a ConfigMap was returned */

	/* The file where object was read; NULL and 0: in a cluster, and for a fact that was given beside the input. */
	const char *file;
	unsigned document;
	const struct yaml_document *yaml;
	const char *pointer;
};

/* One object. Of a pod or controller without a role only what hygiene reads is there: metadata, and the pod's volumes.
 */
struct audit_object {
	const struct json *object; /* apiVersion and kind included, without managedFields; of a pod status.phase */
	const char *kind;
	bool live;         /* it runs: read from a cluster, or from what somebody read there; not from a manifest */
	const char *owner; /* "Deployment spark-connect", if it is one of many of that; NULL = on its own */

	/* The file where it was read; NULL and 0: in a cluster. */
	const char *file;
	unsigned document;
	const struct yaml_document *yaml;
	const char *pointer;
};

struct audit_source;

struct audit_source_class {
	int (*next_namespace)(struct audit_source *source, struct audit_namespace *ret, struct err *err);
	int (*next_object)(struct audit_source *source, struct audit_object *ret, struct err *err);
	/* Put the ConfigMaps that needs names, and the world has, into ns->facts. */
	int (*fetch)(struct audit_source *source, struct audit_namespace *ns, const struct needs *needs,
		     struct err *err);
	size_t (*namespace_count)(const struct audit_source *source); /* for progress; 0 = not known yet */
};

/* One source; its struct begins with this. absent: what a ConfigMap is that fetch() did not find. */
struct audit_source {
	const struct audit_source_class *class;
	enum lookup_state absent;
	const char *facts_file; /* where Namespaces were given beside the input; NULL = nowhere */
	bool namespace_named;   /* of objects that name none, by -n */
};

/* 1 with *ret, 0 at the end, -1 with err. */
static inline int audit_next_namespace(struct audit_source *source, struct audit_namespace *ret, struct err *err)
{
	return source->class->next_namespace(source, ret, err);
}

static inline int audit_next_object(struct audit_source *source, struct audit_object *ret, struct err *err)
{
	return source->class->next_object(source, ret, err);
}

#endif
