/*
 * config.h - where an API server is and who we are to it: from a kubeconfig, or from what the kubelet puts into
 * every pod.
 *
 *	struct kube_config config;
 *	if (kube_config_read(arena, "/home/me/.kube/config", NULL, &config, err) < 0) ...
 *	if (kube_config_in_cluster(arena, KUBE_ACCOUNT_DIR, &config, err) < 0) ...
 *
 * Only names and texts: no file that the kubeconfig names is opened here (kube/credentials.h does that).
 *
 * The API server is always verified: `insecure-skip-tls-verify` and http:// are refused, as is what we do not do
 * (`auth-provider`, passwords, impersonation, proxies, tls-server-name), by name, rather than ignored.
 *
 * Ownership: the arena. Threads: no state. A kubeconfig can name a program to run (`exec`): it is as trusted as a
 * script.
 */
#ifndef KUBE_CONFIG_H
#define KUBE_CONFIG_H

#include "base/arena.h"
#include "base/secret.h"

#define KUBE_ACCOUNT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"

/* Of a file with certificates or a key, bytes. */
#define KUBE_PEM_MAX (1u << 20)

struct kube_variable {
	const char *name, *value;
};

/* A credential plugin: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
struct kube_exec {
	const char *command;     /* a path; one with a slash that is not absolute has the kubeconfig's folder before it */
	const char **args;       /* without the command */
	size_t arg_count;
	struct kube_variable *variables;
	size_t variable_count;
	const char *api_version; /* "client.authentication.k8s.io/v1" or v1beta1 */
	bool cluster_info;       /* provideClusterInfo */
};

/* Of each pair at most one is set: the text itself, or the file that has it. */
struct kube_config {
	const char *server;  /* "https://host:port", without a slash at its end */
	const char *context; /* its name; "in-cluster" */
	const char *namespace; /* of the context; NULL = not said */
	struct slice ca, cert;
	struct secret key;
	const char *ca_file, *cert_file, *key_file;
	struct secret token;
	const char *token_file;
	struct kube_exec *exec; /* NULL = none */
};

/* Read the kubeconfig at path; context NULL: its current-context. */
MUST_CHECK int kube_config_read(struct arena *a, const char *path, const char *context, struct kube_config *ret,
				struct err *err);

/* The same of all files of a list "a:b", as client-go merges them: the first that has a context, cluster or user of a name, or
 * says current-context, counts, and paths are relative to the file that they stand in. Files that are not there, and empty elements, do
 * not count; -1 if none is left. A file without content is an empty kubeconfig.
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ */
MUST_CHECK int kube_config_read_list(struct arena *a, const char *list, const char *context, struct kube_config *ret,
				     struct err *err);

/* The same from its text; folder is what relative paths in it are relative to. */
MUST_CHECK int kube_config_parse(struct arena *a, struct slice text, const char *folder, const char *context,
				 struct kube_config *ret, struct err *err);

/* Of a pod: the address from KUBERNETES_SERVICE_HOST and _PORT, token and CA from folder. */
MUST_CHECK int kube_config_in_cluster(struct arena *a, const char *folder, struct kube_config *ret, struct err *err);

#endif
