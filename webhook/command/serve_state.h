/*
 * serve_state.h - what `serve` has loaded and keeps fresh: policies, facts, certificate, CAs of clients. Private to command/.
 *
 * Main thread only; the workers see it through struct service.
 */
#ifndef COMMAND_SERVE_STATE_H
#define COMMAND_SERVE_STATE_H

#include "command/serve_certificate.h"
#include "command/serve_client_ca.h"
#include "command/serve_cluster.h"
#include "command/serve_exemptions.h"
#include "command/serve_keeper.h"
#include "facts/files.h"
#include "facts/live.h"
#include "http/service.h"

struct serve_state {
	const struct serve_options *options;
	struct log log;
	struct arena arena;
	struct certificate_files certificate;
	struct client_ca_file client_ca;
	struct facts_files *files; /* one of the two is there */
	struct facts_live *live;
	struct kube_config kube;   /* of live and keeper */
	struct serve_keeper keeper;
	struct serve_cluster cluster;
	struct serve_exemptions exemptions;
	_Atomic bool greeted; /* a TLS handshake with our own listener has succeeded */
	struct err greeting_error; /* said last */
	struct service service;
};

/* Load everything and fill in service. -1: err says which input is bad. */
MUST_CHECK int serve_state_open(struct serve_state *s, const struct serve_options *o, struct err *err);
/* No request will wait for facts any more; before server_stop(). */
void serve_state_quiet(struct serve_state *s);

void serve_state_close(struct serve_state *s);

/* A handshake with our own listener at this address, unless one has succeeded: what the first readiness waits for. */
void serve_state_greet(struct serve_state *s, const char *address);

/* Take what changed on disk; log it and count it. force: take everything as changed (SIGHUP). */
void serve_state_reload(struct serve_state *s, bool force);

#endif
