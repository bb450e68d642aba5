/*
 * credentials.h - what a request authenticates us with, and the CA that it trusts: kept fresh.
 *
 *	struct kube_credentials *c = kube_credentials_new(&config);
 *	enum kube_freshness freshness;
 *	if (kube_credentials_refresh(c, wait, &freshness, err) < 0)
 *		return -1;
 *	if (freshness == KUBE_FRESH)
 *		... kube_credentials_shown(c) ...
 *
 * Files (token, certificate, key, CA) are looked at before each request and read again when they changed: the kubelet
 * rotates a token about every hour. A credential plugin is run when its credential is about to expire or was
 * refused, by a thread of its own, so that only those who want to wait for it do. It is run at most once every few
 * seconds: a credential that is refused while it is that new is presented again, as one from a file is, so that the API
 * server's own answer is what callers get.
 *
 * Ownership: config and its arena must outlive it. Threads: one, except for the plugin's, which it manages itself.
 */
#ifndef KUBE_CREDENTIALS_H
#define KUBE_CREDENTIALS_H

#include "kube/config.h"

struct kube_credentials;

struct kube_shown {
	struct slice ca;        /* PEM; empty: the system's */
	struct slice cert;      /* PEM; empty: none */
	struct secret key;      /* of cert */
	struct secret token;    /* not set: none; NUL-terminated */
};

struct kube_credentials *kube_credentials_new(const struct kube_config *config);
void kube_credentials_free(struct kube_credentials *c); /* NULL is fine; waits for a running plugin */

enum kube_freshness {
	KUBE_FRESH,   /* kube_credentials_shown() is good */
	KUBE_FETCHING /* there is none yet, the plugin is running: come back in a moment. Not with wait. */
};

/* Make fresh: 0. With wait the plugin's answer is waited for. -1 where there is nothing to show, and err says why, each
 * time: what the plugin failed of, or that its credential has expired. */
MUST_CHECK int kube_credentials_refresh(struct kube_credentials *c, bool wait, enum kube_freshness *ret,
					struct err *err);

/* The API server answered 401: what was shown is not valid. */
void kube_credentials_refused(struct kube_credentials *c);

/* Valid until the next refresh. */
const struct kube_shown *kube_credentials_shown(const struct kube_credentials *c);

#endif
