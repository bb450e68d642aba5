/*
 * What is there is loaded and checked as a whole (load), then one of three things is
 * true: nothing to do, a leaf to renew, or nothing there at all. Only what is missing or
 * due is ever written.
 */
#include "certs/certs.h"

#include "certs/inspect.h"
#include "certs/issue.h"
#include "certs/store.h"

#define CA_CERT "ca.crt"
#define CA_KEY "ca.key"
#define LEAF_CERT "tls.crt"
#define LEAF_KEY "tls.key"

const char *const certs_default_names[] = {
	"localhost",
	"127.0.0.1",
	"::1",
	"sparkgate",
	"sparkgate.sparkgate",
	"sparkgate.sparkgate.svc", /* what an API server calls (webhook clientConfig.service) */
	"sparkgate.sparkgate.svc.cluster.local",
};
const size_t certs_default_name_count = sizeof(certs_default_names) / sizeof(*certs_default_names);

struct holding {
	STACK_OF(X509) *cas; /* of ca.crt; NULL = there is no CA */
	EVP_PKEY *ca_key;
	X509 *ca; /* the one of cas that ca_key belongs to; not owned */
	STACK_OF(X509) *leaves; /* of tls.crt: the leaf, then whatever else stands there; NULL = none */
	EVP_PKEY *leaf_key;
	X509 *leaf; /* the first of leaves; not owned */
};

static void holding_release(struct holding *h)
{
	ossl_drop_chain(&h->cas);
	ossl_drop_pkey(&h->ca_key);
	ossl_drop_chain(&h->leaves);
	ossl_drop_pkey(&h->leaf_key);
}

#define HOLDING __attribute__((cleanup(holding_release))) struct holding
#define STORE __attribute__((cleanup(store_close))) int

/* ---- what is there ---- */

static int load_chain(int fd, const char *name, STACK_OF(X509) **ret, struct err *err)
{
	struct store_text text;

	if (store_read(fd, name, false, &text, err) < 0)
		return -1;
	int rc = chain_parse((struct slice){text.ptr, text.len}, ret, err);
	store_forget(&text);
	return rc < 0 ? err_wrap(err, "'%s'", name) : 0;
}

static int load_key(int fd, const char *name, EVP_PKEY **ret, struct err *err)
{
	struct store_text text;

	if (store_read(fd, name, true, &text, err) < 0)
		return -1;
	int rc = key_parse((struct slice){text.ptr, text.len}, ret, err);
	store_forget(&text);
	return rc < 0 ? err_wrap(err, "'%s'", name) : 0;
}

/* Both files of a pair or none: *there says which. */
static int find_pair(int fd, const char *cert, const char *key, bool *there, struct err *err)
{
	bool has_cert = store_has(fd, cert), has_key = store_has(fd, key);

	if (has_cert != has_key)
		return err_set(err, "'%s' is there but '%s' is not: put it back, or move '%s' away to have both made anew",
			       has_cert ? cert : key, has_cert ? key : cert, has_cert ? cert : key);
	*there = has_cert;
	return 0;
}

static int load_ca(int fd, struct holding *h, struct err *err)
{
	bool there;

	if (find_pair(fd, CA_CERT, CA_KEY, &there, err) < 0)
		return -1;
	if (!there)
		return 0;
	if (load_chain(fd, CA_CERT, &h->cas, err) < 0 || load_key(fd, CA_KEY, &h->ca_key, err) < 0)
		return -1;
	h->ca = chain_of_key(h->cas, h->ca_key);
	if (!h->ca)
		return err_set(err, "'" CA_KEY "' belongs to no certificate of '" CA_CERT "': put the right one back, or move "
				    "all four files away to have new ones");
	return 0;
}

