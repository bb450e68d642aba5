#include "kube/cleanse.h"

#include <openssl/ssl.h>

CURLcode kube_cleanse(CURL *easy, void *context, void *unused)
{
	(void)easy;
	(void)unused;
	SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
	return CURLE_OK;
}
