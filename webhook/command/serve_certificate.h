/*
 * serve_certificate.h - the files of the serving certificate, watched. Private to command/.
 *
 * With --certs the directory is also kept: what is missing is made, and the server certificate is renewed in time
 * while serving. It is looked at by wall clock, so that a machine that slept misses nothing.
 */
#ifndef COMMAND_SERVE_CERTIFICATE_H
#define COMMAND_SERVE_CERTIFICATE_H

#include "base/again.h"
#include "base/file.h"
#include "command/serve_options.h"
#include "http/tls.h"

struct certificate_files {
	const char *dir; /* of --certs, else NULL */
	char cert[4096], key[4096]; /* "": there are no files */
	struct file_stamp cert_stamp, key_stamp;
	struct again again;
	int64_t ensured; /* when dir was last looked after, seconds since 1970 */
	struct tls_store *store;
};

/* Make (with --certs) and load the certificate. */
MUST_CHECK int certificate_files_open(struct certificate_files *files, const struct serve_options *o,
				      struct err *err);
void certificate_files_close(struct certificate_files *files);

/* Look whether the files changed (or take them as changed: force): 1 taken, 0 unchanged, -1 changed but bad: the old
 * certificate stays in use, err says why, once per change. */
MUST_CHECK int certificate_files_reload(struct certificate_files *files, bool force, struct err *err);

#endif
