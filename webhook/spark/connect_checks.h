/*
 * connect_checks.h - will this Connect server start, stay up, and do what its settings
 * say? The connect.* checks, whatever the backend; also backend.driverMaster and backend.submitInDriver
 * for what is set in JVM options, which no view covers.
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
	const struct view *view;    /* the settings as they are now */
	const struct environment *environment;
};

/* The checks of one command line. */
void connect_check(const struct connect_input *input, struct arena *a, struct findings *findings);

#endif
