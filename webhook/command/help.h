/*
 * help.h - the commands that are about the commands: `help` and `completion`. They are given main.c's table; their own rows
 * in it have no run. program is "sparkgate" or "kubectl sparkgate".
 */
#ifndef COMMAND_HELP_H
#define COMMAND_HELP_H

#include "command/manual.h"

int command_help(const struct subcommands *all, const char *program, int argc, char **argv);
int command_completion(const struct subcommands *all, int argc, char **argv);

/* `sparkgate --help` to out. Returns 0 for standard output, else the exit code of bad usage. */
int help_of_all(FILE *out, const struct subcommands *all, const char *program);

void help_manual(manual_visit *visit, void *context);
void completion_manual(manual_visit *visit, void *context);

#endif
