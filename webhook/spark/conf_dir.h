/*
 * conf_dir.h - the file that Spark itself reads its settings from: is it one that we see?
 *
 * A server whose command line names no master has it from a file, and then it matters which. What a pod has elsewhere
 * (a volume that nothing mounts, a right ConfigMap behind a Secret that is mounted over it) does not make it right.
 *
 * Spark reads --properties-file, else spark-defaults.conf in SPARK_CONF_DIR, else in $SPARK_HOME/conf
 * (bin/load-spark-env.sh, launcher's AbstractCommandBuilder.getConfDir). Where the pod sets neither, the image does: then
 * it is /opt/spark/conf (apache/spark-docker) or any folder "conf" of something called spark that has a mount.
 *
 * Ownership: arena. Threads: no state.
 */
#ifndef SPARK_CONF_DIR_H
#define SPARK_CONF_DIR_H

#include "spark/environment.h"
#include "spark/files.h"

/* Where is looked: the pod's and a container's part in it. */
struct conf_search {
	struct arena *a;
	const struct json *spec, *container;
	const struct lookups *lookups;
	const struct pod_files *files;
	const struct environment *env;
};

/*
 *	covered         a mount stands there that may hold anything: nobody can tell
 *	mounted, file   that text, and no other, is read
 *	mounted         no such text is read: there is none, and none can be put there
 *	none of these   nothing is mounted there: an image, or a script that copies, decides
 *	elsewhere       beside that: the pod itself says that it is read there, and not in the usual folder
 */
struct conf_file {
	bool mounted;
	const struct pod_file *file;
	const char *covered;   /* "Secret 's'" */
	const char *elsewhere; /* "the folder of env SPARK_CONF_DIR, where nothing is mounted," */
};

/* At path, as the command line names it. */
struct conf_file conf_file_at(const struct conf_search *c, struct slice path);

/* The folder at the start of a path like /usr/lib/spark/conf, or of one like /usr/lib/spark/conf/NAME: Spark's own, wherever an image
 * has it; SLICE_NONE of others. */
struct slice conf_folder_of(struct slice path, const char *name);

/* The file of that name in Spark's folder: "spark-defaults.conf", "spark-env.sh". */
struct conf_file conf_file_in_folder(const struct conf_search *c, const char *name);

#endif
