#include "certs/store.h"

#include "base/clock.h"
#include "base/file.h"
#include "certs/material.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OTHERS (S_IRWXG | S_IRWXO)

/* While it exists, all that was staged is whole and on its way to its name. */
#define COMMIT ".commit"

static const char *const names[] = {LEAF_KEY, LEAF_CERT, CA_KEY, CA_CERT};
#define STAGED_MAX 64

static const char *staged(const char *name, char ret[STAGED_MAX])
{
	snprintf(ret, STAGED_MAX, ".%s.new", name);
	return ret;
}

/* ---- what was committed ---- */

static int remove_file(int fd, const char *name, struct err *err)
{
	if (unlinkat(fd, name, 0) < 0 && errno != ENOENT)
		return err_set(err, "cannot remove '%s': %s", name, strerror(errno));
	return 0;
}

/* *moved: how many have their final name now. */
static int move_all(int fd, size_t *moved, struct err *err)
{
	char from[STAGED_MAX];

	*moved = 0;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (renameat(fd, staged(names[i], from), fd, names[i]) == 0)
			++*moved;
		else if (errno != ENOENT)
			return err_set(err, "cannot write '%s': %s", names[i], strerror(errno));
	}
	if (fsync(fd) < 0)
		return err_set(err, "cannot write the directory: %s", strerror(errno));
	return 0;
}

/* Complete what a killed process had begun to put in place. */
static int finish(int fd, struct err *err)
{
	size_t moved;

	if (faccessat(fd, COMMIT, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (move_all(fd, &moved, err) < 0 || remove_file(fd, COMMIT, err) < 0)
		return err_wrap(err, "an interrupted change");
	return 0;
}

/* ---- the directory ---- */

static int check_owner(const struct stat *st, const char *name, struct err *err)
{
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return err_set(err, "'%s' belongs to another user (uid %u)", name, (unsigned)st->st_uid);
	return 0;
}

static int check_directory(int fd, const char *dir, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, "cannot look at '%s': %s", dir, strerror(errno));
	if (check_owner(&st, dir, err) < 0)
		return -1;
	if (st.st_mode & OTHERS)
		return err_set(err, "'%s' is open to others (mode %04o), it will hold keys: chmod 700 '%s'", dir,
			       (unsigned)(st.st_mode & 07777), dir);
	return 0;
}

/* Others hold it for as long as it takes to write some files. Whoever waits for ever takes no signal meanwhile: this may be the
 * thread that ends the server. */
static int lock(int fd, const char *dir, struct err *err)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
	int64_t deadline = clock_mono_ns() + STORE_LOCK_SECONDS * CLOCK_SECOND;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set(err, "cannot lock directory '%s': %s", dir, strerror(errno));
		if (clock_mono_ns() > deadline)
			return err_set(err, "directory '%s' has been locked by another process for %d s: is a `sparkgate certs` still running?", dir,
				       STORE_LOCK_SECONDS);
		nanosleep(&pause, NULL);
	}
	return 0;
}

int store_open(const char *dir, enum store_open how, int *ret, struct err *err)
{
	if (how == STORE_CREATE && mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_set(err, "cannot make directory '%s': %s", dir, strerror(errno));

	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, "cannot open directory '%s': %s", dir, strerror(errno));
	if (check_directory(fd, dir, err) < 0) {
		close(fd);
		return -1;
	}
	if (lock(fd, dir, err) < 0) {
		close(fd);
		return -1;
	}
	if (finish(fd, err) < 0) {
		err_wrap(err, "'%s'", dir);
		close(fd);
		return -1;
	}
	*ret = fd;
	return 0;
}

void store_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* A dangling symbolic link is something too: it must not be taken for absent and written over. */
bool store_has(int fd, const char *name)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

