/*
 * The material of a directory: its four files are read, what is due is made in memory (certs/material.h), and only
 * what changed is ever written.
 */
#include "certs/certs.h"

#include "certs/inspect.h"
#include "certs/material.h"
#include "certs/store.h"

const char *const certs_default_names[] = {
	"localhost",
	"127.0.0.1",
	"::1",
	"sparkgate",
	"sparkgate.sparkgate",
	"sparkgate.sparkgate.svc", /* what an API server calls (webhook clientConfig.service) */
	"sparkgate.sparkgate.svc.cluster.local",
};
const size_t certs_default_name_count = COUNT_OF(certs_default_names);

#define STORE __attribute__((cleanup(store_close))) int

/* ---- what is there ---- */

/* The texts of a directory. */
struct texts_of_dir {
	struct store_text ca_cert, ca_key, cert, key;
};

static void forget(struct texts_of_dir *t)
{
	store_forget(&t->ca_cert);
	store_forget(&t->ca_key);
	store_forget(&t->cert);
	store_forget(&t->key);
}

static int read_one(int fd, const char *name, bool secret, struct store_text *ret, struct err *err)
{
	return store_has(fd, name) ? store_read(fd, name, secret, ret, err) : 0;
}

static struct slice text_of(const struct store_text *text)
{
	return (struct slice){text->ptr, text->len};
}

static int load(int fd, struct material *ret, struct err *err)
{
	__attribute__((cleanup(forget))) struct texts_of_dir t = {0};

	if (read_one(fd, CA_CERT, false, &t.ca_cert, err) < 0 || read_one(fd, CA_KEY, true, &t.ca_key, err) < 0 ||
	    read_one(fd, LEAF_CERT, false, &t.cert, err) < 0 || read_one(fd, LEAF_KEY, true, &t.key, err) < 0)
		return -1;
	return material_parse(
		&(struct material_pem){text_of(&t.ca_cert), text_of(&t.cert), secret_of(text_of(&t.ca_key)), secret_of(text_of(&t.key))},
		ret, err);
}

/* ---- what is written ---- */

/* Texts of keys are OpenSSL's, and wiped with their BIO. */
struct change {
	struct arena arena;
	BIO *keys[2];
	struct store_file files[4];
	size_t count, key_count;
};

static void change_drop(struct change *c)
{
	for (size_t i = 0; i < c->key_count; i++)
		BIO_free_all(c->keys[i]);
	arena_release(&c->arena);
}

#define CHANGE __attribute__((cleanup(change_drop))) struct change

static int add_key(struct change *c, const char *name, EVP_PKEY *key, struct err *err)
{
	BIO **bio = &c->keys[c->key_count];
	char *text = NULL;

	if (key_print(key, bio, err) < 0)
		return -1;
	c->key_count++;
	long len = BIO_get_mem_data(*bio, &text);
	c->files[c->count++] = (struct store_file){name, true, {text, (size_t)len}};
	return 0;
}

static int add_chain(struct change *c, const char *name, STACK_OF(X509) *chain, struct err *err)
{
	struct store_file *file = &c->files[c->count];

	*file = (struct store_file){.name = name};
	if (chain_print(&c->arena, chain, &file->text, err) < 0)
		return -1;
	c->count++;
	return 0;
}

static int save_leaf(int fd, const struct material *m, bool with_ca, struct err *err)
{
	CHANGE c = {.count = 0};

	if (with_ca && (add_key(&c, CA_KEY, m->ca_key, err) < 0 || add_chain(&c, CA_CERT, m->cas, err) < 0))
		return -1;
	if (add_key(&c, LEAF_KEY, m->leaf_key, err) < 0 || add_chain(&c, LEAF_CERT, m->leaves, err) < 0)
		return -1;
	return store_write(fd, c.files, c.count, err);
}

/* A renewed leaf keeps its key, so that one file changes. */
static int save_renewed(int fd, const struct material *m, struct err *err)
{
	CHANGE c = {.count = 0};

	return add_chain(&c, LEAF_CERT, m->leaves, err) < 0 ? -1 : store_write(fd, c.files, c.count, err);
}

static int save_ca(int fd, const struct material *m, struct err *err)
{
	CHANGE c = {.count = 0};

	if (add_chain(&c, CA_CERT, m->cas, err) < 0 || add_key(&c, CA_KEY, m->ca_key, err) < 0)
		return -1;
	return store_write(fd, c.files, c.count, err);
}

/* ---- making and keeping ---- */

static int ensure(int fd, struct names *wanted, int64_t now, enum certs_outcome *ret, struct err *err)
{
	MATERIAL m = MATERIAL_NONE;

	if (load(fd, &m, err) < 0)
		return -1;
	bool had_ca = m.ca != NULL;
	if (material_ensure(&m, wanted, now, ret, err) < 0)
		return -1;
	if (*ret == CERTS_MADE)
		return save_leaf(fd, &m, !had_ca, err);
	return *ret == CERTS_LEAF_RENEWED ? save_renewed(fd, &m, err) : 0;
}

int certs_ensure(const char *dir, const char *const *names, size_t count, int64_t now, enum certs_outcome *ret,
		 struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct names wanted = {.arena = &arena};
	STORE fd = -1;
	int rc = material_names(names, count, &wanted, err);

	if (rc == 0)
		rc = store_open(dir, STORE_CREATE, &fd, err);
	if (rc == 0 && ensure(fd, &wanted, now, ret, err) < 0)
		rc = err_wrap(err, "certificates in '%s'", dir);
	arena_release(&arena);
	return rc;
}

/* ---- rotation ---- */

static int rotate(int fd, int64_t now, struct arena *a, struct err *err)
{
	MATERIAL m = MATERIAL_NONE;

	if (load(fd, &m, err) < 0 || material_rotate(&m, a, now, err) < 0)
		return -1;
	return save_leaf(fd, &m, false, err);
}

int certs_rotate(const char *dir, int64_t now, struct err *err)
{
	struct arena arena = ARENA_INIT;
	STORE fd = -1;
	int rc = store_open(dir, STORE_EXISTING, &fd, err);

	if (rc == 0 && rotate(fd, now, &arena, err) < 0)
		rc = err_wrap(err, "certificates in '%s'", dir);
	arena_release(&arena);
	return rc;
}

static int rotate_ca(int fd, int64_t now, struct err *err)
{
	MATERIAL m = MATERIAL_NONE;

	if (load(fd, &m, err) < 0 || material_rotate_ca(&m, now, err) < 0)
		return -1;
	return save_ca(fd, &m, err);
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
	MATERIAL m = MATERIAL_NONE;

	if (load(fd, &m, err) < 0)
		return -1;
	if (!m.leaf)
		return err_set(err, "no '" LEAF_CERT "' yet: make it with `sparkgate certs init DIR`");

	size_t cas = (size_t)sk_X509_num(m.cas), leaves = (size_t)sk_X509_num(m.leaves);
	struct cert_info *items = ARENA_ARRAY(a, cas + leaves, struct cert_info);
	if (describe_chain(a, m.cas, CA_CERT, items, err) < 0 ||
	    describe_chain(a, m.leaves, LEAF_CERT, items + cas, err) < 0)
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
