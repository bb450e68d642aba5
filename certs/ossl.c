#include "certs/certs.h"
#include "certs/ossl.h"

#include "base/secret.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <stdlib.h>

int ossl_err(struct err *err, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_get_error());

	ERR_clear_error();
	return err_set(err, "%s: %s", what, reason ? reason : "OpenSSL gives no reason");
}

static void *take(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void *move(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return secret_realloc(p, size);
}

static void drop(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	secret_free(p);
}

bool certs_wipe_freed(void)
{
	return CRYPTO_set_mem_functions(take, move, drop) == 1;
}
