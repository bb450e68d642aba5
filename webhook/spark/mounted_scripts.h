/*
 * mounted_scripts.h - private to spark/: is a program that has the name of one of Spark's a file that somebody mounted?
 *
 *	command: [/scripts/start-connect-server.sh]             # a ConfigMap at /scripts: it may ignore what it is given
 *	cp /scripts/start-connect-server.sh /tmp; exec /tmp/... # a copy of it
 *	command: [start-connect-server.sh]                      # and a ConfigMap with spark-submit at /opt/spark/bin
 *
 * Yes where its path lies in a ConfigMap, a Secret or a projected volume, and where such a volume gives the container, in whatever folder
 * (commands copy, change folders, set PATH, SPARK_HOME or JAVA_HOME), a file of that name or of one that Spark's scripts run: by a subPath,
 * by an item, or by a key of a ConfigMap that could be read. What is in other volumes counts as an image's: init containers unpack a whole
 * Spark into an emptyDir. A copy under another name is not found (docs/threat-model.md).
 *
 * Work: once a pod its volumes, once a container its mounts and what they hold are collected and sorted; each program is one look at the
 * mounts. Ownership: arena. Threads: as the arena.
 */
#ifndef SPARK_MOUNTED_SCRIPTS_H
#define SPARK_MOUNTED_SCRIPTS_H

#include "spark/lookups.h"
#include "spark/words.h"

/* Programs looked at; more are taken for mounted ones. No pod may have so many servers. */
#define MOUNTED_LOOKS_MAX 32u

struct mounted_scripts {
	const struct json *spec;       /* of the pod */
	const struct lookups *lookups; /* NULL: no ConfigMap is known */
	unsigned looks;                /* so far */

	/* Kept by mounted_scripts.c. */
	struct script_volume *volumes; /* those that hold scripts, sorted by name; NULL: not collected yet */
	size_t volume_count;
	const struct json *container;  /* whose files these are: */
	struct slice *names;           /* sorted */
	size_t count, cap;
	const struct lookup *maps[LIMIT_LOOKUPS]; /* of these, all keys */
	size_t map_count;
	struct slice sparks; /* one of the files that Spark's scripts run; SLICE_NONE: none is there */
};

/* program: a word of container's commands. The name of the mounted file by which it cannot be trusted; SLICE_NONE where there is none. */
struct slice mounted_scripts_have(struct mounted_scripts *m, struct arena *a, const struct json *container, const struct word *program);

#endif
