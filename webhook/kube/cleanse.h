/*
 * cleanse.h - what TLS has decrypted is wiped as soon as it was read. Private to kube/.
 *
 * OpenSSL decrypts into a buffer of the connection, where the last answer stays until the next one comes: that of a watch
 * may be a Secret's (SSL_CTX_set_options(3), SSL_OP_CLEANSE_PLAINTEXT).
 */
#ifndef KUBE_CLEANSE_H
#define KUBE_CLEANSE_H

#include <curl/curl.h>

/* For CURLOPT_SSL_CTX_FUNCTION. */
CURLcode kube_cleanse(CURL *easy, void *context, void *unused);

#endif
