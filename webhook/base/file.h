/*
 * file.h - whole files in, whole files out.
 *
 *	struct slice text;
 *	if (file_read(arena, path, LIMIT_FILE_BYTES, &text, err) < 0)
 *		return -1;             // "cannot read 'x.yaml': No such file or directory"
 *
 * Reading is bounded and takes regular files (also through a ConfigMap volume's symbolic links),
 * pipes under /dev/fd/ (a shell's <(command)) and, as "-", standard input; any other fifo or device
 * cannot hang or flood us.
 * Writing is atomic: whoever reads the path sees the old bytes or the new ones.
 *
 * Errors name the path. Ownership: the arena. Threads: no state, but "-" can be read
 * once.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"

#include <sys/stat.h>

#define FILE_TOO_LARGE (-2)

/* Read all of path ("-": standard input), at most max bytes. The text is NUL-terminated. -1 with err, or FILE_TOO_LARGE for
 * who knows what to do then. */
MUST_CHECK int file_read(struct arena *a, const char *path, size_t max, struct slice *ret, struct err *err);

/* The same for a caller that has read the beginning of standard input already (base/lines.h): head comes first. */
MUST_CHECK int file_read_behind(struct arena *a, const char *path, struct slice head, size_t max, struct slice *ret,
				struct err *err);

/* Open what file_read() would read, except standard input. The caller closes the descriptor. */
MUST_CHECK int file_open(const char *path, struct err *err);

/* Replace path by text: a temporary file beside it with mode (whatever the umask), fsync, rename,
 * fsync of the directory. On failure path is as it was and nothing is left behind. */
MUST_CHECK int file_write(const char *path, struct slice text, mode_t mode, struct err *err);

/* Give the empty file fd its mode, whatever the umask, and its text, and sync it to disk. For callers that create and
 * rename the file themselves; -1: errno says why. */
MUST_CHECK int file_fill(int fd, struct slice text, mode_t mode);

struct file_list {
	const char **paths; /* sorted by bytes; each "dir/name" */
	size_t count;
};

/* The regular files directly in dir whose name ends in one of suffixes (a NULL-terminated list;
 * NULL = any), without those that begin with a dot (editors' and the kubelet's). */
MUST_CHECK int file_list(struct arena *a, const char *dir, const char *const *suffixes, struct file_list *ret,
			 struct err *err);

/* The same with those of its folders, of their folders and so on: a folder that cannot be read, is too deep or holds too much is
 * an error, so that nothing is passed over. Folders that begin with a dot, and those that symbolic links lead to, are no part of it. */
#define FILE_TREE_DEPTH 32
#define FILE_TREE_MAX 50000
MUST_CHECK int file_tree(struct arena *a, const char *dir, const char *const *suffixes, struct file_list *ret,
			 struct err *err);

/* Is path a directory? false where it does not exist. */
bool file_is_directory(const char *path);

/* What changes when somebody writes or replaces path: for reload on change. */
struct file_stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed; /* mtime */
	bool exists;
};

struct file_stamp file_stamp(const char *path);
bool file_stamp_eq(const struct file_stamp *a, const struct file_stamp *b);

#endif
