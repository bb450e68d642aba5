/*
 * mounted_scripts.h - private to spark/: is a program that has the name of one of Spark's a file that somebody mounted?
 *
 *	command: [/scripts/start-connect-server.sh]             # a ConfigMap at /scripts: it may ignore what it is given
 *	cp /scripts/start-connect-server.sh /tmp; exec /tmp/... # a copy of it
 *	command: [start-connect-server.sh]                      # and a ConfigMap with spark-submit at /opt/spark/bin
 *
 * Yes where its path lies in a ConfigMap, a Secret or a projected volume, and where such a volume gives the container a file of that name,
 * in whatever folder (commands copy, change folders, set PATH), or, in a folder bin or sbin (of the image, of SPARK_HOME, of JAVA_HOME), one
 * that Spark's scripts run: by a subPath, by an item, or by a key of a ConfigMap that could be read. What is in other volumes counts as an
 * image's: init containers unpack a whole Spark into an emptyDir. A copy under another name is not found (docs/threat-model.md).
 *
 * Work: once a pod its volumes are sorted, once a volume its items; each program is one look at the mounts of its container. Ownership:
 * arena. Threads: as the arena.
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
};

/* program: a word of container's commands. The name of the mounted file by which it cannot be trusted; SLICE_NONE where there is none. */
struct slice mounted_scripts_have(struct mounted_scripts *m, struct arena *a, const struct json *container, const struct word *program);

#endif
