/*
 * setting.h - one Spark setting as somebody wrote it somewhere: the common
 * currency of the carriers.
 *
 * A carrier (argv, shell string, properties text, environment) is read into a
 * list of settings in the order in which Spark sees them; spark/effective.h says
 * which one wins.
 */
#ifndef SPARK_SETTING_H
#define SPARK_SETTING_H

#include "base/arena.h"
#include "policy/finding.h"

/* Where a setting comes from, strongest first (SparkSubmitArguments, spark-backends 1.1). */
enum setting_source {
	SOURCE_OPTION,          /* --master X: a dedicated option */
	SOURCE_CONF,            /* --conf K=V */
	SOURCE_PROPERTIES_FILE, /* --properties-file */
	SOURCE_DEFAULTS_FILE,   /* spark-defaults.conf */
	SOURCE_ENVIRONMENT      /* MASTER, SPARK_EXECUTOR_CORES, ... */
};

struct word;

struct setting {
	struct slice key;   /* "spark.master" */
	struct slice value; /* as Spark sees it; source text where it is not literal */
	bool literal;       /* false: the value holds something expanded at run time ($X, $(cmd), ${..}) */
	bool in_array;      /* directly in an element of command or args, without Kubernetes' $$: each $(NAME) is the kubelet's */
	bool globs;         /* a shell may turn it into file names or other words (`many` in words.h): an unquoted glob or expansion */
	enum setting_source source;
	struct place place; /* container, line; key and pointer only where they were free: setting_place() */
	struct word *element; /* of command or args, where the pointer is that of an element */
	const char *config_map; /* name of the looked-up ConfigMap that it was read from, else NULL */
	const char *data_key;   /* of the text in that ConfigMap; NULL where it is no file */
	uint32_t mark;          /* slice_mark() of key, set when it is added */
};

/* Most keys that are looked up are not set: one bit for each mark that is present says so without a search. */
#define SETTINGS_PRESENT_BITS 512

struct settings {
	struct setting *items;
	size_t count, cap;
	uint64_t present[SETTINGS_PRESENT_BITS / 64]; /* set when one is added */
};

/* false: no key with this mark is set. */
bool settings_may_have(const struct settings *list, uint32_t mark);

/* Is it on the command line itself? */
static inline bool setting_is_on_line(const struct setting *s)
{
	return s->source == SOURCE_OPTION || s->source == SOURCE_CONF;
}

static inline bool setting_is_of_file(const struct setting *s)
{
	return s->source == SOURCE_PROPERTIES_FILE || s->source == SOURCE_DEFAULTS_FILE;
}

/* Without surrounding blanks and control characters: Java's String.trim(), as Spark applies it to booleans
 * (properties.c trims values of files, but keeps CR and LF). */
struct slice setting_trim(struct slice value);

/* Does value say word, as Spark compares booleans and the like: "True" and " true " are true (ConfigBuilder.scala, toBoolean)?
 * word is in lower case. */
bool setting_value_says(struct slice value, const char *word);

static inline bool setting_says(const struct setting *s, const char *word)
{
	return setting_value_says(s->value, word);
}

/* Is value to Spark what wanted is: the same, or the same boolean? */
bool setting_value_same(struct slice value, struct slice wanted);

/* The whole number that value is to Spark, which trims it (ConfigBuilder.scala, toNumber) and takes a '+' (Integer.parseInt()); at
 * most max. -1: it is none. */
MUST_CHECK int setting_number(struct slice value, int64_t max, int64_t *ret);

/* Where setting is, for a finding: with its key, which is copied now. */
struct place setting_place(struct arena *a, const struct setting *setting);

/* Of a setting of a looked-up ConfigMap, the line where its author finds it: "ConfigMap 'x' line 3". */
const char *setting_line(struct arena *a, const struct setting *setting);

void settings_add(struct settings *list, struct arena *a, struct setting setting);

/* Add one of key that is like `like` in all else, which the caller may change in what is returned. */
struct setting *settings_add_like(struct settings *list, struct arena *a, struct slice key, const struct setting *like);

void settings_add_all(struct settings *list, struct arena *a, const struct settings *more);

/* Make room for count more, at once. */
void settings_reserve(struct settings *list, struct arena *a, size_t count);

/* The last setting of key from source; NULL where there is none. (Within one source the last wins.) */
const struct setting *settings_last(const struct settings *list, enum setting_source source, struct slice key);

/* Does text, a key or a value, mean that its setting must never be shown? By Spark's own redaction pattern
 * (spark.redaction.regex: secret|password|token|access.?key, case-insensitive). */
bool setting_is_secret(struct slice text);

/* The value, or "(redacted)"; in a URL only the password is hidden. */
const char *setting_show(struct arena *a, struct slice key, struct slice value);

#endif
