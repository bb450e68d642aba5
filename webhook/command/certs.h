/*
 * certs.h - what the verbs of `sparkgate certs` share. Private to command/.
 */
#ifndef COMMAND_CERTS_H
#define COMMAND_CERTS_H

#include "certs/certs.h"

/* As many --name as a certificate takes (NAMES_MAX of certs/names.h). */
#define NAME_OPTIONS_MAX 64

struct certs_arguments {
	const char *program; /* "sparkgate certs" */
	const char *dir;     /* NULL: a cluster's */
	const char *names[NAME_OPTIONS_MAX];
	size_t name_count;
	bool ca, help;
	const char *secret, *namespace; /* of a cluster */
	const char *kubeconfig, *context;
	const char *configurations;
};

/* Say what is wrong; returns the exit code. */
int certs_failed(const struct err *err);

/* One certificate for people; 1 where it has expired, else 0. */
int certs_show_one(const struct cert_info *cert, int64_t now);

/* The verbs where the certificates are a cluster's (certs/remote.h). */
int certs_cluster_show(const struct certs_arguments *args);
int certs_cluster_rotate(const struct certs_arguments *args);
int certs_cluster_patch(const struct certs_arguments *args);

#endif
