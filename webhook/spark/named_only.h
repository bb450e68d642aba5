/*
 * named_only.h - private to spark/: a container whose commands name a Connect server and surely start none.
 *
 *	[pgrep, -f, SparkConnectServer]
 *	[sh, -c, "until nc -z spark 15002; do echo 'waiting for start-connect-server.sh'; done"]
 *	[sh, -c, "# see start-connect-server.sh\nexec envoy"]
 *	[sh, -c, "# as start-connect-server.sh does\nexec spark-submit --master x /app/etl.py"]
 *
 * cmdlines_find() finds no start in more than these, and passes what could only be told by running it: a copy of the script, a pipe
 * into a shell, a script that nobody sees. Such a container stays one of a server's pod. Here the answer is yes only where each
 * command's program is written out, none runs a text or a script that is not read here, nothing is written to a file or piped into more
 * than a filter, and the name is a word of programs that look or tell, or a comment's. spark-submit is such a program where all its
 * words are written out. Without `command` the image decides, so it is no.
 *
 * Threads: as the arena. Work: linear in the texts, at most NAMED_ONLY_DEEP times.
 */
#ifndef SPARK_NAMED_ONLY_H
#define SPARK_NAMED_ONLY_H

#include "spark/cmdline_line.h"

/* Texts of shells, and $( ), in one another; what is deeper is not looked at, and the answer is no. */
#define NAMED_ONLY_DEEP 4u

/* true also for a container that names none and does not look like one (role_hints_at_server()), or is another server of Spark's. */
bool container_only_names_server(const struct policy *policy, struct arena *a, const struct json *container);

#endif
