/*
 * files.h - the properties texts that a container may read: those of the ConfigMaps
 * that the pod's volumes name.
 *
 * Which text ends up as which file is often not knowable (an init container renders
 * it, a script copies it), so every properties text counts as read that is mounted in the container, or, where it shares a volume
 * with others, in any; the one that a command line names comes last, and so wins. What only a side-car has that shares nothing
 * does not. A path that lies in a mounted ConfigMap is knowable: nobody can write there. What may be believed of the master is conf_dir.h's.
 *
 * Ownership: arena. Threads: no state.
 */
#ifndef SPARK_FILES_H
#define SPARK_FILES_H

#include "spark/environment.h"
#include "spark/volume_uses.h"

struct script_conf; /* script_conf.h */

struct pod_file {
	const char *volume;
	const char *config_map, *key; /* "spark-conf", "spark-defaults.conf" */
	const char *path;             /* below the volume: the key, or what `items` makes of it; or the name it is mounted under */
	struct slice text;            /* as it stands in the ConfigMap */
	const struct json *object;    /* the ConfigMap */
};

/* Sources of volumes that are looked at in one pod. */
#define SOURCES_MAX 64

struct pod_files {
	const struct json *spec; /* of the pod, and what was found for it: for texts of any kind */
	const struct json *container;
	const struct lookups *lookups;
	const struct volume_uses *uses;
	bool fed; /* others share a volume with container where they can leave what they have read, copied or rendered */
	struct pod_file *items;
	size_t count, cap;
	size_t sources, bytes; /* read so far: both are bounded */
	struct pod_file *binary; /* keys of binaryData (kubectl: what is no UTF-8), which nobody reads here; no text */
	size_t binary_count, binary_cap;
	const char *missing; /* the first that a pod may read and that was not: "ConfigMap 'x' (not found)" */
};

/* A key of a ConfigMap that was found, and where it stands in a volume. */
struct held_key {
	const struct lookup *config_map;
	struct slice key;
	const char *volume;
	struct slice path;
};

/* *ret has spec, its container, lookups and uses, and all else is zero. */
void pod_files_find(const struct policy *p, struct arena *a, struct pod_files *ret);

/*
 * Texts of any kind: what is read as properties is read so whatever its name or its look says. Those that look like
 * something else are not among the files of a pod until something names them.
 */

/* The text of a key, of files or made; NULL where it has none, or more than is read. */
const struct pod_file *pod_files_text(struct arena *a, const struct pod_files *files, const struct held_key *held);

/* What container has at path, since a ConfigMap is mounted there; NULL where nobody can say. */
const struct pod_file *pod_files_at(struct arena *a, const struct json *container, const struct pod_files *files,
				    struct slice path);

/* Of a path of which only the last part is known: put behind the others what a volume that reaches container has under that name,
 * and what a subPath gives container under it. */
void pod_files_add_named(struct arena *a, const struct json *container, struct pod_files *files, struct slice name);

/* The latter alone. */
void pod_files_add_mounted_as(struct arena *a, const struct json *container, struct pod_files *files, struct slice name);

/* Which file, if any, that a command line with this --properties-file (ptr NULL: none given; env names the folder then)
 * reads could not be seen: "Secret 's'", "ConfigMap 'x' (not found)", "file '/opt/conf/a.conf' of the image"; NULL = all were.
 * script: some commands run before Spark in container, and may write it; what is found out of them is kept there. NULL: none do. */
const char *pod_files_unseen(struct arena *a, const struct json *spec, const struct json *container,
			     const struct environment *env, const struct pod_files *files, struct slice properties_file,
			     struct script_conf *script);

/* Of a path whose folder is known at run time only ("$DIR/my.conf"): drop the texts that have another name, unless all
 * have. */
void pod_files_keep_named(struct pod_files *files, struct slice properties_file);

/* The texts in the order in which they count: the one that properties_file (or spark-defaults.conf) names last. */
void pod_files_order(struct pod_files *files, struct slice properties_file);

/* Behind all others, be it among them or not: it is the one that is read. */
void pod_files_put_last(struct arena *a, struct pod_files *files, const struct pod_file *file);

#endif
