/*
 * sparkgate help: what there is, a command's help, man pages.
 */
#include "command/help.h"

#include "command/command.h"

static const char *const usage[] = {"[COMMAND]", "--man [COMMAND]", NULL};

static const char *const about[] = {
	"Tells what commands there are, or all about one of them, as `$0 COMMAND --help` does.", NULL};

static const struct manual_example examples[] = {
	{"All about one command", "$0 help review"},
	{"Its man page, without installing it", "$0 help --man review | man -l -"},
	{NULL, NULL},
};

struct arguments {
	struct option_list words;
	bool man, help;
};

#define HELP_OPTIONS(args) \
	{ \
		{.name = "man", .flag = &(args)->man, .help = "the man page, in the language of groff"}, \
		{.name = "help", .letter = 'h', .flag = &(args)->help, .help = "this text"}, \
	}

void help_manual(manual_visit *visit, void *context)
{
	struct arguments nobody;
	const struct option options[] = HELP_OPTIONS(&nobody);

	visit(&(struct manual){.usage = usage, .about = about, .words = "COMMAND", MANUAL_OPTIONS(options),
			       .examples = examples, .exits = {"done", NULL, "bad usage"}}, context);
}

int help_of_all(FILE *out, const struct subcommands *all, const char *program)
{
	fprintf(out,
		"usage: %s COMMAND [OPTION]...\n"
		"\n"
		"Puts Spark Connect on the backend of its namespace, hardens its pods and refuses\n"
		"what is not Pod Security restricted.\n"
		"\n",
		program);
	for (size_t i = 0; i < all->count; i++)
		fprintf(out, "  %-11s %s\n", all->items[i].name, all->items[i].summary);
	fprintf(out,
		"\n"
		"  --help, --version\n"
		"\n"
		"`%s COMMAND --help` tells the rest. Try:\n"
		"  helm template my-chart |\n"
		"    %s review -f - -n my-namespace --namespaces namespaces.yaml\n",
		program, program);
	return out == stdout ? 0 : EXIT_USAGE;
}

static int help_of_one(const struct subcommands *all, const char *program, const char *word)
{
	const struct subcommand *command = subcommand_find(all, word);
	char name[128];

	if (!command)
		return subcommand_unknown(all, program, word);
	snprintf(name, sizeof(name), "%s %s", program, word);
	if (command->manual)
		command->manual(manual_help, name);
	return 0;
}

static int page(const struct subcommands *all, const char *program, const char *word)
{
	const struct subcommand *command = word ? subcommand_find(all, word) : NULL;

	if (word && !command)
		return subcommand_unknown(all, program, word);
	if (command)
		manual_page(stdout, command);
	else
		manual_page_of_all(stdout, all);
	return 0;
}

int command_help(const struct subcommands *all, const char *program, int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct arguments args = {.words.arena = &arena};
	const struct option options[] = HELP_OPTIONS(&args);
	struct err err = {""};
	int code = 0;

	if (options_parse(options, COUNT_OF(options), argc, argv, &args.words, &err) < 0)
		code = manual_bad_usage(argv[0], err.text);
	else if (args.help)
		help_manual(manual_help, argv[0]);
	else if (args.man)
		code = page(all, program, args.words.count > 0 ? args.words.items[0] : NULL);
	else if (args.words.count > 0)
		code = help_of_one(all, program, args.words.items[0]);
	else
		code = help_of_all(stdout, all, program);
	arena_release(&arena);
	return code;
}
