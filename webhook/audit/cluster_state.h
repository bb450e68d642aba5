/*
 * cluster_state.h - private to audit/: a cluster that is being walked over. cluster_namespaces.c lists its namespaces,
 * cluster_cursor.c reads one kind page by page, cluster_facts.c keeps the ConfigMaps of the namespace under way, cluster.c
 * puts them together.
 */
#ifndef AUDIT_CLUSTER_STATE_H
#define AUDIT_CLUSTER_STATE_H

#include "audit/cluster.h"
#include "audit/kinds.h"
#include "kube/list.h"

/* Objects of one page: about 2 MB of text (kube/list.h), and as much again kept where all are of Spark. */
#define PAGE 200

/* A Namespace of the list. */
struct known {
	const char *name;
	const struct json *object;
};

/* One kind, read page by page; at most one page is kept. */
struct cursor {
	const struct audit_kind *kind;
	struct kube_list *list; /* NULL = not open */
	struct arena arena;     /* the page that is kept */
	const struct json **items;
	size_t count, at;
	char last[KUBE_NAME_MAX + 2]; /* namespace of the object before: lists are in order */
	bool refused;                 /* may not be listed */
};

struct cluster {
	struct audit_source source; /* first */
	struct kube_client *client;
	const struct audit_cluster_options *options;
	struct arena arena;   /* the namespaces */
	struct arena scratch; /* the page as it came */
	struct arena space;   /* the namespace under way: what it has beside workloads */
	struct arena facts;   /* its ConfigMaps */
	size_t fact_bytes;    /* that were put into facts, about */
	struct facts_index *index;   /* `facts` of the namespace under way */
	struct facts_index *missing; /* names of its ConfigMaps that were asked for and are not there */
	struct known *known;
	size_t known_count, known_cap;
	size_t next; /* namespace */
	size_t connect_config_cap;
	size_t kind; /* of the objects under way */
	const char *namespace;
	struct audit_namespace *under_way; /* the caller's, and gone when it closes us */
	struct cursor cursors[AUDIT_KIND_COUNT];
	struct audit_cluster_figures figures;
};

/* Find the namespaces: all, or those that are asked for. */
MUST_CHECK int cluster_find_namespaces(struct cluster *c, struct err *err);
bool cluster_knows(const struct cluster *c, const char *namespace);

/* options->before, where it is set. */
MUST_CHECK int cluster_ask_before(const struct cluster *c, struct err *err);

/* For the namespace under way. */
void cluster_open_cursor(struct cluster *c, struct cursor *cursor);

/* The cursor's next object of the namespace under way, until the next call: 1, 0 where there is none (any more), -1. */
MUST_CHECK int cluster_next_of(struct cluster *c, struct cursor *cursor, const struct json **ret, struct err *err);

/* Facts of the namespace under way: forget them all, start over, keep within their bound, note a ConfigMap with a role, and
 * ask for one by one what a server names. */
void cluster_drop_facts(struct cluster *c);
void cluster_begin_facts(struct cluster *c, struct audit_namespace *ns);
void cluster_bound_facts(struct cluster *c);
void cluster_note_config_map(struct cluster *c, const struct json *object);
MUST_CHECK int cluster_fetch(struct cluster *c, struct audit_namespace *ns, const struct needs *needs, struct err *err);

#endif
