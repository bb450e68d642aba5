/*
 * command.h - the subcommands of sparkgate. main.c has the table.
 *
 * Each gets its whole name ("sparkgate review", "kubectl sparkgate review") as argv[0] and returns the exit code of the process:
 * 0 fine, 1 a finding or a failure, 2 bad usage or input (docs/contract.md 5). It has a
 * manual (command/manual.h), and prints it on --help. A subcommand parses options, calls the
 * library and prints; everything else belongs below.
 *
 * json_setup() has run. Nothing else is shared: a subcommand sets up what it needs.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "command/manual.h"
#include "version.h" /* made by the Makefile: SPARKGATE_VERSION */

#define EXIT_USAGE 2

int command_serve(int argc, char **argv);
int command_review(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_status(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_switch(int argc, char **argv);
int command_certs(int argc, char **argv);
int command_policy(int argc, char **argv);
int command_version(int argc, char **argv);

void serve_manual(manual_visit *visit, void *context);
void status_manual(manual_visit *visit, void *context);
void switch_manual(manual_visit *visit, void *context);
void explain_manual(manual_visit *visit, void *context);
void audit_manual(manual_visit *visit, void *context);
void review_manual(manual_visit *visit, void *context);
void certs_manual(manual_visit *visit, void *context);
void policy_manual(manual_visit *visit, void *context);
void version_manual(manual_visit *visit, void *context);

#endif
