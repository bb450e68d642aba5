#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_READ 65536

/* ---- reading ---- */

int file_open(const char *path, struct err *err)
{
	struct stat st;
	/* What a shell's <(command) gives: a pipe that is open already, with a writer. */
	bool pipe = strncmp(path, "/dev/fd/", 8) == 0;
	/* O_NONBLOCK: opening a fifo must not wait for a writer before we can refuse it. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (pipe ? 0 : O_NONBLOCK));

	if (fd < 0)
		return err_set(err, "cannot read '%s': %s", path, strerror(errno));
	if (fstat(fd, &st) < 0 || !(S_ISREG(st.st_mode) || (pipe && S_ISFIFO(st.st_mode)))) {
		close(fd);
		return err_set(err, "cannot read '%s': %s", path,
			       S_ISDIR(st.st_mode) ? "it is a directory" : "it is not a regular file");
	}
	return fd;
}

/* Read to the end, after head. One byte more than max tells "too large" from "just fits". */
static int read_all(struct arena *a, int fd, struct slice head, size_t max, struct slice *ret)
{
	size_t len = head.len, cap = 0;
	char *text = arena_grow(a, NULL, &cap, len + FIRST_READ, 1);

	if (len > 0)
		memcpy(text, head.ptr, len);
	while (len <= max) {
		text = arena_grow(a, text, &cap, len + FIRST_READ, 1);
		size_t room = cap - 1 - len < max + 1 - len ? cap - 1 - len : max + 1 - len;
		ssize_t n = read(fd, text + len, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		len += (size_t)n;
		if (n == 0)
			break;
	}
	text[len] = '\0';
	*ret = (struct slice){text, len};
	return 0;
}

static int too_large(const char *name, size_t max, struct err *err)
{
	size_t mib = max >> 20;

	if (mib > 0 && mib << 20 == max)
		err_set(err, "cannot read '%s': larger than %zu MiB", name, mib);
	else
		err_set(err, "cannot read '%s': larger than %zu bytes", name, max);
	return FILE_TOO_LARGE;
}

int file_read(struct arena *a, const char *path, size_t max, struct slice *ret, struct err *err)
{
	return file_read_behind(a, path, (struct slice){"", 0}, max, ret, err);
}

int file_read_behind(struct arena *a, const char *path, struct slice head, size_t max, struct slice *ret,
		     struct err *err)
{
	bool standard_input = strcmp(path, "-") == 0;
	const char *name = standard_input ? "standard input" : path;
	int fd = standard_input ? STDIN_FILENO : file_open(path, err);
	struct slice text;

	if (fd < 0)
		return -1;
	int failed = read_all(a, fd, head, max, &text);
	int reason = errno;
	if (!standard_input)
		close(fd);
	if (failed < 0)
		return err_set(err, "cannot read '%s': %s", name, strerror(reason));
	if (text.len > max)
		return too_large(name, max, err);
	*ret = text;
	return 0;
}

/* ---- writing ---- */

static int write_all(int fd, struct slice text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.ptr, text.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text.ptr += n;
		text.len -= (size_t)n;
	}
	return 0;
}

int file_fill(int fd, struct slice text, mode_t mode)
{
	/* The mode is set before the first byte is there: nobody reads a key in between. */
	if (fchmod(fd, mode) < 0 || write_all(fd, text) < 0)
		return -1;
	return fsync(fd);
}

/* The new name must survive a crash as the bytes do. Some filesystems cannot sync a directory; then
 * nothing more can be done. */
static void sync_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	free(dir);
}

int file_write(const char *path, struct slice text, mode_t mode, struct err *err)
{
	char *temporary;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return err_set(err, "out of memory");
	int fd = mkostemp(temporary, O_CLOEXEC);
	int failed = fd < 0 ? -1 : file_fill(fd, text, mode);
	int reason = errno;
	if (fd >= 0 && close(fd) < 0 && failed == 0) {
		failed = -1;
		reason = errno;
	}
	if (failed == 0 && rename(temporary, path) < 0) {
		failed = -1;
		reason = errno;
	}
	if (failed < 0 && fd >= 0)
		(void)unlink(temporary); /* the first failure is the one to report */
	free(temporary);
	if (failed < 0)
		return err_set(err, "cannot write '%s': %s", path, strerror(reason));
	sync_directory_of(path);
	return 0;
}

