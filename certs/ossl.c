#include "certs/ossl.h"

#include <openssl/err.h>

int ossl_err(struct err *err, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_get_error());

	ERR_clear_error();
	return err_set(err, "%s: %s", what, reason ? reason : "OpenSSL gives no reason");
}
