/*
 * mounted_scripts.h - private to spark/: is a program that has the name of one of Spark's a file that somebody mounted?
 *
 *	command: [/scripts/start-connect-server.sh]             # a ConfigMap at /scripts: it may ignore what it is given
 *	cp /scripts/start-connect-server.sh /tmp; exec /tmp/... # a copy of it
 *
 * Yes where its path lies in a ConfigMap, a Secret or a projected volume; where one is mounted, by a subPath, under that name or
 * under one that Spark's own scripts run; and, whatever its path is, where such a volume of the container has a file of that name, as
 * far as that can be told: commands copy it, change folders, set PATH. What is in other volumes counts as an image's: init containers
 * unpack a whole Spark into an emptyDir. A copy under another name is not found (docs/threat-model.md).
 *
 * Threads: as the arena.
 */
#ifndef SPARK_MOUNTED_SCRIPTS_H
#define SPARK_MOUNTED_SCRIPTS_H

#include "spark/lookups.h"
#include "spark/words.h"

/* Each is a look at every volume and mount; more programs than this are taken for mounted ones. No pod may have so many servers. */
#define MOUNTED_LOOKS_MAX 32u

struct mounted_scripts {
	const struct json *spec;       /* of the pod */
	const struct lookups *lookups; /* NULL: no ConfigMap is known */
	unsigned looks;                /* so far */
};

/* program: a word of container's commands. */
bool mounted_scripts_have(struct mounted_scripts *m, struct arena *a, const struct json *container, const struct word *program);

#endif
