/*
 * serve_client_ca.h - the file of --client-ca, watched. Private to command/.
 */
#ifndef COMMAND_SERVE_CLIENT_CA_H
#define COMMAND_SERVE_CLIENT_CA_H

#include "base/again.h"
#include "base/file.h"
#include "http/tls_clients.h"

struct client_ca_file {
	const char *path; /* NULL: there is none */
	struct file_stamp stamp;
	struct again again;
	struct tls_clients *clients; /* NULL: clients are asked for no certificate */
};

MUST_CHECK int client_ca_file_open(struct client_ca_file *file, const char *path, struct err *err);
void client_ca_file_close(struct client_ca_file *file);

/* Look whether the file changed (or take it as changed: force): 1 taken, 0 unchanged, -1 changed but bad: the old
 * CAs stay in force, err says why, once per change. */
MUST_CHECK int client_ca_file_reload(struct client_ca_file *file, bool force, struct err *err);

#endif
