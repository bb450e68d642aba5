/*
 * What is there is loaded and checked as a whole (material_parse), then one of three things is true: nothing to do, a
 * leaf to renew, or nothing there at all.
 */
#include "certs/material.h"

#include "certs/inspect.h"
#include "certs/issue.h"

#include <openssl/err.h>

void material_release(struct material *m)
{
	ossl_drop_chain(&m->cas);
	ossl_drop_pkey(&m->ca_key);
	ossl_drop_chain(&m->leaves);
	ossl_drop_pkey(&m->leaf_key);
	*m = MATERIAL_NONE;
}

struct material material_take(struct material *m)
{
	struct material taken = *m;

	*m = MATERIAL_NONE;
	return taken;
}

int material_copy(const struct material *m, struct material *ret, struct err *err)
{
	MATERIAL copy = MATERIAL_NONE;

	if ((m->cas && !(copy.cas = X509_chain_up_ref(m->cas))) ||
	    (m->leaves && !(copy.leaves = X509_chain_up_ref(m->leaves))))
		return ossl_err(err, "out of memory");
	if (m->ca_key && EVP_PKEY_up_ref(m->ca_key) == 1)
		copy.ca_key = m->ca_key;
	if (m->leaf_key && EVP_PKEY_up_ref(m->leaf_key) == 1)
		copy.leaf_key = m->leaf_key;
	copy.ca = m->ca;
	copy.leaf = m->leaf;
	*ret = material_take(&copy);
	return 0;
}

/* ---- what is there ---- */

/* Both of a pair or none. */
static int check_pair(struct slice cert, struct secret key, const char *cert_name, const char *key_name, struct err *err)
{
	if (!cert.ptr == secret_is_set(key))
		return err_set(err,
			       "'%s' is there but '%s' is not: put it back, or move '%s' away to have both made anew",
			       cert.ptr ? cert_name : key_name, cert.ptr ? key_name : cert_name,
			       cert.ptr ? cert_name : key_name);
	return 0;
}

static int parse_pair(struct slice cert, struct secret key, const char *cert_name, const char *key_name,
		      STACK_OF(X509) **chain, EVP_PKEY **ret, struct err *err)
{
	if (chain_parse(cert, chain, err) < 0)
		return err_wrap(err, "'%s'", cert_name);
	return key_parse(secret_reveal(key), ret, err) < 0 ? err_wrap(err, "'%s'", key_name) : 0;
}

static int parse_ca(const struct material_pem *pem, struct material *m, struct err *err)
{
	if (check_pair(pem->ca_cert, pem->ca_key, CA_CERT, CA_KEY, err) < 0)
		return -1;
	if (!pem->ca_cert.ptr)
		return 0;
	if (parse_pair(pem->ca_cert, pem->ca_key, CA_CERT, CA_KEY, &m->cas, &m->ca_key, err) < 0)
		return -1;
	m->ca = chain_of_key(m->cas, m->ca_key);
	if (!m->ca)
		return err_set(err, "'" CA_KEY "' does not belong to any certificate in '" CA_CERT
				    "': put the right one back, or move "
				    "all four files away to have new ones");
	return 0;
}

static int parse_leaf(const struct material_pem *pem, struct material *m, struct err *err)
{
	if (check_pair(pem->cert, pem->key, LEAF_CERT, LEAF_KEY, err) < 0)
		return -1;
	if (!pem->cert.ptr)
		return 0;
	if (parse_pair(pem->cert, pem->key, LEAF_CERT, LEAF_KEY, &m->leaves, &m->leaf_key, err) < 0)
		return -1;
	m->leaf = sk_X509_value(m->leaves, 0);
	if (EVP_PKEY_eq(X509_get0_pubkey(m->leaf), m->leaf_key) != 1)
		return err_set(err, "'" LEAF_KEY "' does not belong to '" LEAF_CERT
				    "': put the right one back, or move both "
				    "away to have new ones");
	return 0;
}

static int parse(const struct material_pem *pem, struct material *m, struct err *err)
{
	if (parse_ca(pem, m, err) < 0 || parse_leaf(pem, m, err) < 0)
		return -1;
	if (!m->leaf)
		return 0;
	if (!m->ca)
		return err_set(err,
			       "'" LEAF_CERT "' is there but no CA: put '" CA_CERT "' and '" CA_KEY "' back, or serve "
			       "these files with --tls-cert and --tls-key");
	if (!chain_signed(m->cas, m->leaf))
		return err_set(err, "'" LEAF_CERT "' was not signed by any CA in '" CA_CERT
				    "': put the right one back, or move '" LEAF_CERT "' and '" LEAF_KEY
				    "' away to have new ones");
	return 0;
}

/* OpenSSL calls a signature that it could not check a bad one: nobody must move files away for that. */
static bool lacked_memory(void)
{
	bool lacked = false;

	for (unsigned long e; (e = ERR_get_error()) != 0;)
		lacked = lacked || ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE;
	return lacked;
}

int material_parse(const struct material_pem *pem, struct material *ret, struct err *err)
{
	MATERIAL m = MATERIAL_NONE;

	ERR_clear_error();
	if (parse(pem, &m, err) < 0)
		return lacked_memory() ? err_set(err, "cannot check them: out of memory") : -1;
	*ret = material_take(&m);
	return 0;
}

/* ---- what is made ---- */