static int load_leaf(int fd, struct holding *h, struct err *err)
{
	bool there;

	if (find_pair(fd, LEAF_CERT, LEAF_KEY, &there, err) < 0)
		return -1;
	if (!there)
		return 0;
	if (load_chain(fd, LEAF_CERT, &h->leaves, err) < 0 || load_key(fd, LEAF_KEY, &h->leaf_key, err) < 0)
		return -1;
	h->leaf = sk_X509_value(h->leaves, 0);
	if (EVP_PKEY_eq(X509_get0_pubkey(h->leaf), h->leaf_key) != 1)
		return err_set(err, "'" LEAF_KEY "' does not belong to '" LEAF_CERT "': put the right one back, or move both "
				    "away to have new ones");
	return 0;
}

static int load(int fd, struct holding *h, struct err *err)
{
	if (load_ca(fd, h, err) < 0 || load_leaf(fd, h, err) < 0)
		return -1;
	if (!h->leaf)
		return 0;
	if (!h->ca)
		return err_set(err, "'" LEAF_CERT "' is there but no CA: put '" CA_CERT "' and '" CA_KEY "' back, or serve "
				    "these files with --tls-cert and --tls-key");
	if (!chain_signed(h->cas, h->leaf))
		return err_set(err, "'" LEAF_CERT "' was signed by no CA of '" CA_CERT "': put the right one back, or move '"
				    LEAF_CERT "' and '" LEAF_KEY "' away to have new ones");
	return 0;
}

/* ---- what is made ---- */

static int save_key(int fd, const char *name, EVP_PKEY *key, struct err *err)
{
	CLEANUP(bio) BIO *bio = NULL;
	char *text = NULL;

	if (key_print(key, &bio, err) < 0)
		return -1;
	long len = BIO_get_mem_data(bio, &text);
	return store_write(fd, name, true, (struct slice){text, (size_t)len}, err);
}

static int save_chain(int fd, const char *name, STACK_OF(X509) *chain, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct slice text;
	int rc = chain_print(&arena, chain, &text, err);

	if (rc == 0)
		rc = store_write(fd, name, false, text, err);
	arena_release(&arena);
	return rc;
}

static int save_cert(int fd, const char *name, X509 *cert, struct err *err)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	int rc = chain && sk_X509_push(chain, cert) > 0 ? 0 : ossl_err(err, "cannot write a certificate");

	if (rc == 0)
		rc = save_chain(fd, name, chain, err);
	sk_X509_free(chain);
	return rc;
}

static int make_ca(int64_t now, EVP_PKEY **key, X509 **cert, struct err *err)
{
	if (issue_key(key, err) < 0)
		return -1;
	return issue_ca(*key, now, cert, err);
}

/* The first CA of an empty directory. */
static int found_ca(int fd, int64_t now, struct holding *h, struct err *err)
{
	CLEANUP(x509) X509 *ca = NULL;

	if (make_ca(now, &h->ca_key, &ca, err) < 0)
		return -1;
	if (save_key(fd, CA_KEY, h->ca_key, err) < 0 || save_cert(fd, CA_CERT, ca, err) < 0)
		return -1;
	h->cas = sk_X509_new_null();
	if (!h->cas || sk_X509_push(h->cas, ca) <= 0)
		return ossl_err(err, "out of memory");
	h->ca = TAKE(ca);
	return 0;
}

/* A leaf for key; the key is written first where it is new, so that a crash leaves a state that
 * is named as an error (a key without its certificate) and never a certificate without a key. */
static int write_leaf(int fd, const struct holding *h, EVP_PKEY *key, bool new_key, const struct names *names,
		      int64_t now, struct err *err)
{
	CLEANUP(x509) X509 *leaf = NULL;

	if (issue_leaf(h->ca, h->ca_key, key, names, now, &leaf, err) < 0)
		return -1;
	if (new_key && save_key(fd, LEAF_KEY, key, err) < 0)
		return -1;
	return save_cert(fd, LEAF_CERT, leaf, err);
}

