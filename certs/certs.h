/*
 * certs.h - the webhook's certificates, made by itself: a CA and a server
 * certificate in one directory.
 *
 *	ca.crt   certificates to trust (caBundle of the webhook configurations); after
 *	         certs_rotate_ca() the new CA first, then the one before it
 *	ca.key   key of one of them: the one that signs
 *	tls.crt  server certificate, EC P-256, one year
 *	tls.key  its key
 *
 *	enum certs_outcome outcome;
 *	if (certs_ensure("/run/sparkgate/certs", NULL, 0, now, &outcome, err) < 0)
 *		return err_wrap(err, "serve");
 *
 * Invariants: keys are 0600 in a directory of mode 0700; a file is written whole
 * or not at all; what is there and valid is kept byte by byte. Files that do not
 * fit together, cannot be read or are readable by others are an error that says
 * what to do: nothing of them is ever overwritten on its own. Runs in two
 * processes at once are kept apart by a lock on the directory.
 *
 * A crash leaves the old files or the new ones: whoever opens the directory next completes a change that was
 * on its way (certs/store.h). A renewed tls.crt keeps its key, so that one file changes, and ca.key may
 * belong to any certificate of ca.crt.
 *
 * Ownership: text lives in the arena given. Threads: no state. now is seconds since
 * 1970. Only main() prints; nothing here does.
 */
#ifndef CERTS_CERTS_H
#define CERTS_CERTS_H

#include "base/arena.h"

#include <stdint.h>

/* Names that every server certificate has besides those asked for: localhost, 127.0.0.1,
 * ::1, and the Service as the chart installs it (sparkgate.sparkgate.svc and its other spellings). */
extern const char *const certs_default_names[];
extern const size_t certs_default_name_count;

enum certs_outcome {
	CERTS_KEPT,         /* all there, all good */
	CERTS_LEAF_RENEWED, /* tls.crt made anew from the CA: near its end, or a name was missing */
	CERTS_MADE          /* there was nothing (or a CA alone): all of it, or the leaf, is new */
};

/* Make sure that dir (made if absent, its parent not) holds valid certificates for the default names
 * and names. The leaf is renewed when a third of its life is left or a name is missing; names it
 * had stay. */
MUST_CHECK int certs_ensure(const char *dir, const char *const *names, size_t count, int64_t now,
			    enum certs_outcome *ret, struct err *err);

/* A new server certificate with a new key and the names it had, from the CA that is there. */
MUST_CHECK int certs_rotate(const char *dir, int64_t now, struct err *err);

/* A new CA first in ca.crt, the old one kept after it. The leaf stays as it is, so
 * that ca.crt can be handed out first; certs_rotate() then moves the leaf to the new CA. */
MUST_CHECK int certs_rotate_ca(const char *dir, int64_t now, struct err *err);

/* One certificate, for people and metrics. */
struct cert_info {
	const char *file; /* "ca.crt", "tls.crt" */
	const char *subject, *issuer;
	const char *const *names;
	size_t name_count;
	int64_t not_before, not_after;
	const char *key_type; /* "EC P-256" */
	char sha256[3 * 32];  /* "AB:CD:...", NUL-terminated */
};

struct certs_info {
	const struct cert_info *items; /* those of ca.crt, then tls.crt */
	size_t count;
};

/* What is in dir. Fails as certs_ensure() would where the files do not fit together. */
MUST_CHECK int certs_describe(struct arena *a, const char *dir, struct certs_info *ret, struct err *err);

/* From now on all that OpenSSL gives back is wiped, keys and what it read them from. Before anything else of it is called:
 * false where that is too late. */
bool certs_wipe_freed(void);

#endif
