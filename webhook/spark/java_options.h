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
	JAVA_MACHINE,  /* the JVM's own: JAVA_TOOL_OPTIONS, _JAVA_OPTIONS, JDK_JAVA_OPTIONS; quotes alone */
	JAVA_SHELL     /* that of bin/spark-class, which puts $SPARK_LAUNCHER_OPTS in without quotes: blanks alone part it */
};

/* The words of text without their quotes, a '\0' behind each. */
struct slice java_words(struct arena *a, struct slice text, enum java_reader reader);

/* "-Dkey=value" or "-Dkey". */
bool java_property(struct slice word, struct slice *key, struct slice *value);

/* Who wrote the words: what may stand there in place of an option. */
enum java_words_of {
	JAVA_WORDS_PLAIN, /* nobody puts anything in any more, but for $(NAME) that nobody knows */
	JAVA_WORDS_SHELL, /* a shell will put something in: $(cat f) */
	JAVA_WORDS_FILE   /* a file's, which may be a template: OPTIONS_OF_JAVA */
};

/* Is there a word among those of java_words() that is no option, nor the value of one? It is the class that java runs, and the
 * one that Spark writes behind it is an argument. So are -jar and -m. Of a file only a class of Spark's own counts. */
bool java_names_class(struct slice words, enum java_words_of of);

/* The next -Dkey=value of that very key in *text, the source of a shell without its quotes; *text goes on behind it.
 * What the shell makes stays in value as it is written, and may make the "=", too. */
bool java_property_next(struct slice *text, struct slice key, struct slice *value);

#endif
