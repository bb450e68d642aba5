/*
 * ossl.h - OpenSSL objects that free themselves, and its errors as ours. Private to certs/.
 *
 *	CLEANUP(x509) X509 *cert = X509_new();
 *	if (!cert)
 *		return ossl_err(err, "cannot make a certificate");
 *	...
 *	*ret = TAKE(cert);
 */
#ifndef CERTS_OSSL_H
#define CERTS_OSSL_H

#include "base/err.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#define CLEANUP(kind) __attribute__((cleanup(ossl_drop_##kind)))

/* Hand the object on; the variable no longer frees it. */
#define TAKE(pointer)                                   \
	__extension__({                                \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL;                       \
		taken_;                                 \
	})

static inline void ossl_drop_x509(X509 **p)
{
	X509_free(*p);
}

static inline void ossl_drop_chain(STACK_OF(X509) **p)
{
	sk_X509_pop_free(*p, X509_free);
}

static inline void ossl_drop_pkey(EVP_PKEY **p)
{
	EVP_PKEY_free(*p);
}

static inline void ossl_drop_bio(BIO **p)
{
	BIO_free_all(*p);
}

static inline void ossl_drop_names(GENERAL_NAMES **p)
{
	GENERAL_NAMES_free(*p);
}

/* "what: OpenSSL's own reason"; empties OpenSSL's error queue. Always -1. */
int ossl_err(struct err *err, const char *what);

#endif
