/*
 * serve_keeper.h - the certificates of a cluster as `serve` uses them (certs/keeper.h). Private to command/.
 */
#ifndef COMMAND_SERVE_KEEPER_H
#define COMMAND_SERVE_KEEPER_H

#include "certs/keeper.h"
#include "command/serve_options.h"
#include "http/service.h"
#include "kube/recorder.h"

struct serve_keeper {
	struct kube_identity me;
	struct certs_keeper *keeper; /* NULL: no Secret is kept and no caBundle looked at */
	struct service *service;
	struct kube_recorder *recorder; /* NULL: no Events are sent */
	_Atomic bool trusted; /* once, caBundle of both configurations accepted what we serve */
};

/* Begin to keep, where the options ask for it, and add what readiness waits for. config must outlive it. */
MUST_CHECK int serve_keeper_open(struct serve_keeper *k, const struct serve_options *o,
				 const struct kube_config *config, struct service *service,
				 struct kube_recorder *recorder, struct arena *a, struct err *err);
void serve_keeper_close(struct serve_keeper *k);

/* The certificate in this file is served from now on. */
void serve_keeper_file(struct serve_keeper *k, const char *path);

#endif
