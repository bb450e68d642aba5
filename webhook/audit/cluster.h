/*
 * cluster.h - the world of an audit: what a live cluster has.
 *
 *	struct audit_source *source;
 *	if (audit_cluster_open(client, &options, &source, err) < 0) ...
 *	audit_cluster_close(source);
 *
 * Every kind is listed once over all namespaces, in pages, and the lists are merged by namespace: a hundred thousand
 * pods are a few hundred requests. That needs lists in the order of etcd's keys, in which API servers page; where one
 * comes in another order (or the account may list in single namespaces only) by_namespace asks each namespace by itself.
 *
 * A kind that may not be listed: workloads and ConfigMaps are an error, since a report without them is worthless; Services,
 * quotas, LimitRanges and PodTemplates, which Kubernetes' role edit lacks, are told to `say` and their findings left out.
 *
 * What appears or goes while the audit runs may or may not be in it. ConfigMaps that a server names and that have no
 * role of their own are asked for one by one, once a namespace.
 *
 * Ownership: client, policy and options must outlive it. Threads: one.
 */
#ifndef AUDIT_CLUSTER_H
#define AUDIT_CLUSTER_H

#include "audit/world.h"
#include "kube/client.h"

struct audit_cluster_options {
	const struct policy *policy;
	const char *const *namespaces; /* only these; count 0 = all */
	size_t namespace_count;
	bool by_namespace;
	void (*say)(void *closure, const char *text); /* something for standard error */
	/* Before each page and each object that is asked for, where it is set; -1 with err ends the audit. */
	int (*before)(void *closure, struct err *err);
	void *closure;
};

/* -1 with err where the namespaces cannot be read; one of options->namespaces that does not exist is an error. */
MUST_CHECK int audit_cluster_open(struct kube_client *client, const struct audit_cluster_options *options,
				  struct audit_source **ret, struct err *err);
void audit_cluster_close(struct audit_source *source); /* NULL is fine */

struct audit_cluster_figures {
	unsigned calls; /* requests to the API server */
	size_t objects; /* that were listed, of all kinds */
	size_t strays;  /* of namespaces that appeared meanwhile: not looked at */
};

struct audit_cluster_figures audit_cluster_figures(const struct audit_source *source);

#endif