static int check_file(int file, const char *name, bool secret, size_t *size, struct err *err)
{
	struct stat st;

	if (fstat(file, &st) < 0)
		return err_set(err, "cannot look at '%s': %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, "'%s' is not a regular file", name);
	if (check_owner(&st, name, err) < 0)
		return -1;
	if (secret && (st.st_mode & OTHERS))
		return err_set(err, "'%s' is open to others (mode %04o): if nobody read it, chmod 600; else replace it",
			       name, (unsigned)(st.st_mode & 07777));
	if (st.st_size > STORE_FILE_MAX)
		return err_set(err, "'%s' is larger than %d KiB", name, STORE_FILE_MAX / 1024);
	*size = (size_t)st.st_size;
	return 0;
}

static int read_all(int file, const char *name, size_t size, struct store_text *ret, struct err *err)
{
	struct store_text text = {malloc(size + 1), 0};

	if (!text.ptr)
		return err_set(err, "'%s': out of memory", name);
	while (text.len < size) {
		ssize_t n = read(file, text.ptr + text.len, size - text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_set(err, "cannot read '%s': %s", name, strerror(errno));
			store_forget(&text);
			return -1;
		}
		if (n == 0)
			break;
		text.len += (size_t)n;
	}
	text.ptr[text.len] = '\0';
	*ret = text;
	return 0;
}

int store_read(int fd, const char *name, bool secret, struct store_text *ret, struct err *err)
{
	size_t size;
	/* O_NONBLOCK: a FIFO of that name must not hold us up. */
	__attribute__((cleanup(store_close))) int file =
		openat(fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (file < 0 && errno == ELOOP)
		return err_set(err, "'%s' is a symbolic link: put the file itself there", name);
	if (file < 0)
		return err_set(err, "cannot open '%s': %s", name, strerror(errno));
	if (check_file(file, name, secret, &size, err) < 0)
		return -1;
	return read_all(file, name, size, ret, err);
}

void store_forget(struct store_text *text)
{
	if (text->ptr)
		OPENSSL_cleanse(text->ptr, text->len);
	free(text->ptr);
	*text = (struct store_text){NULL, 0};
}

static int write_file(int fd, const char *name, mode_t mode, struct slice text)
{
	__attribute__((cleanup(store_close))) int file =
		openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	return file < 0 ? -1 : file_fill(file, text, mode);
}

/* Left by a crash: the lock says that nobody else is writing it. */
static int unstage(int fd, struct err *err)
{
	char name[STAGED_MAX];

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (remove_file(fd, staged(names[i], name), err) < 0)
			return -1;
	return 0;
}

static int stage(int fd, const struct store_file *files, size_t count, struct err *err)
{
	char name[STAGED_MAX];

	for (size_t i = 0; i < count; i++)
		if (write_file(fd, staged(files[i].name, name), files[i].secret ? 0600 : 0644, files[i].text) < 0)
			return err_set(err, "cannot write '%s': %s", files[i].name, strerror(errno));
	return 0;
}

/* From here on whoever opens the directory goes on. One file needs no more than its rename. */
static int commit(int fd, size_t count, struct err *err)
{
	if (count > 1 && (write_file(fd, COMMIT, 0600, SLICE_LIT("")) < 0 || fsync(fd) < 0))
		return err_set(err, "cannot write '%s': %s", COMMIT, strerror(errno));
	return 0;
}

static int put_in_place(int fd, const struct store_file *files, size_t count, struct err *err)
{
	size_t moved = 0;

	if (stage(fd, files, count, err) == 0 && commit(fd, count, err) == 0 && move_all(fd, &moved, err) == 0)
		return 0;
	/* The first failure is the one to report. What could not begin is undone; what has begun is left to the next process. */
	struct err ignored;
	if (moved == 0 && remove_file(fd, COMMIT, &ignored) == 0)
		(void)unstage(fd, &ignored);
	return -1;
}

int store_write(int fd, const struct store_file *files, size_t count, struct err *err)
{
	if (unstage(fd, err) < 0 || put_in_place(fd, files, count, err) < 0)
		return -1;
	return remove_file(fd, COMMIT, err);
}
