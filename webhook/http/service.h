/*
 * service.h - what all workers share while they serve.
 *
 * Made by command/serve, which outlives the server. The pointers never change; what
 * they lead to is replaced behind their own interfaces on reload (policy store,
 * facts source, certificate store, CAs of clients).
 */
#ifndef HTTP_SERVICE_H
#define HTTP_SERVICE_H

#include "base/log.h"
#include "facts/source.h"
#include "http/budget.h"
#include "http/health.h"
#include "http/tls.h"
#include "http/tls_clients.h"

struct policy_store; /* policy/store.h */

/* Metrics that come from outside http/. */
struct service_metrics {
	void (*print)(void *context, struct buf *out); /* NULL = none */
	void *context;
};

struct admission; /* http/admit.h */

/* A callback from outside http/ that sees each admission that was decided, before its answer is sent. Called by all
 * workers; must not wait. */
struct service_witness {
	void (*see)(void *context, struct admission *adm); /* NULL = none */
	void *context;
};

/* Reloads of one kind since the start. */
struct reload_counts {
	_Atomic uint64_t ok, failed;
};

struct service {
	struct policy_store *policies;
	struct facts_source *facts;
	struct tls_store *certificates;
	const struct log *log;
	struct health health;
	struct service_metrics metrics;
	struct service_witness witness;
	struct budget budget;
	struct tls_clients *clients; /* a client certificate of theirs is demanded at /mutate and /validate; NULL = none is */
	const char *client_name;     /* with this common name; NULL = any of the CA's */
	const char *version;     /* of the program */
	int64_t started;         /* seconds since 1970 */
	struct reload_counts policy_reloads, facts_reloads, certificate_reloads, client_ca_reloads;
};

#endif