/* ---- directories ---- */

static bool has_suffix(const char *name, const char *const *suffixes)
{
	if (!suffixes)
		return true;
	for (; *suffixes; suffixes++)
		if (slice_ends(slice_of(name), *suffixes))
			return true;
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What a folder is read into. */
struct listing {
	struct arena *arena;
	const char *const *suffixes;
	bool deep; /* into its folders, too */
	struct file_list files, folders;
	size_t files_cap, folders_cap;
};

static void list_add(struct arena *a, struct file_list *list, size_t *cap, const char *dir, const char *name)
{
	*ARENA_PUSH(a, list->paths, cap, list->count) = arena_printf(a, "%s%s%s", dir, slice_ends(slice_of(dir), "/") ? "" : "/", name);
}

/* A symbolic link leads to a file (a ConfigMap volume is full of them), never into a folder: it could lead round in a circle. */
static int read_entry(struct listing *l, int fd, const char *dir, const char *name, struct err *err)
{
	struct stat st;

	if (name[0] == '.')
		return 0;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return l->deep && errno != ENOENT ? err_set(err, "cannot read '%s/%s': %s", dir, name, strerror(errno)) : 0;
	if (l->deep && S_ISDIR(st.st_mode))
		list_add(l->arena, &l->folders, &l->folders_cap, dir, name);
	else if (has_suffix(name, l->suffixes) && fstatat(fd, name, &st, 0) == 0 && S_ISREG(st.st_mode))
		list_add(l->arena, &l->files, &l->files_cap, dir, name);
	return 0;
}

static int read_entries(struct listing *l, DIR *handle, const char *dir, struct err *err)
{
	const struct dirent *entry;

	for (errno = 0; (entry = readdir(handle)); errno = 0)
		if (read_entry(l, dirfd(handle), dir, entry->d_name, err) < 0)
			return -1;
	return errno ? err_set(err, "cannot read directory '%s': %s", dir, strerror(errno)) : 0;
}

static int read_folder(struct listing *l, const char *dir, struct err *err)
{
	DIR *handle = opendir(dir);

	if (!handle)
		return err_set(err, "cannot read directory '%s': %s", dir, strerror(errno));
	int failed = read_entries(l, handle, dir, err);
	closedir(handle);
	return failed;
}

static struct file_list sorted(struct file_list list)
{
	if (list.count > 0)
		qsort(list.paths, list.count, sizeof(*list.paths), by_bytes);
	return list;
}

int file_list(struct arena *a, const char *dir, const char *const *suffixes, struct file_list *ret, struct err *err)
{
	struct listing l = {.arena = a, .suffixes = suffixes};

	if (read_folder(&l, dir, err) < 0)
		return -1;
	*ret = sorted(l.files);
	return 0;
}

int file_tree(struct arena *a, const char *dir, const char *const *suffixes, struct file_list *ret, struct err *err)
{
	struct listing l = {.arena = a, .suffixes = suffixes, .deep = true};
	size_t begin = 0, end = 0; /* the folders that are as deep as depth says */

	if (read_folder(&l, dir, err) < 0)
		return -1;
	for (int depth = 1; l.folders.count > end; depth++) {
		begin = end;
		end = l.folders.count;
		if (depth > FILE_TREE_DEPTH)
			return err_set(err, "directory '%s' is more than %d folders deep", dir, FILE_TREE_DEPTH);
		for (size_t i = begin; i < end; i++) {
			if (read_folder(&l, l.folders.paths[i], err) < 0)
				return -1;
			if (l.files.count + l.folders.count > FILE_TREE_MAX)
				return err_set(err, "directory '%s' holds more than %d files and folders", dir, FILE_TREE_MAX);
		}
	}
	*ret = sorted(l.files);
	return 0;
}

bool file_is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- stamps ---- */

struct file_stamp file_stamp(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return (struct file_stamp){.exists = false};
	return (struct file_stamp){
		.device = st.st_dev, .inode = st.st_ino, .size = st.st_size, .changed = st.st_mtim, .exists = true};
}

bool file_stamp_eq(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->exists == b->exists && a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}
