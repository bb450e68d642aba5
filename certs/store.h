/*
 * store.h - the directory that holds keys: opened once, locked, everything by
 * its descriptor, so that no path is walked twice. Private to certs/.
 *
 * A key is read only if it is a regular file (no symbolic link) that nobody but
 * its owner can read. Files are written under a temporary name, synced and
 * renamed; the lock makes that name ours alone. Several files are one change: when all
 * of them are on the disk a file .commit says so, then they are renamed, then it goes away.
 * Whoever opens the directory and finds it ends what was begun, so that a crash
 * leaves the old files or the new ones.
 */
#ifndef CERTS_STORE_H
#define CERTS_STORE_H

#include "base/arena.h"

#include <sys/types.h>

enum store_open { STORE_CREATE, STORE_EXISTING };

/* PEM of a few certificates or one key is a few KiB. */
#define STORE_FILE_MAX (64 * 1024)

/* For so long another holder of the lock is waited for. */
#define STORE_LOCK_SECONDS 10

/* Open and lock dir, and end what a crash has interrupted. The descriptor is the caller's. */
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

struct store_file {
	const char *name; /* of certs/material.h */
	bool secret;      /* mode 0600, else 0644 */
	struct slice text;
};

/* Write all files or none. */
MUST_CHECK int store_write(int fd, const struct store_file *files, size_t count, struct err *err);

#endif
