/*
 * manual.h - what a subcommand tells of itself, once: `--help`, the man page and the shells' completion are made of it.
 *
 * A command describes itself in one function, which hands a `struct manual` to whoever asks:
 *
 *	void review_manual(manual_visit *visit, void *context)
 *	{
 *		static const char *const usage[] = {"-f FILE|DIR|- [OPTION]...", NULL};
 *		static const char *const about[] = {"Says offline what ...", NULL};
 *		static const struct manual_example examples[] = {{"What a chart becomes", "$0 review -f chart.yaml"}, {NULL, NULL}};
 *		struct arguments nobody;
 *		const struct option options[] = REVIEW_OPTIONS(&nobody);
 *
 *		visit(&(struct manual){.usage = usage, .about = about, MANUAL_OPTIONS(options),
 *				       .examples = examples, .exits = {"done", "refused", "bad usage"}},
 *		      context);
 *	}
 *
 * The options are the command's own table (command/options.h), so what is parsed and what is documented cannot differ; where their
 * values go does not matter here. All lists end with NULL, or with an element whose first text is NULL.
 *
 * Texts: paragraphs without line ends, which are wrapped at 80 columns; one that begins with a tab is shown as it is, without
 * the tabs. `word` is a word of the program. "$0" stands for the program's name, since kubectl's plugin has another one.
 *
 * What a value is follows from what the table calls it: FILE, PATH or DIR (also as "FILE|DIR|-"), NAMESPACE, CONTEXT and
 * KIND/NAME are completed, all others are not; --namespace NAME and --context NAME mean the same.
 *
 * Ownership: all is valid during the visit only. Threads: no state.
 */
#ifndef COMMAND_MANUAL_H
#define COMMAND_MANUAL_H

#include "command/options.h"

#include <stdio.h>

/* The first words of a command: `certs init`. Two where an action has actions: "show pss". */
struct manual_action {
	const char *name;
	const char *words; /* what follows: "DIR", "PATH..."; NULL = nothing */
	const char *help;
};

struct manual_example {
	const char *what;
	const char *command; /* tests/review/test_manual.py runs it */
};

struct manual {
	const char *const *usage;                /* one way to call it a line, without the command's name */
	const char *const *about;                /* paragraphs */
	const char *words;                       /* of a command without actions: what it takes beside options */
	const struct manual_action *actions;     /* NULL = none */
	const struct option *options;
	size_t option_count;
	const char *const *notes;                /* paragraphs after the options; NULL = none */
	const struct manual_example *examples;
	const char *exits[3];                    /* what the exit codes 0, 1 and 2 mean; NULL = never */
};

/* The two fields of an array of options. */
#define MANUAL_OPTIONS(array) .options = (array), .option_count = COUNT_OF(array)

typedef void manual_visit(const struct manual *m, void *context);

/* One row of the table of commands (main.c). */
struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary; /* one line, lower case */
	void (*manual)(manual_visit *visit, void *context);
};

struct subcommands {
	const struct subcommand *items;
	size_t count;
};

/* The row of that name; NULL where there is none. */
const struct subcommand *subcommand_find(const struct subcommands *all, const char *name);

/* "sparkgate: there is no command 'x'; did you mean 'y'?" on standard error. Returns the exit code. */
int subcommand_unknown(const struct subcommands *all, const char *program, const char *name);

/* A visitor that prints `--help` on standard output. context: the command's whole name, as its argv[0] says it. */
manual_visit manual_help;

/* "NAME: TEXT", and where help is, on standard error. name: argv[0] of the command. Returns the exit code. */
int manual_bad_usage(const char *name, const char *text);

/* text with `program` for every "$0". In a. */
const char *manual_named(struct arena *a, const char *text, const char *program);

/* The man page of one command, and that of the program (in the language of groff's man macros). */
void manual_page(FILE *out, const struct subcommand *command);
void manual_page_of_all(FILE *out, const struct subcommands *all);

/* What the value of an option or a word is; completion knows what to do with it. */
enum manual_value { VALUE_TEXT, VALUE_WORDS, VALUE_FILE, VALUE_DIR, VALUE_NAMESPACE, VALUE_CONTEXT, VALUE_OBJECT };
enum manual_value manual_value_of(const struct option *o); /* of an option that takes one */
enum manual_value manual_value_named(const char *text);    /* "FILE|DIR|-" */

/* The scripts that shells read: completion_bash.c, completion_zsh.c. The second is kubectl's executable. */
void completion_bash(FILE *out, const struct subcommands *all);
void completion_kubectl(FILE *out, const struct subcommands *all);
void completion_zsh(FILE *out, const struct subcommands *all);

#endif
