/*
 * java_options.h - the options that a JVM gets from a text: split into words, and -Dkey=value read.
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
	JAVA_MACHINE,  /* the JVM's own: JAVA_TOOL_OPTIONS, _JAVA_OPTIONS, JDK_JAVA_OPTIONS; quotes alone */
	JAVA_SHELL     /* that of bin/spark-class, which puts $SPARK_LAUNCHER_OPTS in without quotes: blanks alone part it */
};

/* The words of text without their quotes, a '\0' for each blank between them; of JAVA_LAUNCHER as spark-class hands them on. */
struct slice java_words(struct arena *a, struct slice text, enum java_reader reader);

/* text as spark-class hands it on: ARG=${_ARG//$'\r'}. The same slice where it has no carriage return. */
struct slice java_without_returns(struct arena *a, struct slice text);

/* "-Dkey=value" or "-Dkey". */
bool java_property(struct slice word, struct slice *key, struct slice *value);

/* Who wrote the words: what may be there in place of an option. */
enum java_words_of {
	JAVA_WORDS_PLAIN, /* nothing more is expanded, except $(NAME) of an unknown value */
	JAVA_WORDS_SHELL, /* a shell will expand something: $(cat f) */
	JAVA_WORDS_FILE   /* a file's, which may be a template: OPTIONS_OF_JAVA */
};

/* Is one of the words of java_words() neither an option nor the value of one? java takes it for the class to run, and the class
 * that Spark writes after it for an argument. The same goes for -jar and -m. In a file only a class of Spark's own counts. */
bool java_names_class(struct slice words, enum java_words_of of);

/* The next -Dkey=value for exactly this key in *text, which is shell source without its quotes; *text is moved past it.
 * What the shell expands stays in value as written, and may supply the "=", too. */
bool java_property_next(struct slice *text, struct slice key, struct slice *value);

#endif
