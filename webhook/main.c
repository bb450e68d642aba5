/*
 * sparkgate: one binary, a table of subcommands. Installed a second time as kubectl-sparkgate
 * it is a kubectl plugin with the same words.
 */
#include "base/json.h"
#include "command/command.h"
#include "policy/words.h"

#include <stdio.h>

static const struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} subcommands[] = {
	{"serve", command_serve, "answer the API server: the admission webhook over HTTPS"},
	{"review", command_review, "say offline what admission would change and refuse in manifests"},
	{"audit", command_audit, "say what enforce would do to all that exists, and what is amiss"},
	{"certs", command_certs, "make, show and rotate the webhook's certificates"},
	{"policy", command_policy, "check and show policy files"},
};

#define SUBCOMMAND_COUNT (sizeof(subcommands) / sizeof(*subcommands))

/* kubectl shows users its own spelling, "kubectl sparkgate". */
static const char *program_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	const char *base = slash ? slash + 1 : argv0;

	return strcmp(base, "kubectl-sparkgate") == 0 ? "kubectl sparkgate" : "sparkgate";
}

static int help(FILE *out, const char *program)
{
	fprintf(out,
		"usage: %s COMMAND [OPTION]...\n"
		"\n"
		"Puts Spark Connect on the backend of its namespace, hardens its pods and refuses\n"
		"what is not Pod Security restricted.\n"
		"\n",
		program);
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		fprintf(out, "  %-8s %s\n", subcommands[i].name, subcommands[i].summary);
	fprintf(out,
		"\n"
		"  --help, --version\n"
		"\n"
		"`%s COMMAND --help` tells the rest. Try:\n"
		"  helm template my-chart | %s review -f - --namespaces namespaces.yaml\n",
		program, program);
	return out == stdout ? 0 : EXIT_USAGE;
}

static int unknown(const char *program, const char *word)
{
	const char *names[SUBCOMMAND_COUNT];

	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		names[i] = subcommands[i].name;
	const char *near = nearest_word(slice_of(word), names, SUBCOMMAND_COUNT);
	fprintf(stderr, "sparkgate: there is no command '%s'", word);
	if (near)
		fprintf(stderr, "; did you mean '%s'?", near);
	fprintf(stderr, "\nTry `%s --help`.\n", program);
	return EXIT_USAGE;
}

/* What could not be written (a full disk, a closed pipe) must not look like success. */
static int flushed(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "sparkgate: cannot write to standard output\n");
	return EXIT_USAGE;
}

static int dispatch(int argc, char **argv)
{
	const char *program = program_name(argc > 0 ? argv[0] : "");
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word)
		return help(stderr, program);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
		return help(stdout, program);
	if (strcmp(word, "--version") == 0) {
		printf("sparkgate %s\n", SPARKGATE_VERSION);
		return 0;
	}
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		if (strcmp(subcommands[i].name, word) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	return unknown(program, word);
}

int main(int argc, char **argv)
{
	json_setup();
	return flushed(dispatch(argc, argv));
}
