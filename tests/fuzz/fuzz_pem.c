/* PEM texts as somebody may put them into the certificate directory. What is described is asked for again by a
 * round trip: what chain_parse() took, chain_print() writes in a form that it takes again. */
#include "certs/certs.h"
#include "certs/inspect.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(struct arena *a, STACK_OF(X509) *chain)
{
	CLEANUP(chain) STACK_OF(X509) *again = NULL;
	struct err err = {""};
	struct slice text;

	if (chain_print(a, chain, &text, &err) < 0)
		return; /* a certificate that OpenSSL reads but cannot encode */
	if (chain_parse(text, &again, &err) < 0 || sk_X509_num(again) != sk_X509_num(chain))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct slice text = {(const char *)data, size};
	struct err err = {""};
	struct cert_info info;
	CLEANUP(chain) STACK_OF(X509) *chain = NULL;
	CLEANUP(pkey) EVP_PKEY *key = NULL;

	if (chain_parse(text, &chain, &err) == 0) {
		round_trip(&arena, chain);
		(void)chain_signed(chain, sk_X509_value(chain, 0));
	}
	if (key_parse(text, &key, &err) == 0 && chain)
		(void)chain_of_key(chain, key);
	if (chain && cert_describe(&arena, sk_X509_value(chain, 0), &info, &err) == 0 && !info.subject)
		abort();
	arena_release(&arena);
	return 0;
}
