/*
 * java_options.h - options of a JVM as it gets them from a text: cut into words, and -Dkey=value read.
 *
 *	struct slice words = java_words(arena, text, JAVA_LAUNCHER), key, value;
 *	while (words.len > 0)
 *		if (java_property(slice_cut(&words, '\0'), &key, &value))
 *			...
 *
 * Linear. Ownership: arena. Threads: as the arena.
 */
#ifndef SPARK_JAVA_OPTIONS_H
#define SPARK_JAVA_OPTIONS_H

#include "base/arena.h"
#include "base/slice.h"

enum java_reader {
	JAVA_LAUNCHER, /* Spark's: SPARK_SUBMIT_OPTS, SPARK_DAEMON_JAVA_OPTS, spark.driver.extraJavaOptions; quotes, backslashes */
	JAVA_MACHINE   /* the JVM's own: JAVA_TOOL_OPTIONS, _JAVA_OPTIONS, JDK_JAVA_OPTIONS; quotes alone */
};

/* The words of text without their quotes, a '\0' behind each. */
struct slice java_words(struct arena *a, struct slice text, enum java_reader reader);

/* "-Dkey=value" or "-Dkey". */
bool java_property(struct slice word, struct slice *key, struct slice *value);

/* The next -Dkey=value of that very key in *text, the source of a shell without its quotes; *text goes on behind it.
 * What the shell makes stays in value as it is written, and may make the "=", too. */
bool java_property_next(struct slice *text, struct slice key, struct slice *value);

#endif
