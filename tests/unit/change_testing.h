/* change_testing.h - material of certificates at each step of a change. */
#ifndef CHANGE_TESTING_H
#define CHANGE_TESTING_H

#include "base/json.h"
#include "certs/inspect.h"
#include "certs/issue.h"
#include "certs/material.h"
#include "testing.h"

#include <openssl/x509_vfy.h>

#define NOW INT64_C(1760000000) /* any moment: nothing here reads a clock */
#define DAY ((int64_t)DAY_SECONDS)
#define PAUSE INT64_C(30000000000)

/* A CA and a leaf, made at this moment. */
static inline void make(struct material *m, int64_t at)
{
	struct arena a = ARENA_INIT;
	struct names names = {.arena = &a};
	enum certs_outcome outcome;
	struct err err = {""};
	const char *const wanted[] = {"sparkgate.ns.svc"};

	cr_assert_eq(material_names(wanted, 1, &names, &err), 0, "%s", err.text);
	cr_assert_eq(material_ensure(m, &names, at, &outcome, &err), 0, "%s", err.text);
	cr_assert_eq(outcome, CERTS_MADE);
	arena_release(&a);
}

static inline void announce(struct material *m, int64_t at)
{
	struct err err = {""};

	cr_assert_eq(material_rotate_ca(m, at, &err), 0, "%s", err.text);
}

static inline void move(struct material *m, int64_t at)
{
	struct arena a = ARENA_INIT;
	struct err err = {""};

	cr_assert_eq(material_rotate(m, &a, at, &err), 0, "%s", err.text);
	arena_release(&a);
}

static inline void drop(struct material *m)
{
	struct err err = {""};

	cr_assert_eq(material_drop_old(m, &err), 0, "%s", err.text);
}

/* Would a client that trusts cas accept leaf? */
static inline bool trusted(STACK_OF(X509) *cas, X509 *leaf, int64_t at)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	for (int i = 0; i < sk_X509_num(cas); i++)
		X509_STORE_add_cert(store, sk_X509_value(cas, i));
	X509_STORE_CTX_init(ctx, store, leaf, NULL);
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), (time_t)at);
	X509_VERIFY_PARAM_set_purpose(X509_STORE_CTX_get0_param(ctx), X509_PURPOSE_SSL_SERVER);
	bool yes = X509_verify_cert(ctx) == 1;
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return yes;
}

enum stage { STEADY, ANNOUNCED, MOVED };

static inline void bring_to(struct material *m, enum stage stage, int64_t at)
{
	make(m, at);
	if (stage >= ANNOUNCED)
		announce(m, at);
	if (stage >= MOVED)
		move(m, at);
}

#endif
