/*
 * keeper.h - the certificates of a cluster, kept by the replicas themselves: no leader, no mount, no operator.
 *
 *	struct certs_keeper_options options = {.secret = "sparkgate-certs", .configurations = "sparkgate", ...};
 *	struct certs_keeper *keeper;
 *	if (certs_keeper_open(&config, &options, &keeper, err) < 0) ...
 *	...
 *	certs_keeper_close(keeper);
 *
 * With a Secret (self-managed):
 *	- whichever replica comes first makes it; all read it through the API (list and watch, not the kubelet's mount,
 *	  which is up to 90 s late) and hand what it holds to serve();
 *	- the leaf is renewed at two thirds of its life, by the API server's clock (kube_client_now(), ours until it
 *	  has spoken), looked at every KEEPER_LOOK_NS: a node that slept, or whose clock is wrong, harms nobody;
 *	- a Secret that is gone, damaged or expired is written again: what is served still, where that is good, so that
 *	  replicas stay in step, else new material, which is served first: a replica that cannot writes nothing. What is served
 *	  stays served whatever the Secret says;
 *	- a CA changes in two phases (certs/change.h);
 *	- caBundle of both webhook configurations is kept right (certs/bundle.h), that field only;
 *	- each replica publishes what it serves in a Lease (certs/replicas.h).
 * Every write names the version that it is about (resourceVersion, or a `test`): of two replicas that write at once one
 * wins, the other reads again.
 *
 * Without a Secret (certificates come from files, and certs_keeper_serves() says which): caBundle is compared only.
 *
 * What fails is tried again, ever more slowly up to KEEPER_PAUSE_MAX_NS, and reported once.
 *
 * Threads: one of its own, with a kube_client of its own, on which serve() is called; the other functions from any.
 */
#ifndef CERTS_KEEPER_H
#define CERTS_KEEPER_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "kube/config.h"
#include "kube/identity.h"

#define KEEPER_LOOK_NS      CLOCK_SECOND
#define KEEPER_PAUSE_NS     (500 * CLOCK_MS)
#define KEEPER_PAUSE_MAX_NS (30 * CLOCK_SECOND)

struct certs_keeper;

struct certs_keeper_options {
	const char *secret;         /* NULL = compare only */
	const char *configurations; /* name of both webhook configurations; NULL = none */
	const char *service;        /* names in the certificate: SERVICE.NAMESPACE.svc and its other spellings */
	const struct kube_identity *me;
	int64_t pause; /* ns between the steps of a CA change */
	const char *user_agent;
	const struct log *log;
	/* Serve these (PEM) from now on; -1 where they cannot be served. */
	int (*serve)(void *closure, struct slice cert, struct slice key, struct err *err);
	const char *(*policy)(void *closure, char hash[16]); /* in force, for the Lease */
	/* Something that an operator should see (an Event): reason in CamelCase. NULL = not wanted. */
	void (*say)(void *closure, bool warning, const char *reason, const char *note);
	void *closure;
};

/* config and what options leads to must outlive it. */
MUST_CHECK int certs_keeper_open(const struct kube_config *config, const struct certs_keeper_options *options,
				 struct certs_keeper **ret, struct err *err);

/* Ends its thread and takes our Lease away. NULL is fine. */
void certs_keeper_close(struct certs_keeper *keeper);

/* Without a Secret: this certificate (PEM) is served from now on. */
void certs_keeper_serves(struct certs_keeper *keeper, struct slice cert);

struct certs_keeper_state {
	bool mutating, validating; /* the configuration's caBundle accepts what we serve */
	bool there[2];             /* the configurations exist: mutating, validating */
	int step;                  /* enum material_step */
	char certificate[SHA256_HEX]; /* of the leaf; "" = none */
	bool troubled;             /* something went wrong and has not gone right since */
};

struct certs_keeper_state certs_keeper_state(struct certs_keeper *keeper);

/* In Prometheus' text format. */
void certs_keeper_metrics(struct certs_keeper *keeper, struct buf *out);

#endif
