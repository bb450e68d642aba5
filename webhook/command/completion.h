/*
 * completion.h - what the makers of completion scripts share. Private to command/.
 *
 * A kind says what may stand somewhere, in words that the scripts know: "words table yaml", "files", "dirs", "namespaces",
 * "contexts", "objects"; "none" where nothing can be said.
 */
#ifndef COMMAND_COMPLETION_H
#define COMMAND_COMPLETION_H

#include "base/buf.h"
#include "command/manual.h"

/* The kind of the value of o, which takes one; of words that a manual calls by text. */
const char *completion_kind(struct arena *a, const struct option *o);
const char *completion_kind_named(struct arena *a, const char *text, const struct subcommands *all);

/* Call each for what may follow the words "certs", "policy show", ...: kinds, one a line. onwards: also after more words
 * than these, since the manual says "PATH...". */
struct completion_place {
	const char *words, *kinds;
	bool onwards;
};
void completion_places(const struct manual *m, const struct subcommand *command, const struct subcommands *all,
		       void (*each)(const struct completion_place *place, void *context), void *context);

/* What a script is written with; visitors of manuals get it as their context. */
struct completion_tables {
	FILE *out;
	const struct subcommand *command; /* whose manual is visited */
	const struct subcommands *all;
};

/* Show visit the manual of every command that has one. */
void completion_each(const struct completion_tables *t, manual_visit *visit);

#endif
