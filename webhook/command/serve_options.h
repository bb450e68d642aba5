/*
 * serve_options.h - the flags of `sparkgate serve`. Private to command/.
 */
#ifndef COMMAND_SERVE_OPTIONS_H
#define COMMAND_SERVE_OPTIONS_H

#include "base/err.h"
#include "base/log.h"

#define SERVE_POLICIES_MAX 16

struct serve_options {
	const char *listen;         /* 127.0.0.1:8443 */
	const char *metrics_listen; /* NULL = none */
	/* Where the certificate comes from, one of: */
	const char *certs;             /* directory of self-made certificates */
	const char *tls_cert, *tls_key; /* files */
	const char *certs_secret;      /* name of the Secret that all replicas keep */
	const char *configurations;    /* name of the webhook configurations whose caBundle is looked after; NULL = none */
	const char *service;           /* the Service named in the certificate of certs_secret */
	int64_t rotation_pause;        /* ns, of a CA change */
	const char *client_ca, *client_cn; /* NULL = none */
	const char *namespaces;            /* the facts file; NULL = the cluster */
	const char *kubeconfig, *context;  /* of the cluster; NULL = the one we run in, the current context */
	const char *policies[SERVE_POLICIES_MAX];
	size_t policy_count;
	const char *policies_configmap; /* in our own namespace; NULL = none */
	bool events;            /* tell of workloads in Events; in a cluster only */
	int64_t stale_after;    /* ns */
	int64_t shutdown_delay; /* ns */
	size_t max_inflight;    /* bytes */
	unsigned threads;
	bool seccomp; /* false: for debuggers (command/confine.h) */
	enum log_format log_format;
	enum log_level log_level;
};

enum serve_parsed { SERVE_RUN, SERVE_HELP, SERVE_BAD };

/* Parse argv. SERVE_BAD: err says what is wrong. Strings are argv's. */
enum serve_parsed serve_options_parse(int argc, char **argv, struct serve_options *ret, struct err *err);

/* "48Mi" in bytes, as Kubernetes writes quantities: Ki, Mi, Gi, k, M, G or none. Exposed for tests. */
MUST_CHECK int serve_parse_bytes(const char *text, size_t *ret, struct err *err);

#endif
