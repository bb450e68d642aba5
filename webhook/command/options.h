/*
 * options.h - the options of a subcommand as one table: parsing, help, man page, completion (command/manual.h) and
 * "did you mean" come from it.
 *
 *	static const char *const outputs[] = {"table", "json", NULL};
 *	int output = 0;
 *	struct option_list files = {.arena = &arena};
 *	const struct option options[] = {
 *		{.name = "output", .letter = 'o', .choice = &output, .words = outputs, .help = "..."},
 *		{.name = "filename", .letter = 'f', .list = &files, .value = "FILE|DIR|-", .help = "..."},
 *	};
 *	if (options_parse(options, 2, argc, argv, NULL, &err) < 0) ...
 *
 * Why not getopt_long: it takes any unambiguous beginning of a name, so that `--namespace` means
 * `--namespaces` where the former is not known, and it prints its own messages.
 *
 * Taken: --name VALUE, --name=VALUE, -o VALUE, -oVALUE, -o=VALUE, `--` and nothing that is not in the table.
 * Words that are not options are an error: give them to positional.
 *
 * Ownership: values point into argv. Threads: no state.
 */
#ifndef COMMAND_OPTIONS_H
#define COMMAND_OPTIONS_H

#include "base/arena.h"

#include <stdio.h>

struct option_list {
	struct arena *arena;
	const char **items;
	size_t count, cap;
};

void option_list_add(struct option_list *list, const char *value);

/* Exactly one of flag, text, list, choice and parse is set. A text is never empty. */
struct option {
	const char *name; /* without dashes */
	char letter;      /* 0 = none */
	bool *flag;
	const char **text;
	struct option_list *list; /* may be given several times */
	int *choice;              /* index into words */
	const char *const *words; /* NULL-terminated; for help also the value */
	int (*parse)(const char *value, void *to, struct err *err); /* for all else: sizes, times; err names no option */
	void *to;                                                     /* of parse */
	bool repeats;                                                 /* of parse: may be given several times */
	const char *value; /* what help calls the value: "FILE" (command/manual.h: how that is completed); a "NAMESPACE" has to be a name of one */
	const char *help;
	const char *group; /* the heading that begins with this option; NULL = goes on */
};

/* Parse argv[1..argc). positional takes what is no option; NULL: there must be none. -1 with err, which names the
 * nearest option. */
MUST_CHECK int options_parse(const struct option *options, size_t count, int argc, char **argv,
			     struct option_list *positional, struct err *err);

/* The options for --help, in 80 columns. */
void options_help(FILE *out, const struct option *options, size_t count);

/* Standard input can be read once: at most one "-" in both lists. */
MUST_CHECK int options_check_input(const struct option_list *files, const struct option_list *facts, struct err *err);

#endif
