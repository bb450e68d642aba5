#include "http/handshake.h"

#include "http/listen.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <unistd.h>

/* Is the leaf that the server presented the one that expected holds? */
static int compare(gnutls_session_t session, struct tls_store *expected, struct err *err)
{
	unsigned char loaded[TLS_FINGERPRINT], served[TLS_FINGERPRINT] = {0};
	unsigned count = 0;
	const gnutls_datum_t *peers = gnutls_certificate_get_peers(session, &count);

	if (!peers || count == 0 || gnutls_hash_fast(GNUTLS_DIG_SHA256, peers[0].data, peers[0].size, served) < 0)
		return err_set(err, "the listener presented no certificate");
	tls_store_fingerprint(expected, loaded);
	if (memcmp(loaded, served, sizeof(loaded)) != 0)
		return err_set(err, "the listener presented another certificate than the one that is loaded");
	return 0;
}

static int shake_hands(gnutls_session_t session, int fd, struct err *err)
{
	int rc;

	gnutls_transport_set_int(session, fd);
	gnutls_handshake_set_timeout(session, (unsigned)(HANDSHAKE_NS / CLOCK_MS));
	do
		rc = gnutls_handshake(session);
	while (rc < 0 && !gnutls_error_is_fatal(rc));
	return rc < 0 ? err_set(err, "handshake: %s", gnutls_strerror(rc)) : 0;
}

static int talk(int fd, struct tls_store *expected, struct err *err)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;

	if (gnutls_certificate_allocate_credentials(&credentials) < 0)
		return err_set(err, "out of memory");
	if (gnutls_init(&session, GNUTLS_CLIENT) < 0) {
		gnutls_certificate_free_credentials(credentials);
		return err_set(err, "out of memory");
	}
	int rc = gnutls_set_default_priority(session);
	if (rc >= 0)
		rc = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	rc = rc < 0 ? err_set(err, "%s", gnutls_strerror(rc)) : shake_hands(session, fd, err);
	if (rc == 0) {
		rc = compare(session, expected, err);
		gnutls_bye(session, GNUTLS_SHUT_WR);
	}
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	return rc;
}

int handshake_check(const char *address, struct tls_store *expected, struct err *err)
{
	int fd = listen_connect(address, HANDSHAKE_NS, err);

	if (fd < 0)
		return -1;
	int rc = talk(fd, expected, err);
	close(fd);
	return rc;
}
