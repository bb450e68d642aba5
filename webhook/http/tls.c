#include "http/tls.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct identity {
	gnutls_x509_crt_t *chain; /* gnutls_malloc'd by GnuTLS */
	unsigned count;
	gnutls_x509_privkey_t key;
	unsigned char fingerprint[TLS_FINGERPRINT]; /* of chain[0] */
};

struct tls_store {
	pthread_mutex_t lock; /* of identity */
	struct identity identity;
	_Atomic int64_t not_after;
};

/*
 * The callback gets no closure from libmicrohttpd, so the store in use is a global:
 * one process serves one identity.
 */
static struct tls_store *_Atomic serving;

struct tls_store *tls_store_new(void)
{
	struct tls_store *store = calloc(1, sizeof(*store));

	if (store)
		pthread_mutex_init(&store->lock, NULL);
	return store;
}

static void identity_free(struct identity *id)
{
	for (unsigned i = 0; i < id->count; i++)
		gnutls_x509_crt_deinit(id->chain[i]);
	gnutls_free(id->chain);
	if (id->key)
		gnutls_x509_privkey_deinit(id->key);
}

void tls_store_free(struct tls_store *store)
{
	if (!store)
		return;
	identity_free(&store->identity);
	pthread_mutex_destroy(&store->lock);
	free(store);
}

gnutls_datum_t tls_datum(struct slice s)
{
	/* GnuTLS takes a pointer to bytes that it does not write. */
	union {
		const char *in;
		unsigned char *out;
	} cast = {.in = s.ptr};

	return (gnutls_datum_t){cast.out, (unsigned)s.len};
}

static int read_chain(struct slice pem, struct identity *id, struct err *err)
{
	gnutls_datum_t data = tls_datum(pem);
	int rc = gnutls_x509_crt_list_import2(&id->chain, &id->count, &data, GNUTLS_X509_FMT_PEM, 0);

	if (rc < 0)
		return err_set(err, "not a PEM certificate: %s", gnutls_strerror(rc));
	if (id->count > TLS_CHAIN_MAX)
		return err_set(err, "a chain of %u certificates; at most %d are served", id->count, TLS_CHAIN_MAX);
	return 0;
}

/* The bytes between "-----BEGIN ... PRIVATE KEY-----" and the end; false if they are not plain base64. */
static bool key_bytes(struct arena *a, struct slice pem, struct slice *ret)
{
	static const char mark[] = "PRIVATE KEY-----";
	const char *begin = memmem(pem.ptr, pem.len, mark, sizeof(mark) - 1), *all_end = pem.ptr + pem.len;
	struct buf bytes = buf_in(a);

	if (!begin)
		return false;
	begin += sizeof(mark) - 1;
	const char *end = memchr(begin, '-', (size_t)(all_end - begin));
	if (!end || base64_decode(&bytes, (struct slice){begin, (size_t)(end - begin)}) < 0)
		return false;
	*ret = buf_slice(&bytes);
	return true;
}

/* GnuTLS wipes what it decodes from DER, but not the text of a PEM, which it copies. */
static int import_key(struct slice pem, gnutls_x509_privkey_t key)
{
	struct arena arena = ARENA_SECRET;
	gnutls_datum_t text = tls_datum(pem);
	struct slice bytes;
	int rc = -1;

	if (key_bytes(&arena, pem, &bytes)) {
		gnutls_datum_t der = tls_datum(bytes);
		rc = gnutls_x509_privkey_import2(key, &der, GNUTLS_X509_FMT_DER, NULL, 0);
	}
	arena_release(&arena);
	/* GnuTLS itself reads or refuses anything unusual. */
	return rc < 0 ? gnutls_x509_privkey_import2(key, &text, GNUTLS_X509_FMT_PEM, NULL, 0) : rc;
}

static int read_key(struct slice pem, struct identity *id, struct err *err)
{
	int rc = gnutls_x509_privkey_init(&id->key);
	if (rc < 0)
		return err_set(err, "cannot read the private key: %s", gnutls_strerror(rc));
	rc = import_key(pem, id->key);
	if (rc < 0)
		return err_set(err, "not a PEM private key without a password: %s", gnutls_strerror(rc));
	return 0;
}

