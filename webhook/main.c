/*
 * sparkgate: one binary, a table of subcommands. Installed a second time as kubectl-sparkgate
 * it is a kubectl plugin with the same words.
 */
#include "base/json.h"
#include "command/command.h"
#include "command/help.h"

#include <errno.h>
#include <stdio.h>

static const struct subcommand table[] = {
	{"serve", command_serve, "answer the API server: the admission webhook over HTTPS", serve_manual},
	{"review", command_review, "say offline what admission would change and refuse in manifests", review_manual},
	{"audit", command_audit, "say what enforce would do to all that exists, and what is amiss", audit_manual},
	{"status", command_status, "say how a namespace stands and where its servers really run", status_manual},
	{"explain", command_explain, "say why an object is changed or refused, what would change it", explain_manual},
	{"switch", command_switch, "move a namespace to the other backend, or put it back", switch_manual},
	{"certs", command_certs, "make, show and rotate the webhook's certificates", certs_manual},
	{"policy", command_policy, "check and show policy files", policy_manual},
	{"version", command_version, "say which release this is, and what it knows", version_manual},
	{"completion", NULL, "print a script by which a shell completes these words", completion_manual},
	{"help", NULL, "this text; with a command all about it, or its man page", help_manual},
};

static const struct subcommands commands = {table, COUNT_OF(table)};

#define NAME_MAX_BYTES 64

/* kubectl shows users its own spelling, "kubectl sparkgate". */
static const char *program_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	const char *base = slash ? slash + 1 : argv0;

	return strcmp(base, "kubectl-sparkgate") == 0 ? "kubectl sparkgate" : "sparkgate";
}

/* Run a command under its whole name, by which it speaks of itself. */
static int run(const struct subcommand *command, const char *program, int argc, char **argv)
{
	char name[NAME_MAX_BYTES];

	snprintf(name, sizeof(name), "%s %s", program, command->name);
	argv[0] = name;
	if (command->run)
		return command->run(argc, argv);
	return strcmp(command->name, "help") == 0 ? command_help(&commands, program, argc, argv)
						  : command_completion(&commands, argc, argv);
}

/* Why nothing more can be written. Of a part that is lost already stdio keeps no errno; what failed then fails again, and a
 * line feed more does no harm to what is cut off. */
static const char *why_not_written(bool flushed)
{
	if (flushed && putchar('\n') != EOF && fflush(stdout) == 0)
		return "a part of it is lost";
	return strerror(errno);
}

/* What could not be written (a full disk, a closed pipe) must not look like success. */
static int flushed(const char *program, const char *word, int code)
{
	const struct subcommand *command = subcommand_find(&commands, word);
	bool done = fflush(stdout) == 0;

	if (done && !ferror(stdout))
		return code;
	fprintf(stderr, "%s%s%s: cannot write to standard output: %s\n", program, command ? " " : "", command ? command->name : "",
		why_not_written(done));
	return EXIT_USAGE;
}

static int dispatch(const char *program, int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word)
		return help_of_all(stderr, &commands, program);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return help_of_all(stdout, &commands, program);
	if (strcmp(word, "--version") == 0) {
		printf("sparkgate %s\n", SPARKGATE_VERSION);
		return 0;
	}
	const struct subcommand *command = subcommand_find(&commands, word);

	return command ? run(command, program, argc - 1, argv + 1) : subcommand_unknown(&commands, program, word);
}

int main(int argc, char **argv)
{
	/* A command finds its whole name in the place of its word. */
	const char *program = program_name(argc > 0 ? argv[0] : ""), *word = argc > 1 ? argv[1] : "";

	json_setup();
	return flushed(program, word, dispatch(program, argc, argv));
}
