/*
 * connect_checks.h - will this Connect server start, stay, and do what its settings
 * say? The connect.* checks, whatever the backend; and backend.driverMaster and submitInDriver of
 * what stands in options of the JVM, to which no view reaches.
 *
 * Ownership: arena. Threads: no state.
 */
#ifndef SPARK_CONNECT_CHECKS_H
#define SPARK_CONNECT_CHECKS_H

#include "spark/environment.h"
#include "spark/server.h"

struct connect_input {
	const struct policy *policy;
	spark_version version;
	const struct server *server;
	const struct cmdline *line; /* NULL: the image's entrypoint starts it */
	const struct view *view;    /* as it is */
	const struct environment *environment;
};

/* The checks of one command line. */
void connect_check(const struct connect_input *input, struct arena *a, struct findings *findings);

#endif
