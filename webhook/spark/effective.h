/*
 * effective.h - which of several settings of one key wins, by Spark's own order
 * (SparkSubmitArguments; spark-backends 1.1-1.3): dedicated option, --conf,
 * --properties-file, spark-defaults.conf, environment; within one source the
 * last.
 *
 * The properties file replaces spark-defaults.conf; only with 4.x's
 * --load-spark-defaults does the latter fill in what the file lacks. Which
 * looked-up text is read as which file often cannot be known (an init container
 * renders it, a template step copies it), so every looked-up text that a Connect
 * container mounts counts as read, and each setting says where it was found.
 *
 * Threads: no state. Ownership: arena.
 */
#ifndef SPARK_EFFECTIVE_H
#define SPARK_EFFECTIVE_H

#include "spark/setting.h"

/* All settings of a pod's Connect invocation (or of one ConfigMap text). */
struct view {
	struct settings settings;
	const char *unseen; /* what could not be read: "ConfigMap 'x' (not found)"; NULL = everything was */
	bool host_is_set;   /* k8s_host_is_set(): a master built from variables does not count as this cluster's */
	const char *covered; /* what is mounted over the file that Spark reads, and may say anything: "Secret 's'"; NULL = nothing */
	bool guessed;       /* several files were seen, and there is no telling which is read: it may be any of them, or none */
	const char *sure;   /* where guessed: data_key (compare addresses) of the file that certainly is read and wins; NULL = none */
};

/* The setting that Spark would use for key; NULL where there is none. */
const struct setting *view_winner(const struct view *view, struct slice key);

/* The same among the files alone (both kinds). */
const struct setting *view_file_winner(const struct view *view, struct slice key);

/* Does winner come from a file that may not be the one that is read? */
bool view_is_guess(const struct view *view, const struct setting *winner);

/* The last setting of key in a file with another value than value; NULL: none. */
const struct setting *view_file_unlike(const struct view *view, struct slice key, struct slice value);

#endif
