/*
 * master_url.h - what the value of spark.master means, by Spark's own rules.
 *
 *	struct master_url url;
 *	if (master_url_parse(text, &url, err) < 0)
 *		return err_wrap(err, "spark.master");
 *	if (url.kind == MASTER_STANDALONE) ...
 *
 * Accepts what Spark 3.5 and 4.x accept: a URL that passes here and is
 * refused by Spark is a bug, and so is the reverse, with three exceptions: ports above 65535 (Spark
 * parses them, and fails when it connects), more masters than MASTER_HOSTS_MAX, leading zeros in an
 * IPv4 part of an IPv6 address.
 * Hosts are names, IPv4 or [IPv6] as java.net.URI has them. Sources:
 * Utils.extractHostPortFromSparkUrl (standalone), Utils.checkAndGetK8sMasterUrl
 * (k8s), SparkContext.createTaskScheduler (the rest).
 *
 * Ownership: nothing is copied; the slices of a master_url point into the
 * text that was parsed and die with it. Threads: no state, no locale.
 */
#ifndef POLICY_MASTER_URL_H
#define POLICY_MASTER_URL_H

#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>

enum master_kind {
	MASTER_STANDALONE, /* spark://host:port[,host:port]... */
	MASTER_K8S,        /* k8s://[http[s]://]host[:port][/path] */
	MASTER_OTHER,      /* local[*], yarn, ...: valid for Spark, not a backend of ours */
};

/* Standby masters in one URL: three is usual, a limit keeps the struct on the stack. */
#define MASTER_HOSTS_MAX 8

struct master_url {
	enum master_kind kind;
	struct slice hosts[MASTER_HOSTS_MAX]; /* standalone: each "host:port", "[fd00::1]:7077" */
	size_t host_count;                    /* standalone: 1..MASTER_HOSTS_MAX, else 0 */
	bool https;                           /* k8s: true also where no scheme is given */
};

/* Parse text into *ret. On failure returns -1, says in err what Spark would
 * stumble over and how to write it, and leaves *ret untouched. */
MUST_CHECK int master_url_parse(struct slice text, struct master_url *ret, struct err *err);

#endif
