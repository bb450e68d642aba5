/*
 * store.h - the directory that holds keys: opened once, locked, everything by
 * its descriptor, so that no path is walked twice. Private to certs/.
 *
 * A key is read only if it is a regular file (no symbolic link) that nobody but
 * its owner can read. Files are written under a temporary name, synced and
 * renamed; the lock makes that name ours alone.
 */
#ifndef CERTS_STORE_H
#define CERTS_STORE_H

#include "base/arena.h"

#include <sys/types.h>

enum store_open { STORE_CREATE, STORE_EXISTING };

/* PEM of a few certificates or one key is a few KiB. */
#define STORE_FILE_MAX (64 * 1024)

/* Open and lock dir. Waits for another holder of the lock. The descriptor is the caller's. */
MUST_CHECK int store_open(const char *dir, enum store_open how, int *ret, struct err *err);
void store_close(int *fd); /* for __attribute__((cleanup)) */

bool store_has(int fd, const char *name);

struct store_text {
	char *ptr; /* malloc'd; NULL = none */
	size_t len;
};

/* Read a file; a secret one must be private to its owner. */
MUST_CHECK int store_read(int fd, const char *name, bool secret, struct store_text *ret, struct err *err);

/* Wipe and free. */
void store_forget(struct store_text *text);

/* Write a file whole or not at all, with mode 0600 if secret, else 0644. */
MUST_CHECK int store_write(int fd, const char *name, bool secret, struct slice text, struct err *err);

#endif