/* In the middle of a rotation the two files may belong to different pairs. */
static int check_pair(const struct identity *id, struct err *err)
{
	unsigned char of_cert[64], of_key[64];
	size_t cert_len = sizeof(of_cert), key_len = sizeof(of_key);
	int rc = gnutls_x509_crt_get_key_id(id->chain[0], GNUTLS_KEYID_USE_SHA256, of_cert, &cert_len);

	if (rc >= 0)
		rc = gnutls_x509_privkey_get_key_id(id->key, GNUTLS_KEYID_USE_SHA256, of_key, &key_len);
	if (rc < 0)
		return err_set(err, "cannot compare certificate and key: %s", gnutls_strerror(rc));
	if (cert_len != key_len || memcmp(of_cert, of_key, cert_len) != 0)
		return err_set(err, "the private key does not belong to the certificate");
	return 0;
}

/* gnutls_x509_crt_get_fingerprint() encodes the certificate anew, and hashes whatever that gave if libtasn1 got no
 * memory. */
static int take_fingerprint(struct identity *id, struct err *err)
{
	gnutls_datum_t der;
	int rc = gnutls_x509_crt_export2(id->chain[0], GNUTLS_X509_FMT_DER, &der); /* as it was read */

	if (rc >= 0) {
		rc = gnutls_hash_fast(GNUTLS_DIG_SHA256, der.data, der.size, id->fingerprint);
		gnutls_free(der.data);
	}
	return rc < 0 ? err_set(err, "cannot hash the certificate: %s", gnutls_strerror(rc)) : 0;
}

int tls_store_load(struct tls_store *store, struct slice cert_pem, struct slice key_pem, struct err *err)
{
	struct identity id = {0};

	if (read_chain(cert_pem, &id, err) < 0 || read_key(key_pem, &id, err) < 0 || check_pair(&id, err) < 0 ||
	    take_fingerprint(&id, err) < 0) {
		identity_free(&id);
		return -1;
	}
	atomic_store(&store->not_after, (int64_t)gnutls_x509_crt_get_expiration_time(id.chain[0]));

	pthread_mutex_lock(&store->lock);
	struct identity old = store->identity;
	store->identity = id;
	pthread_mutex_unlock(&store->lock);
	identity_free(&old);
	return 0;
}

int64_t tls_store_not_after(const struct tls_store *store)
{
	return atomic_load(&store->not_after);
}

void tls_store_fingerprint(struct tls_store *store, unsigned char ret[TLS_FINGERPRINT])
{
	pthread_mutex_lock(&store->lock);
	memcpy(ret, store->identity.fingerprint, TLS_FINGERPRINT);
	pthread_mutex_unlock(&store->lock);
}

void tls_store_serve(struct tls_store *store)
{
	atomic_store(&serving, store);
}

static int copy_chain(const struct identity *id, gnutls_pcert_st **ret)
{
	gnutls_pcert_st *copies = gnutls_calloc(id->count, sizeof(*copies));

	if (!copies)
		return GNUTLS_E_MEMORY_ERROR;
	for (unsigned i = 0; i < id->count; i++) {
		int rc = gnutls_pcert_import_x509(&copies[i], id->chain[i], 0);
		if (rc < 0) {
			while (i-- > 0)
				gnutls_pcert_deinit(&copies[i]);
			gnutls_free(copies);
			return rc;
		}
	}
	*ret = copies;
	return 0;
}

static int copy_key(const struct identity *id, gnutls_privkey_t *ret)
{
	gnutls_privkey_t copy;
	int rc = gnutls_privkey_init(&copy);

	if (rc < 0)
		return rc;
	rc = gnutls_privkey_import_x509(copy, id->key, GNUTLS_PRIVKEY_IMPORT_COPY);
	if (rc < 0) {
		gnutls_privkey_deinit(copy);
		return rc;
	}
	*ret = copy;
	return 0;
}

static int copy_identity(const struct identity *id, gnutls_pcert_st **certs, gnutls_privkey_t *key)
{
	int rc = id->count > 0 ? copy_key(id, key) : GNUTLS_E_NO_CERTIFICATE_FOUND;

	if (rc < 0)
		return rc;
	rc = copy_chain(id, certs);
	if (rc < 0)
		gnutls_privkey_deinit(*key);
	return rc;
}

int tls_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **certs,
		 unsigned int *certs_length, gnutls_ocsp_data_st **ocsp, unsigned int *ocsp_length,
		 gnutls_privkey_t *privkey, unsigned int *flags)
{
	struct tls_store *store = atomic_load(&serving);

	(void)session;
	(void)info;
	if (!store)
		return -1;
	pthread_mutex_lock(&store->lock);
	int rc = copy_identity(&store->identity, certs, privkey);
	*certs_length = store->identity.count;
	pthread_mutex_unlock(&store->lock);
	if (rc < 0)
		return -1;
	*ocsp = NULL;
	*ocsp_length = 0;
	*flags = GNUTLS_CERT_RETR_DEINIT_ALL; /* the copies are GnuTLS's now */
	return 0;
}