/* A chain of cert, and of second where there is one; it holds references of its own. */
static int chain_of(X509 *cert, X509 *second, STACK_OF(X509) **ret, struct err *err)
{
	CLEANUP(chain) STACK_OF(X509) *chain = sk_X509_new_null();

	if (!chain || X509_add_cert(chain, cert, X509_ADD_FLAG_UP_REF) != 1 ||
	    (second && X509_add_cert(chain, second, X509_ADD_FLAG_UP_REF) != 1))
		return ossl_err(err, "out of memory");
	*ret = TAKE(chain);
	return 0;
}

/* A new CA that signs from now on, followed by the previous one where there is one. */
static int found_ca(struct material *m, int64_t now, struct err *err)
{
	CLEANUP(pkey) EVP_PKEY *key = NULL;
	CLEANUP(x509) X509 *ca = NULL;
	STACK_OF(X509) *cas = NULL;

	if (issue_key(&key, err) < 0 || issue_ca(key, now, &ca, err) < 0 || chain_of(ca, m->ca, &cas, err) < 0)
		return -1;
	ossl_drop_chain(&m->cas);
	ossl_drop_pkey(&m->ca_key);
	m->cas = cas;
	m->ca = sk_X509_value(cas, 0);
	m->ca_key = TAKE(key);
	return 0;
}

/* A leaf for key, which the material takes over where it is made. */
static int make_leaf(struct material *m, EVP_PKEY *key, const struct names *names, int64_t now, struct err *err)
{
	CLEANUP(x509) X509 *leaf = NULL;
	STACK_OF(X509) *leaves = NULL;

	if (issue_leaf(m->ca, m->ca_key, key, names, now, &leaf, err) < 0 || chain_of(leaf, NULL, &leaves, err) < 0)
		return -1;
	ossl_drop_chain(&m->leaves);
	m->leaves = leaves;
	m->leaf = sk_X509_value(leaves, 0);
	if (key != m->leaf_key)
		ossl_drop_pkey(&m->leaf_key);
	m->leaf_key = key;
	return 0;
}

static int make_leaf_new_key(struct material *m, const struct names *names, int64_t now, struct err *err)
{
	EVP_PKEY *key = NULL;

	if (issue_key(&key, err) < 0)
		return -1;
	if (make_leaf(m, key, names, now, err) < 0) {
		EVP_PKEY_free(key);
		return -1;
	}
	return 0;
}

/* ---- when ---- */

int material_names(const char *const *wanted, size_t count, struct names *ret, struct err *err)
{
	for (size_t i = 0; i < certs_default_name_count; i++) {
		if (names_add(ret, certs_default_names[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (names_add(ret, wanted[i], err) < 0)
			return -1;
	}
	return 0;
}

bool material_is_due(const X509 *cert, int64_t now)
{
	int64_t from = cert_not_before(cert), until = cert_not_after(cert);

	return until - now <= (until - from) / 3;
}

static int keep_or_renew(struct material *m, struct names *wanted, int64_t now, enum certs_outcome *ret,
			 struct err *err)
{
	struct names had = {.arena = wanted->arena};

	if (cert_not_before(m->leaf) > now)
		return err_set(err, "'" LEAF_CERT "' is not valid yet: is this machine's clock right?");
	if (names_add_of(&had, m->leaf, err) < 0)
		return err_wrap(err, "'" LEAF_CERT "'");
	if (names_cover(&had, wanted) && !material_is_due(m->leaf, now)) {
		*ret = CERTS_KEPT;
		return 0;
	}
	if (names_add_of(wanted, m->leaf, err) < 0 || make_leaf(m, m->leaf_key, wanted, now, err) < 0)
		return -1;
	*ret = CERTS_LEAF_RENEWED;
	return 0;
}

int material_ensure(struct material *m, struct names *wanted, int64_t now, enum certs_outcome *ret, struct err *err)
{
	if (m->leaf)
		return keep_or_renew(m, wanted, now, ret, err);
	if (!m->ca && found_ca(m, now, err) < 0)
		return -1;
	if (make_leaf_new_key(m, wanted, now, err) < 0)
		return -1;
	*ret = CERTS_MADE;
	return 0;
}

/* ---- rotation ---- */

int material_rotate(struct material *m, struct arena *a, int64_t now, struct err *err)
{
	struct names names = {.arena = a};

	if (!m->leaf)
		return err_set(err, "no '" LEAF_CERT "' yet: make it with `sparkgate certs init DIR`");
	if (names_add_of(&names, m->leaf, err) < 0)
		return -1;
	return make_leaf_new_key(m, &names, now, err);
}

int material_rotate_ca(struct material *m, int64_t now, struct err *err)
{
	if (!m->ca)
		return err_set(err, "no '" CA_CERT "' yet: make it with `sparkgate certs init DIR`");
	if (material_step(m) == STEP_ANNOUNCED)
		return err_set(err, "'" LEAF_CERT "' is still signed by the previous CA: hand out '" CA_CERT
				    "', then `sparkgate certs rotate DIR` without --ca");
	return found_ca(m, now, err);
}

int material_drop_old(struct material *m, struct err *err)
{
	STACK_OF(X509) *cas = NULL;

	if (chain_of(m->ca, NULL, &cas, err) < 0)
		return -1;
	ossl_drop_chain(&m->cas);
	m->cas = cas;
	m->ca = sk_X509_value(cas, 0);
	return 0;
}

enum material_step material_step(const struct material *m)
{
	if (m->leaf && X509_verify(m->leaf, m->ca_key) != 1)
		return STEP_ANNOUNCED;
	return m->cas && sk_X509_num(m->cas) > 1 ? STEP_MOVED : STEP_STEADY;
}
