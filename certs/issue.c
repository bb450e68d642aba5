#include "certs/issue.h"

#include "certs/inspect.h"

#include <openssl/bn.h>
#include <openssl/rand.h>

#include <stdio.h>
#include <time.h>

/* Bits of a serial number: at least 64 unpredictable ones (CA/Browser Forum BR 7.1), fewer than
 * the 20 octets of RFC 5280, 4.1.2.2. */
#define SERIAL_BITS 127

struct extension {
	int nid;
	const char *value; /* in the language of x509v3_config(5) */
};

static const struct extension ca_extensions[] = {
	{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
	{NID_key_usage, "critical,keyCertSign,cRLSign"},
	{NID_subject_key_identifier, "hash"},
};

static const struct extension leaf_extensions[] = {
	{NID_basic_constraints, "critical,CA:FALSE"},
	{NID_key_usage, "critical,digitalSignature"},
	{NID_ext_key_usage, "serverAuth"},
	{NID_subject_key_identifier, "hash"},
	{NID_authority_key_identifier, "keyid:always"},
};

int issue_key(EVP_PKEY **ret, struct err *err)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	if (!key)
		return ossl_err(err, "cannot make an EC P-256 key");
	*ret = key;
	return 0;
}

static int set_serial(X509 *cert, struct err *err)
{
	BIGNUM *serial = BN_new();
	bool ok = serial && BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
		  BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert));

	BN_free(serial);
	return ok ? 0 : ossl_err(err, "cannot choose a serial number");
}

/* ASN1_TIME_set takes the form (UTCTime, GeneralizedTime) that the year asks for. */
static int set_life(X509 *cert, int64_t from, int64_t until, struct err *err)
{
	if (!ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)from) ||
	    !ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)until))
		return ossl_err(err, "cannot set the validity");
	return 0;
}

static int set_name(X509 *cert, const char *common_name, struct err *err)
{
	X509_NAME *name = X509_get_subject_name(cert);

	if (!X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1, 0))
		return ossl_err(err, "cannot set the subject");
	return 0;
}

static int add_extensions(X509 *cert, X509 *issuer, const struct extension *list, size_t count, struct err *err)
{
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	for (size_t i = 0; i < count; i++) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, list[i].nid, list[i].value);
		bool ok = extension && X509_add_ext(cert, extension, -1) == 1;

		X509_EXTENSION_free(extension);
		if (!ok)
			return ossl_err(err, "cannot add an extension");
	}
	return 0;
}

/* A certificate with version, serial, subject, life and key: no issuer, extensions or signature yet. */
static int begin(const char *common_name, EVP_PKEY *key, int64_t from, int64_t until, X509 **ret, struct err *err)
{
	CLEANUP(x509) X509 *cert = X509_new();

	if (!cert || X509_set_version(cert, X509_VERSION_3) != 1 || X509_set_pubkey(cert, key) != 1)
		return ossl_err(err, "cannot make a certificate");
	if (set_serial(cert, err) < 0 || set_life(cert, from, until, err) < 0 || set_name(cert, common_name, err) < 0)
		return -1;
	*ret = TAKE(cert);
	return 0;
}

static int sign(X509 *cert, EVP_PKEY *key, struct err *err)
{
	if (X509_sign(cert, key, EVP_sha256()) <= 0)
		return ossl_err(err, "cannot sign the certificate");
	return 0;
}

/* Two CAs of one name would be hard to tell apart in a bundle, for people and for
 * path builders that go by name first: so each has a few digits of its own. */
static int ca_name(char *ret, size_t size, struct err *err)
{
	unsigned char random[4];

	if (RAND_bytes(random, sizeof(random)) != 1)
		return ossl_err(err, "no random bytes");
	snprintf(ret, size, "sparkgate CA %02x%02x%02x%02x", random[0], random[1], random[2], random[3]);
	return 0;
}

int issue_ca(EVP_PKEY *key, int64_t now, X509 **ret, struct err *err)
{
	CLEANUP(x509) X509 *ca = NULL;
	char name[32];

	if (ca_name(name, sizeof(name), err) < 0)
		return -1;
	if (begin(name, key, now - BACKDATE_SECONDS, now + (int64_t)CA_LIFE_DAYS * DAY_SECONDS, &ca, err) < 0)
		return -1;
	if (X509_set_issuer_name(ca, X509_get_subject_name(ca)) != 1)
		return ossl_err(err, "cannot set the issuer");
	if (add_extensions(ca, ca, ca_extensions, COUNT_OF(ca_extensions), err) < 0)
		return -1;
	if (sign(ca, key, err) < 0)
		return -1;
	*ret = TAKE(ca);
	return 0;
}

static int64_t leaf_end(const X509 *ca, int64_t now)
{
	int64_t wanted = now + (int64_t)LEAF_LIFE_DAYS * DAY_SECONDS;
	int64_t bound = cert_not_after(ca);

	return wanted < bound ? wanted : bound;
}

int issue_leaf(X509 *ca, EVP_PKEY *ca_key, EVP_PKEY *key, const struct names *names, int64_t now, X509 **ret,
	       struct err *err)
{
	CLEANUP(x509) X509 *leaf = NULL;

	if (cert_not_after(ca) <= now)
		return err_set(err, "the CA has expired: make a new one with `sparkgate certs rotate DIR --ca`");
	if (begin("sparkgate", key, now - BACKDATE_SECONDS, leaf_end(ca, now), &leaf, err) < 0)
		return -1;
	if (X509_set_issuer_name(leaf, X509_get_subject_name(ca)) != 1)
		return ossl_err(err, "cannot set the issuer");
	if (add_extensions(leaf, ca, leaf_extensions, COUNT_OF(leaf_extensions), err) < 0)
		return -1;
	if (names_put(names, leaf, err) < 0 || sign(leaf, ca_key, err) < 0)
		return -1;
	*ret = TAKE(leaf);
	return 0;
}