static int write_leaf_new_key(int fd, const struct holding *h, const struct names *names, int64_t now,
			      struct err *err)
{
	CLEANUP(pkey) EVP_PKEY *key = NULL;

	if (issue_key(&key, err) < 0)
		return -1;
	return write_leaf(fd, h, key, true, names, now, err);
}

/* ---- when ---- */

static bool is_due(const X509 *leaf, int64_t now)
{
	int64_t from = cert_not_before(leaf), until = cert_not_after(leaf);

	return until - now <= (until - from) / 3;
}

static int check_clock(const X509 *cert, const char *file, int64_t now, struct err *err)
{
	if (cert_not_before(cert) > now)
		return err_set(err, "'%s' is not valid yet: is this machine's clock right?", file);
	return 0;
}

static int collect_names(struct names *names, const char *const *wanted, size_t count, struct err *err)
{
	for (size_t i = 0; i < certs_default_name_count; i++) {
		if (names_add(names, certs_default_names[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (names_add(names, wanted[i], err) < 0)
			return -1;
	}
	return 0;
}

static int keep_or_renew(int fd, const struct holding *h, struct names *wanted, int64_t now, enum certs_outcome *ret,
			 struct err *err)
{
	struct names had = {.arena = wanted->arena};

	if (check_clock(h->leaf, LEAF_CERT, now, err) < 0)
		return -1;
	if (names_add_of(&had, h->leaf, err) < 0)
		return err_wrap(err, "'" LEAF_CERT "'");
	if (names_cover(&had, wanted) && !is_due(h->leaf, now)) {
		*ret = CERTS_KEPT;
		return 0;
	}
	if (names_add_of(wanted, h->leaf, err) < 0)
		return -1;
	if (write_leaf(fd, h, h->leaf_key, false, wanted, now, err) < 0)
		return -1;
	*ret = CERTS_LEAF_RENEWED;
	return 0;
}

static int ensure(int fd, struct names *wanted, int64_t now, enum certs_outcome *ret, struct err *err)
{
	HOLDING h = {0};

	if (load(fd, &h, err) < 0)
		return -1;
	if (h.leaf)
		return keep_or_renew(fd, &h, wanted, now, ret, err);
	if (!h.ca && found_ca(fd, now, &h, err) < 0)
		return -1;
	if (write_leaf_new_key(fd, &h, wanted, now, err) < 0)
		return -1;
	*ret = CERTS_MADE;
	return 0;
}

int certs_ensure(const char *dir, const char *const *names, size_t count, int64_t now, enum certs_outcome *ret,
		 struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct names wanted = {.arena = &arena};
	STORE fd = -1;
	int rc = collect_names(&wanted, names, count, err);

	if (rc == 0)
		rc = store_open(dir, STORE_CREATE, &fd, err);
	if (rc == 0 && ensure(fd, &wanted, now, ret, err) < 0)
		rc = err_wrap(err, "certificates in '%s'", dir);
	arena_release(&arena);
	return rc;
}

/* ---- rotation ---- */

static int rotate_leaf(int fd, int64_t now, struct arena *a, struct err *err)
{
	HOLDING h = {0};
	struct names names = {.arena = a};

	if (load(fd, &h, err) < 0)
		return -1;
	if (!h.leaf)
		return err_set(err, "no '" LEAF_CERT "' yet: make it with `sparkgate certs init DIR`");
	if (names_add_of(&names, h.leaf, err) < 0)
		return -1;
	return write_leaf_new_key(fd, &h, &names, now, err);
}

int certs_rotate(const char *dir, int64_t now, struct err *err)
{
	struct arena arena = ARENA_INIT;
	STORE fd = -1;
	int rc = store_open(dir, STORE_EXISTING, &fd, err);

	if (rc == 0 && rotate_leaf(fd, now, &arena, err) < 0)
		rc = err_wrap(err, "certificates in '%s'", dir);
	arena_release(&arena);
	return rc;
}

/* The new CA, and behind it the one that signs now; older ones have had their time. */
static int bundle(X509 *fresh, X509 *current, STACK_OF(X509) **ret, struct err *err)
{
	CLEANUP(chain) STACK_OF(X509) *chain = sk_X509_new_null();

	if (!chain || X509_add_cert(chain, fresh, X509_ADD_FLAG_UP_REF) != 1 ||
	    X509_add_cert(chain, current, X509_ADD_FLAG_UP_REF) != 1)
		return ossl_err(err, "out of memory");
	*ret = TAKE(chain);
	return 0;
}

static int rotate_ca(int fd, int64_t now, struct err *err)
{
	HOLDING h = {0};
	CLEANUP(pkey) EVP_PKEY *key = NULL;
	CLEANUP(x509) X509 *ca = NULL;
	CLEANUP(chain) STACK_OF(X509) *chain = NULL;

	if (load(fd, &h, err) < 0)
		return -1;
	if (!h.ca)
		return err_set(err, "no '" CA_CERT "' yet: make it with `sparkgate certs init DIR`");
	if (h.leaf && X509_verify(h.leaf, h.ca_key) != 1)
		return err_set(err, "'" LEAF_CERT "' is still signed by the CA before: hand out '" CA_CERT
				    "', then `sparkgate certs rotate DIR` without --ca");
	if (make_ca(now, &key, &ca, err) < 0 || bundle(ca, h.ca, &chain, err) < 0)
		return -1;
	/* The bundle first: between the two writes ca.key still belongs to its second certificate. */
	if (save_chain(fd, CA_CERT, chain, err) < 0)
		return -1;
	return save_key(fd, CA_KEY, key, err);
}

int certs_rotate_ca(const char *dir, int64_t now, struct err *err)
{
	STORE fd = -1;

	if (store_open(dir, STORE_EXISTING, &fd, err) < 0)
		return -1;
	return rotate_ca(fd, now, err) < 0 ? err_wrap(err, "certificates in '%s'", dir) : 0;
}

/* ---- description ---- */

static int describe_chain(struct arena *a, STACK_OF(X509) *chain, const char *file, struct cert_info *ret,
			  struct err *err)
{
	for (int i = 0; i < sk_X509_num(chain); i++) {
		if (cert_describe(a, sk_X509_value(chain, i), &ret[i], err) < 0)
			return err_wrap(err, "'%s'", file);
		ret[i].file = file;
	}
	return 0;
}

static int describe(struct arena *a, int fd, struct certs_info *ret, struct err *err)
{
	HOLDING h = {0};

	if (load(fd, &h, err) < 0)
		return -1;
	if (!h.leaf)
		return err_set(err, "no '" LEAF_CERT "' yet: make it with `sparkgate certs init DIR`");

	size_t cas = (size_t)sk_X509_num(h.cas), leaves = (size_t)sk_X509_num(h.leaves);
	struct cert_info *items = ARENA_ARRAY(a, cas + leaves, struct cert_info);
	if (describe_chain(a, h.cas, CA_CERT, items, err) < 0 ||
	    describe_chain(a, h.leaves, LEAF_CERT, items + cas, err) < 0)
		return -1;
	*ret = (struct certs_info){items, cas + leaves};
	return 0;
}

int certs_describe(struct arena *a, const char *dir, struct certs_info *ret, struct err *err)
{
	STORE fd = -1;

	if (store_open(dir, STORE_EXISTING, &fd, err) < 0)
		return -1;
	return describe(a, fd, ret, err) < 0 ? err_wrap(err, "certificates in '%s'", dir) : 0;
}

int certs_describe_pem(struct arena *a, struct slice pem, struct cert_info *ret, struct err *err)
{
	CLEANUP(chain) STACK_OF(X509) *chain = NULL;

	if (chain_parse(pem, &chain, err) < 0)
		return -1;
	return cert_describe(a, sk_X509_value(chain, 0), ret, err);
}
