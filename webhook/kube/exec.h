/*
 * exec.h - run a credential plugin (`exec` of a kubeconfig) and read what it says.
 *
 * The plugin runs with our environment, its own variables and KUBERNETES_EXEC_INFO, without input, in a process group
 * of its own. What it prints on standard error goes to ours. It has EXEC_SECONDS and EXEC_OUTPUT_MAX bytes.
 * Where it fails, its group is killed, with what it left behind; of one that did well, what has closed its output may stay.
 *
 * Ownership: the arena. Threads: no state; the caller waits.
 */
#ifndef KUBE_EXEC_H
#define KUBE_EXEC_H

#include "kube/config.h"

#include <stdint.h>

#define EXEC_SECONDS 20
#define EXEC_OUTPUT_MAX (1u << 20)

struct exec_credential {
	struct secret token; /* not set: none */
	struct slice cert;   /* PEM; both or none */
	struct secret key;
	int64_t expires;     /* seconds since 1970; 0 = not said */
};

MUST_CHECK int exec_credential_get(struct arena *a, const struct kube_config *config, struct exec_credential *ret,
				   struct err *err);

/* The ExecCredential that a plugin printed. Exposed for tests and fuzzing. */
MUST_CHECK int exec_credential_parse(struct arena *a, struct slice text, const char *api_version,
				     struct exec_credential *ret, struct err *err);

#endif
