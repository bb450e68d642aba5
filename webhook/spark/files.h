/*
 * files.h - the properties texts that a pod's containers may read: those of the
 * ConfigMaps that its volumes name.
 *
 * Which text ends up as which file is often not knowable (an init container renders
 * it, a script copies it), so every properties text of a mounted ConfigMap counts as read; the one
 * that a command line names comes last, and so wins. A path that lies in a mounted ConfigMap is
 * knowable: nobody can write there. What may be believed of the master is conf_dir.h's.
 *
 * Ownership: arena. Threads: no state.
 */
#ifndef SPARK_FILES_H
#define SPARK_FILES_H

#include "spark/spark.h"

struct pod_file {
	const char *volume;
	const char *config_map, *key; /* "spark-conf", "spark-defaults.conf" */
	const char *path;             /* below the volume: the key, or what `items` makes of it */
	struct slice text;            /* as it stands in the ConfigMap */
	const struct json *object;    /* the ConfigMap */
	bool mounted;                 /* false: no container has the volume, so nothing in the pod can read it */
};

struct pod_files {
	const struct json *spec; /* of the pod, and what was found for it: for pod_files_at() */
	const struct lookups *lookups;
	struct pod_file *items;
	size_t count, cap;
	size_t sources, bytes; /* read so far: both are bounded */
	struct pod_file *binary; /* keys of binaryData (kubectl: what is no UTF-8), which nobody reads here; no text */
	size_t binary_count, binary_cap;
	const char *missing; /* the first that a pod may read and that was not: "ConfigMap 'x' (not found)" */
};

/* Every namespace has it, and it holds a certificate. */
bool is_root_ca(const char *name);

/* NULL where the ConfigMap was not asked for. lookup_why(): of one that was not found. */
const struct lookup *lookup_of(const struct lookups *lookups, const char *name);
const char *lookup_why(const struct lookup *lookup);

void pod_files_find(const struct policy *p, struct arena *a, const struct json *spec, const struct lookups *lookups,
		    struct pod_files *ret);

/* The text that container certainly reads at path, since a ConfigMap is mounted there, of whatever kind it is; NULL where nobody can say. */
const struct pod_file *pod_files_at(struct arena *a, const struct json *container, const struct pod_files *files,
				    struct slice path);

/* Which file, if any, that a command line with this --properties-file (ptr NULL: none given) reads could not be
 * seen: "Secret 's'", "ConfigMap 'x' (not found)", "file '/opt/conf/a.conf' of the image"; NULL = all were. */
const char *pod_files_unseen(struct arena *a, const struct json *spec, const struct json *container,
			     const struct pod_files *files, struct slice properties_file);

/* Of a path whose folder is known at run time only ("$DIR/my.conf"): drop the texts that have another name, unless all
 * have. */
void pod_files_keep_named(struct pod_files *files, struct slice properties_file);

/* The texts in the order in which they count: the one that properties_file (or spark-defaults.conf) names last. */
void pod_files_order(struct pod_files *files, struct slice properties_file);

/* Behind all others: it is the one that is read. */
void pod_files_put_last(struct pod_files *files, const struct pod_file *file);

#endif
