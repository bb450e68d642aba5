#include "certs/store.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHERS (S_IRWXG | S_IRWXO)

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
	if (flock(fd, LOCK_EX) < 0) {
		err_set(err, "cannot lock directory '%s': %s", dir, strerror(errno));
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

static int write_all(int file, struct slice text)
{
	while (text.len > 0) {
		ssize_t n = write(file, text.ptr, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text.ptr += n;
		text.len -= (size_t)n;
	}
	return fsync(file);
}

/* The mode is given again because the umask may have taken bits away. */
static int write_temporary(int fd, const char *temporary, mode_t mode, struct slice text)
{
	__attribute__((cleanup(store_close))) int file =
		openat(fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (file < 0 || fchmod(file, mode) < 0)
		return -1;
	return write_all(file, text);
}

int store_write(int fd, const char *name, bool secret, struct slice text, struct err *err)
{
	char temporary[64];

	snprintf(temporary, sizeof(temporary), ".%s.new", name);
	/* Left by a crash: the lock says that nobody else is writing it. */
	if (unlinkat(fd, temporary, 0) < 0 && errno != ENOENT)
		return err_set(err, "cannot remove '%s': %s", temporary, strerror(errno));
	if (write_temporary(fd, temporary, secret ? 0600 : 0644, text) < 0 ||
	    renameat(fd, temporary, fd, name) < 0 || fsync(fd) < 0) {
		err_set(err, "cannot write '%s': %s", name, strerror(errno));
		unlinkat(fd, temporary, 0);
		return -1;
	}
	return 0;
}
