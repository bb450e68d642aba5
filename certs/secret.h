/*
 * secret.h - the material of certs/material.h as a Secret of type kubernetes.io/tls: tls.crt and tls.key as every such
 * Secret has them, ca.crt and ca.key besides.
 *
 *	switch (secret_read(object, &material, err)) {
 *	case SECRET_GOOD: ...
 *	case SECRET_BAD:      // ours, but err says what is wrong with it: may be written anew
 *	case SECRET_FOREIGN:  // not ours: must not be touched
 *	}
 *
 * A Secret is ours if it has the label SECRET_LABEL. One that somebody else made is never overwritten, whatever is in
 * it: `--certs-secret` may name the wrong one.
 *
 * Whoever may read the Secret can answer in our place: RBAC on Secrets is its protection. Decoded keys are wiped here; the
 * JSON that they came in is the caller's.
 *
 * Threads: no state.
 */
#ifndef CERTS_SECRET_H
#define CERTS_SECRET_H

#include "base/json.h"
#include "certs/material.h"

/* https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
#define SECRET_LABEL       "app.kubernetes.io/managed-by"
#define SECRET_LABEL_VALUE "sparkgate"

enum secret_state { SECRET_GOOD, SECRET_BAD, SECRET_FOREIGN };

/* Of an object that is a Secret. *ret is the caller's to release where it is good, else untouched. */
enum secret_state secret_read(const struct json *object, struct material *ret, struct err *err);

/* The Secret as JSON, for POST (resource_version NULL) or PUT (it must still be at that version). */
MUST_CHECK int secret_print(struct arena *a, const char *namespace, const char *name, const char *resource_version,
			    const struct material *m, struct slice *ret, struct err *err);

#endif
