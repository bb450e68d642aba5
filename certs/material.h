/*
 * material.h - a CA, a server certificate and their keys, in memory: what is there, what is due, what is made.
 *
 *	struct material m = MATERIAL_NONE;
 *	if (material_parse(&pem, &m, err) < 0) ...          // does it fit together?
 *	if (material_ensure(&m, &names, now, &outcome, err) < 0) ...
 *	... write what changed to where it is kept ...
 *	material_release(&m);
 *
 * The same four texts whatever keeps them: files of a directory (certs/certs.h) or keys of a Secret (certs/secret.h).
 *
 *	ca.crt   certificates to trust, the newest CA first; the others are those before it
 *	ca.key   key of one of them: the one that signs
 *	tls.crt  the server certificate, then whatever else is there
 *	tls.key  its key
 *
 * Invariants after material_parse(): both of a pair or none; ca is one of cas; the leaf has its key and was signed by
 * one of cas. A function that fails leaves the material as it was.
 *
 * Ownership: the material owns its OpenSSL objects; ca and leaf point into its chains. Threads: no state. now is
 * seconds since 1970.
 */
#ifndef CERTS_MATERIAL_H
#define CERTS_MATERIAL_H

#include "base/secret.h"
#include "certs/certs.h"
#include "certs/names.h"

#define CA_CERT   "ca.crt"
#define CA_KEY    "ca.key"
#define LEAF_CERT "tls.crt"
#define LEAF_KEY  "tls.key"

/* The four texts; ptr NULL, or not set: it is not there. */
struct material_pem {
	struct slice ca_cert, cert;
	struct secret ca_key, key;
};

struct material {
	STACK_OF(X509) *cas; /* NULL = there is no CA */
	EVP_PKEY *ca_key;
	X509 *ca;                /* the one of cas that ca_key belongs to */
	STACK_OF(X509) *leaves; /* NULL = none */
	EVP_PKEY *leaf_key;
	X509 *leaf; /* the first of leaves */
};

#define MATERIAL_NONE ((struct material){0})
#define MATERIAL      __attribute__((cleanup(material_release))) struct material

void material_release(struct material *m); /* leaves MATERIAL_NONE */
struct material material_take(struct material *m); /* it is the caller's now; leaves MATERIAL_NONE */

/* The same material a second time: objects are shared, each copy is released. */
MUST_CHECK int material_copy(const struct material *m, struct material *ret, struct err *err);

/* -1: the texts do not fit together; err names the one to put back. ret is then untouched. */
MUST_CHECK int material_parse(const struct material_pem *pem, struct material *ret, struct err *err);

/* The names of a leaf: those that every one has (certs_default_names) and wanted. */
MUST_CHECK int material_names(const char *const *wanted, size_t count, struct names *ret, struct err *err);

/* Make what is missing; renew the leaf where a third of its life is left or it lacks one of wanted (names it had
 * stay, and so does its key). *ret says what was done; CERTS_MADE with a CA that was there before: the leaf alone. */
MUST_CHECK int material_ensure(struct material *m, struct names *wanted, int64_t now, enum certs_outcome *ret,
			       struct err *err);

/* A new leaf with a new key and the names it had, from the CA that signs. */
MUST_CHECK int material_rotate(struct material *m, struct arena *a, int64_t now, struct err *err);

/* A new CA before the one that signs, which stays after it; older ones are dropped. From now on the new
 * one signs; the leaf is still the old one's. -1 where that is so already. */
MUST_CHECK int material_rotate_ca(struct material *m, int64_t now, struct err *err);

/* Trust only the CA that signs. */
MUST_CHECK int material_drop_old(struct material *m, struct err *err);

/* Is a CA change under way? From the texts alone, so that whoever reads them knows. */
enum material_step {
	STEP_STEADY,    /* one CA, it signed the leaf */
	STEP_ANNOUNCED, /* the new CA is to be trusted besides, the leaf is the old one's */
	STEP_MOVED      /* the leaf is the new one's, the old is trusted still */
};
enum material_step material_step(const struct material *m);

/* Is this certificate in the last third of its life? */
bool material_is_due(const X509 *cert, int64_t now);

#endif
