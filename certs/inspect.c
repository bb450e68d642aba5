#include "certs/inspect.h"

#include "certs/names.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <limits.h>
#include <stdio.h>
#include <time.h>

static BIO *bio_of(struct slice text)
{
	return text.len <= INT_MAX ? BIO_new_mem_buf(text.ptr, (int)text.len) : NULL;
}

static int parse_into(BIO *bio, STACK_OF(X509) *chain, struct err *err)
{
	X509 *cert;

	while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (sk_X509_num(chain) == CHAIN_MAX || sk_X509_push(chain, cert) <= 0) {
			X509_free(cert);
			return err_set(err, "more than %d certificates", CHAIN_MAX);
		}
	}
	return 0;
}

/* PEM_read ends on "no start line" both at the end of the text and where there is no PEM at all. */
static bool at_end(void)
{
	unsigned long code = ERR_peek_last_error();

	return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

int chain_parse(struct slice text, STACK_OF(X509) **ret, struct err *err)
{
	CLEANUP(bio) BIO *bio = bio_of(text);
	CLEANUP(chain) STACK_OF(X509) *chain = sk_X509_new_null();

	if (!bio || !chain)
		return ossl_err(err, "cannot read");
	ERR_clear_error();
	if (parse_into(bio, chain, err) < 0)
		return -1;
	if (!at_end())
		return ossl_err(err, "not a PEM certificate");
	ERR_clear_error();
	if (sk_X509_num(chain) == 0)
		return err_set(err, "no PEM certificate in it");
	*ret = TAKE(chain);
	return 0;
}

/* OpenSSL's own callback would ask the terminal. */
static int no_password(char *buffer, int size, int writing, void *unused)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)unused;
	return -1;
}

int key_parse(struct slice text, EVP_PKEY **ret, struct err *err)
{
	CLEANUP(bio) BIO *bio = bio_of(text);

	if (!bio)
		return ossl_err(err, "cannot read");
	ERR_clear_error();
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	if (!key)
		return ossl_err(err, "not a PEM private key without a password");
	*ret = key;
	return 0;
}

static char *one_line(struct arena *a, const X509_NAME *name)
{
	CLEANUP(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;

	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		return arena_printf(a, "(unreadable)");
	long len = BIO_get_mem_data(bio, &text);
	return arena_dup(a, (struct slice){text ? text : "", len > 0 ? (size_t)len : 0});
}

int chain_print(struct arena *a, STACK_OF(X509) *chain, struct slice *ret, struct err *err)
{
	CLEANUP(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;

	for (int i = 0; bio && i < sk_X509_num(chain); i++) {
		X509 *cert = sk_X509_value(chain, i);

		if (BIO_printf(bio, "# %s\n", one_line(a, X509_get_subject_name(cert))) < 0 ||
		    PEM_write_bio_X509(bio, cert) != 1)
			return ossl_err(err, "cannot write a certificate");
	}
	if (!bio)
		return ossl_err(err, "cannot write a certificate");
	long len = BIO_get_mem_data(bio, &text);
	*ret = arena_copy(a, (struct slice){text, (size_t)len});
	return 0;
}

int key_print(EVP_PKEY *key, BIO **ret, struct err *err)
{
	CLEANUP(bio) BIO *bio = BIO_new(BIO_s_secmem());

	if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return ossl_err(err, "cannot write a key");
	*ret = TAKE(bio);
	return 0;
}

static int64_t seconds(const ASN1_TIME *time)
{
	struct tm tm;

	/* An unreadable time counts as long past: such a certificate is never taken for valid. */
	return time && ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

int64_t cert_not_before(const X509 *cert)
{
	return seconds(X509_get0_notBefore(cert));
}

int64_t cert_not_after(const X509 *cert)
{
	return seconds(X509_get0_notAfter(cert));
}

X509 *chain_of_key(STACK_OF(X509) *chain, const EVP_PKEY *key)
{
	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *cert = sk_X509_value(chain, i);

		if (EVP_PKEY_eq(X509_get0_pubkey(cert), key) == 1)
			return cert;
	}
	return NULL;
}

bool chain_signed(STACK_OF(X509) *chain, X509 *cert)
{
	bool found = false;

	for (int i = 0; !found && i < sk_X509_num(chain); i++) {
		X509 *ca = sk_X509_value(chain, i);

		found = X509_check_issued(ca, cert) == X509_V_OK && X509_verify(cert, X509_get0_pubkey(ca)) == 1;
	}
	ERR_clear_error();
	return found;
}

static const char *key_type(struct arena *a, const X509 *cert)
{
	const EVP_PKEY *key = X509_get0_pubkey(cert);
	char group[64];

	if (!key)
		return "unknown";
	if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1)
		return strcmp(group, "prime256v1") == 0 ? "EC P-256" : arena_printf(a, "EC %s", group);
	return arena_printf(a, "%s %d", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
}

static int digest_of(const X509 *cert, unsigned char ret[SHA256_BYTES], struct err *err)
{
	if (X509_digest(cert, EVP_sha256(), ret, NULL) != 1)
		return ossl_err(err, "cannot take the fingerprint");
	return 0;
}

int cert_sha256(const X509 *cert, char ret[SHA256_HEX], struct err *err)
{
	unsigned char digest[SHA256_BYTES];

	if (digest_of(cert, digest, err) < 0)
		return -1;
	hex_print(digest, sizeof(digest), ret);
	return 0;
}

/* As people write it: "AB:CD". */
static int fingerprint(const X509 *cert, char *ret, struct err *err)
{
	unsigned char digest[SHA256_BYTES];

	if (digest_of(cert, digest, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret + 3 * i, 4, i + 1 < sizeof(digest) ? "%02X:" : "%02X", digest[i]);
	return 0;
}

int cert_describe(struct arena *a, X509 *cert, struct cert_info *ret, struct err *err)
{
	struct names *names = ARENA_NEW(a, struct names);
	struct cert_info info = {
		.subject = one_line(a, X509_get_subject_name(cert)),
		.issuer = one_line(a, X509_get_issuer_name(cert)),
		.not_before = cert_not_before(cert),
		.not_after = cert_not_after(cert),
		.key_type = key_type(a, cert),
	};

	names->arena = a;
	if (names_add_of(names, cert, err) < 0 || fingerprint(cert, info.sha256, err) < 0)
		return -1;
	info.names = names->items;
	info.name_count = names->count;
	*ret = info;
	return 0;
}
