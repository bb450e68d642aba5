/*
 * options.h - the options of spark-submit, read from words as Spark reads them.
 *
 * Source: launcher/SparkSubmitOptionParser.java (names, `--name=value`, order),
 * launcher/SparkSubmitCommandBuilder.java (mixed arguments), core
 * deploy/SparkSubmitArguments.scala and SparkSubmit.scala (which key an option
 * sets). 3.5 and 4.x are alike, except for options that only 4.x has: those count as options for both, unless
 * their value looks like an option, or may be one. 3.5 would read that as one, so such an option is opaque.
 *
 * A word whose beginning is not known may itself be an option, or several: it is
 * listed as OPTION_OPAQUE. Where an option takes a value, the next word is that
 * value, whatever it holds.
 *
 * Ownership: everything in the arena. Threads: as the arena.
 */
#ifndef SPARK_OPTIONS_H
#define SPARK_OPTIONS_H

#include "spark/words.h"

enum option_kind {
	OPTION_KEY,    /* a dedicated option: name says which, key may be NULL (--class, --kill, ...) */
	OPTION_CONF,   /* --conf K=V with a known K */
	OPTION_SWITCH, /* --verbose */
	OPTION_OPAQUE  /* cannot be known: any option, or any number of them */
};

struct option {
	enum option_kind kind;
	struct slice name;  /* canonical: "--master"; ptr NULL for a word that is opaque */
	struct slice key;   /* the Spark key it sets; ptr NULL for none */
	struct slice value; /* of the option, or V of K=V */
	bool literal;       /* is value known exactly? */
	size_t word;        /* index of the option's word */
	size_t holder;      /* index of the word that holds the value: the same as word for --name=value */
	size_t offset;      /* of value within that word's value */
	bool swallows;      /* OPTION_OPAQUE: may end in an option without its value, which then takes the next word */
	bool swallowed;     /* this option's word is that next word */
};

/* Where may options stand? spark-submit and spark-class read them by Spark's launcher, which takes those behind the application too once
 * --class is one of few (SparkSubmitCommandBuilder.specialClasses). Without it, as java runs SparkSubmit, what follows the application is
 * the application's. */
enum mixing { MIXED_BY_CLASS, MIXED_ALWAYS, MIXED_NEVER };

struct options {
	struct option *items;
	size_t count, cap;
	size_t end;     /* index of the application resource, or the number of words: options end here */
	bool mixed;     /* options are honoured anywhere after what says so */
	bool opaque;    /* one of them may be any option */
	size_t missing; /* index of a final option that lacks its value; SIZE_MAX where there is none */
};

/* Read words into *list, whose array is reused. MIXED_ALWAYS: the program implies one of those classes. Removed words are skipped. */
void options_read(struct options *list, struct arena *a, const struct argument *words, size_t count, enum mixing mixing);

/* words, from which list was read, has had a known option and its value inserted at index at: make list what reading
 * everything again would give. false: the two are not between options, and list is unchanged; read everything again. */
bool options_insert(struct options *list, struct arena *a, const struct argument *words, size_t count, size_t at);

/* The value of option items[at] has been replaced, by one that is literal: make list what reading everything again would give. false:
 * the word that holds it means more than that, and list is unchanged; read everything again. */
bool options_replace(struct options *list, const struct argument *words, size_t at);

/* The last option with that canonical name; NULL where there is none. */
const struct option *options_last(const struct options *list, struct slice name);

/* The dedicated option for key ("--master"), NULL where there is none. */
const char *option_for_key(struct slice key);

/* Does word begin with an option of spark-submit: "--master", "--master=x"? */
bool option_is_known(struct slice word);

/* The same, and one that has a value, in the same word or the next. */
bool option_takes_value(struct slice word);

/* Is it the main class of a Connect server, or that of spark-submit? Also with slashes, as java takes it. */
bool class_is_connect_server(struct slice name);
bool class_is_submit(struct slice name);

/* Is it called as one is (com.acme.MySparkConnectServer)? To spark-submit it is an application like any other: with options in front
 * of its jar alone. */
bool class_is_called_server(struct slice name);

#endif
