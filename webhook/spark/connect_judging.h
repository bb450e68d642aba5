/*
 * connect_judging.h - what the checks that connect_check() asks share. Private to them.
 *
 * Ownership: arena. Threads: as the arena.
 */
#ifndef SPARK_CONNECT_JUDGING_H
#define SPARK_CONNECT_JUDGING_H

#include "spark/connect_checks.h"
#include "spark/env_text.h"

struct connect_judging {
	const struct connect_input *in;
	struct arena *a;
	struct findings *findings;
	struct env_texts *texts; /* of the container's variables */
	bool on_k8s;             /* Spark asks Kubernetes for executors */
};

/* Report a finding of rule, unless the policy turns it off. */
void judging_report(const struct connect_judging *c, const char *rule, const char *message, struct place place);

struct place judging_place(const struct connect_judging *c, const char *key);
struct place judging_env_place(const struct connect_judging *c, const char *name); /* the variable must exist */

const struct setting *judging_winner(const struct connect_judging *c, const char *key);

/* Where to look for it: "ConfigMap 'x' line 3" or "container 'server'". A value from a file is never shown. */
const char *judging_where(const struct connect_judging *c, const struct setting *s);

/* backend_checks.c: the keys of which the next two speak. */
#define BACKEND_KEYS 2u
extern const char *const backend_keys[BACKEND_KEYS];

/* That a text sets a key. */
struct mention {
	struct slice key, value;
	bool by_shell;      /* what is left of $X in value is a shell's to put in, not the kubelet's alone */
	const char *holder; /* "env X (container 'c')", as people find it */
	struct place place;
};

/* Is it one of these keys, with a value that takes the server off its backend, or may? Then that is said. */
bool backend_key_breaks(const struct connect_judging *c, const struct mention *m);

/* The same of all that a text of a shell may set, options of the JVM too. */
bool backend_text_breaks(const struct connect_judging *c, struct slice text, const char *holder);

/* Texts that an expansion of a command line may put there. Asked once of all lines that a container holds. */
void backend_check(const struct connect_judging *c);

/* java_checks.c: the options of the server's JVM, in which -Dkey=value is the weakest way to set a key. */
void java_check(const struct connect_judging *c);

/* Is it a variable whose value becomes such options? */
bool java_reads_variable(struct slice name);

/* return_checks.c: what Spark reads otherwise than it is written, for its carriage returns. */
void return_check(const struct connect_judging *c);

/* spark_env_checks.c: spark-env.sh, where a ConfigMap that could be read gives it. */
void spark_env_check(const struct connect_judging *c);

/* bash_checks.c: variables in which bash finds commands. Asked once of all lines that a container holds. */
void bash_check(const struct connect_judging *c);

#endif
