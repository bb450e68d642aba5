#include "http/tls_clients.h"

#include "http/tls.h"

#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* A message of a handshake may have 64 KiB, for GnuTLS and for Go. What is longer would end all of them, probes' too. */
#define NAMES_MAX (60u * 1024)

/* One reading of the CAs. */
struct tls_terms {
	_Atomic unsigned users; /* the store and the sessions */
	gnutls_certificate_credentials_t credentials;
};

struct tls_clients {
	pthread_mutex_t lock; /* of terms */
	struct tls_terms *terms;
};

struct tls_clients *tls_clients_new(void)
{
	struct tls_clients *clients = calloc(1, sizeof(*clients));

	if (clients)
		pthread_mutex_init(&clients->lock, NULL);
	return clients;
}

void tls_clients_free(struct tls_clients *clients)
{
	if (!clients)
		return;
	tls_terms_free(clients->terms);
	pthread_mutex_destroy(&clients->lock);
	free(clients);
}

void tls_terms_free(struct tls_terms *terms)
{
	if (!terms || atomic_fetch_sub(&terms->users, 1) > 1)
		return;
	if (terms->credentials)
		gnutls_certificate_free_credentials(terms->credentials);
	free(terms);
}

static struct tls_terms *terms_new(void)
{
	struct tls_terms *terms = calloc(1, sizeof(*terms));

	if (!terms)
		return NULL;
	terms->users = 1;
	if (gnutls_certificate_allocate_credentials(&terms->credentials) < 0) {
		free(terms);
		return NULL;
	}
	gnutls_certificate_set_retrieve_function3(terms->credentials, tls_retrieve);
	return terms;
}

/* What one CA takes in the handshake; 0 if it cannot be said. Frees ca. */
static size_t name_size(gnutls_x509_crt_t ca)
{
	gnutls_datum_t name;
	int rc = gnutls_x509_crt_get_raw_dn(ca, &name);

	gnutls_x509_crt_deinit(ca);
	if (rc < 0)
		return 0;
	gnutls_free(name.data);
	return name.size + 2;
}

static int check_names(const struct tls_terms *terms, struct err *err)
{
	gnutls_x509_trust_list_iter_t iter = NULL;
	gnutls_x509_trust_list_t list;
	gnutls_x509_crt_t ca;
	size_t all = 0, one = 1;

	gnutls_certificate_get_trust_list(terms->credentials, &list);
	while (one > 0 && gnutls_x509_trust_list_iter_get_ca(list, &iter, &ca) >= 0)
		all += one = name_size(ca);
	bool whole = !iter && one > 0 && all > 0; /* GnuTLS frees it at the end, and there only */
	gnutls_x509_trust_list_iter_deinit(iter);
	if (!whole)
		return err_set(err, "cannot read the names of the CAs");
	return all > NAMES_MAX ? err_set(err, "the names of the CAs have %zu bytes; a handshake has room for %u", all, NAMES_MAX) : 0;
}

static int trust(struct tls_terms *terms, struct slice ca_pem, struct err *err)
{
	gnutls_datum_t data = tls_datum(ca_pem);
	int rc = gnutls_certificate_set_x509_trust_mem(terms->credentials, &data, GNUTLS_X509_FMT_PEM);

	if (rc < 0)
		return err_set(err, "not PEM certificates: %s", gnutls_strerror(rc));
	/* GnuTLS makes no error of this, and nobody would be let in. */
	return rc == 0 ? err_set(err, "no PEM certificate") : check_names(terms, err);
}

int tls_clients_load(struct tls_clients *clients, struct slice ca_pem, struct err *err)
{
	struct tls_terms *terms = terms_new();

	if (!terms)
		return err_set(err, "out of memory");
	if (trust(terms, ca_pem, err) < 0) {
		tls_terms_free(terms);
		return -1;
	}
	pthread_mutex_lock(&clients->lock);
	struct tls_terms *old = clients->terms;
	clients->terms = terms;
	pthread_mutex_unlock(&clients->lock);
	tls_terms_free(old);
	return 0;
}

static struct tls_terms *newest(struct tls_clients *clients)
{
	pthread_mutex_lock(&clients->lock);
	struct tls_terms *terms = clients->terms;
	if (terms)
		atomic_fetch_add(&terms->users, 1);
	pthread_mutex_unlock(&clients->lock);
	return terms;
}

struct tls_terms *tls_clients_ask(struct tls_clients *clients, gnutls_session_t session)
{
	struct tls_terms *terms = newest(clients);

	if (!terms)
		return NULL;
	if (gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, terms->credentials) < 0) {
		tls_terms_free(terms);
		return NULL;
	}
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	return terms;
}

/* Is expected the common name of the certificate that the peer presented first, its own? */
static bool has_common_name(gnutls_session_t session, const char *expected)
{
	unsigned count = 0;
	const gnutls_datum_t *peers = gnutls_certificate_get_peers(session, &count);
	gnutls_x509_crt_t leaf;
	char name[256];
	size_t size = sizeof(name);

	if (!peers || count == 0 || gnutls_x509_crt_init(&leaf) < 0)
		return false;
	int rc = gnutls_x509_crt_import(leaf, &peers[0], GNUTLS_X509_FMT_DER);
	if (rc >= 0)
		rc = gnutls_x509_crt_get_dn_by_oid(leaf, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size);
	gnutls_x509_crt_deinit(leaf);
	/* A NUL inside the name would make it look shorter than what the CA signed. */
	return rc >= 0 && size == strlen(expected) && memcmp(name, expected, size) == 0;
}

bool tls_clients_ok(gnutls_session_t session, const char *common_name)
{
	static unsigned char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
	gnutls_typed_vdata_st data = {GNUTLS_DT_KEY_PURPOSE_OID, purpose, 0};
	unsigned status = ~0u;

	/* Check both: without a certificate the call fails, with an untrusted one only the status tells. */
	if (gnutls_certificate_verify_peers(session, &data, 1, &status) != 0 || status != 0)
		return false;
	return !common_name || has_common_name(session, common_name);
}
