/*
 * host.h - what a host's name says of itself, without asking anybody.
 *
 * Ownership: nothing is copied. Threads: no state, no locale.
 */
#ifndef POLICY_HOST_H
#define POLICY_HOST_H

#include "base/slice.h"

/* A whole IPv4 address, as java.net.URI has it: four numbers with dots between them, none at the end. */
bool host_is_ipv4(struct slice host);

/* NAME, NAME.NS, NAME.NS.svc or NAME.NS.svc.cluster.local: one label of any bytes, then namespace. Anybody's domain could
 * follow "svc.". */
bool host_is_in_namespace(struct slice host, struct slice namespace);

#endif
