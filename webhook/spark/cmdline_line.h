/*
 * cmdline_line.h - private to spark/: what an invocation is made of.
 *
 * A container's command and args are two array carriers; each text that a shell in them
 * runs is a text carrier inside one word. An invocation is a list of words
 * from any of these: in `bash -c 'exec start.sh "$@"' sh --master X` the program is in
 * the text and the options are in the array. Editing marks words; cmdlines_patch() renders.
 */
#ifndef SPARK_CMDLINE_LINE_H
#define SPARK_CMDLINE_LINE_H

#include "spark/cmdline.h"
#include "spark/kube_refs.h"
#include "spark/options.h"
#include "spark/shell.h"
#include "spark/word_roles.h"
#include "spark/words.h"

/* One container, shared by its lines. */
struct cmdline_home {
	struct arena *arena;
	const char *pointer; /* "/spec/containers/0" */
	const char *name;
	struct kube_env *env;
	struct carrier command, args;
	struct carrier **texts; /* outer ones before inner ones */
	size_t text_count, text_cap;
	bool goes_on; /* behind a start a shell comes to a command that may run for long */
	struct wait_facts {
		bool known;
		bool named;     /* --wait is somewhere in the container */
		bool no_daemon; /* SPARK_NO_DAEMONIZE is */
		bool stays;     /* a tail, sleep or wait is */
		bool positional_unseen; /* what "$@" begins with; found out for the first texts_seen texts */
		size_t texts_seen;
		unsigned followed, asked; /* how often all words were read for a variable, for a key */
	} wait; /* kept by cmdline_wait.c */
};

struct cmdline {
	struct cmdline_home *home;
	enum program program;
	enum class_state class;
	enum mixing mixing;     /* where its options may stand */
	bool evaluated;         /* eval reads its words once more */
	bool counts;            /* a Connect server's, or of unknown class; others count only if none of these is found */
	struct argument *words; /* the arguments: `lead` fixed ones of the image, ours, `trail` fixed ones */
	size_t count, cap, lead, trail;
	struct argument head; /* new options may go right after this word */
	struct word *front;   /* the last one that was written there; NULL: none */
	size_t stay;          /* words after head in front of which nothing may be written: --wait may be in them */
	bool stay_unseen;     /* what they hold is not in the pod */
	bool waits;           /* its first argument is, or may be, --wait */
	struct options options;
};

/* How an invocation begins, as program_find() saw it. */
struct start {
	enum program program;
	bool implied;                       /* the program implies the server's class */
	enum mixing mixing;                 /* MIXED_ALWAYS although the class is another: spark-shell */
	size_t head;                        /* index of the word after which options may go */
	const struct entrypoint_role *role; /* PROGRAM_ENTRYPOINT */
	const struct word *named;           /* the word that has the name of a program of Spark's, or java; NULL: it is none of these */
};

/* The invocation that begins as start says. */
struct cmdline line_begin(struct cmdline_home *home, const struct start *start, const struct argument *words, size_t count);

/* Does its program end once it has printed something, or told the master something about another driver? */
bool line_starts_nothing(const struct cmdline *line);

/* Read the options again after an edit. */
void cmdline_refresh(struct cmdline *line);

/* "/spec/containers/0/args/3": the element that holds the word, and the line within it. */
struct place cmdline_place(const struct cmdline *line, struct word *word, struct slice key);

/* Does an invocation of Spark begin in words[0..count)? *ret says where. in_entrypoint: words are args without a command, so
 * words[0] may be a role. */
bool program_find(const struct policy *policy, const struct argument *words, size_t count, bool in_entrypoint,
		  struct start *ret);

/* Is the start at words[head] an argument of another program, which may start something else: of a class that java runs, a script of
 * perl -e, a shell that reads its script (bash -s)? Or the name that `env -u` or `exec -a` takes? */
bool program_is_argument(const struct argument *words, size_t head);

/* The text that words pass to a shell (sh -c, su -c, eval): its index; 0 where there is none. */
size_t program_inner_text(const struct argument *words, size_t count);

/* Does one of the first count words run the words after it with more words appended (xargs)? Those would override what
 * is written here. */
bool program_adds_words(const struct argument *words, size_t count);

/* Behind `exec`, `nohup`, `nice -n 10`, `timeout 5`, `tini --`, `gosu USER`: the index of what they run; of the last wrapper where
 * that is nothing (`timeout 5`). Below count, unless that is 0. Options are passed only of those of which none has the name of a file
 * for its value (exec -a NAME, env -u NAME, time -o FILE have). */
size_t program_behind_wrappers(const struct argument *words, size_t count);

/* Do the words (at least one) run a program that starts nothing (echo, cp, pgrep ...), maybe behind exec, nice or timeout? */
bool program_is_harmless(const struct argument *words, size_t count);

/* For such a program (at least one word): does it keep a text that something else may run (export, alias, trap), or run
 * one itself (find -exec, awk 'system(...)')? */
bool program_hands_on(const struct argument *words, size_t count);

/* Is one of the words an interpreter of another language, with a text among those after it (python -c, perl -e)? */
bool program_interprets(const struct argument *words, size_t count);

/* The text that a program runs by a shell of its own (flock -c, script -c, watch): its index; 0 = none. */
size_t program_shell_option(const struct argument *words, size_t count);

/* Are the words read again by eval? */
bool eval_reads(const struct argument *words, size_t count);

/* Note of such words what they may become: their quotes are gone, and what a shell expands is split again. */
void eval_read(struct kube_env *env, const struct argument *words, size_t count);

/* Find out what has to stay first, and whether it waits. */
void wait_read(struct cmdline *line);

/* May the words that have to stay first set key? needed: if that cannot be told, say no. Only so many times is looked; then yes. */
bool wait_may_set(struct cmdline *line, struct slice key, bool needed);

/* Does text name a Connect server (Spark's own names, or the policy's words for the role)? */
bool text_names_server(const struct policy *policy, struct slice text);

#endif
