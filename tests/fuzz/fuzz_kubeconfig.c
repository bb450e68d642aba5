/* A kubeconfig, and what a credential plugin prints. What is taken can be used: a server over TLS, a whole pair. */
#include "kube/config.h"
#include "kube/exec.h"

#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct kube_config *c)
{
	if (!c->server || strncmp(c->server, "https://", 8) != 0 || !c->context)
		abort();
	if ((c->cert.len > 0 || c->cert_file) != (secret_is_set(c->key) || c->key_file))
		abort();
	if (c->exec && (!c->exec->command || c->exec->args[c->exec->arg_count]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct slice text = {(const char *)data, size};
	struct exec_credential credential;
	struct kube_config config;
	struct err err = {""};

	json_setup();
	if (kube_config_parse(&arena, text, "/folder", NULL, &config, &err) == 0)
		check(&config);
	if (exec_credential_parse(&arena, text, "client.authentication.k8s.io/v1", &credential, &err) == 0 &&
	    !secret_is_set(credential.token) && credential.cert.len == 0)
		abort();
	arena_release(&arena);
	return 0;
}
