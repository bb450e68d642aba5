/*
 * script_conf.h - does a container make the file that Spark reads by itself, in the text of its commands?
 *
 *	cat > $SPARK_HOME/conf/spark-defaults.conf <<EOF        # seen by nobody but Spark
 *	cp /config/spark-defaults.conf $SPARK_HOME/conf/        # a mounted text, which counts as read anyway (files.h)
 *
 * What is written so is not read here: it is one more file that was not seen. A text of a ConfigMap that is copied,
 * linked or rendered counts wherever it goes, so such commands are none of these.
 *
 * The texts are cut into words and operators (script_words.h), without a parser: what matters is whether a command names
 * the file and is known to write: by a redirection into it, or as a program of a list. What is wrongly taken for a writer
 * costs a warning, and defaults that could be written; programs that nobody has heard of only read.
 *
 * Ownership: arena. Threads: no state.
 */
#ifndef SPARK_SCRIPT_CONF_H
#define SPARK_SCRIPT_CONF_H

#include "spark/files.h"

/* What was found out of a container's texts: with files that were seen, and without. All zero at first. */
struct script_conf {
	bool known[2];
	const char *unseen[2];
};

/* What command and args of container write to spark-defaults.conf, or where they move it by SPARK_CONF_DIR, for a message:
 * "file 'spark-defaults.conf' (made by a command)"; NULL: nothing that was not seen. found: of this container,
 * asked for all its lines. */
const char *script_conf_unseen(struct arena *a, const struct json *spec, const struct json *container, const struct pod_files *files,
			       struct script_conf *found);

#endif
