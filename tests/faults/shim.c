/*
 * shim.c - LD_PRELOAD: calls fail as the page says whose file FAULT_PAGE names (tests/faults/fault.h).
 *
 * Every function here is one of libc's. The next one of its name (libc's, or a sanitizer's) does the work.
 */
#include "fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static struct fault_page *page;

/* Raw calls: whatever runs before main() may come here first. */
static void find_page(void)
{
	static _Atomic bool looked;
	const char *path;

	if (!environ)
		return; /* before libc has begun */
	if (atomic_exchange_explicit(&looked, true, memory_order_relaxed) || !(path = getenv("FAULT_PAGE")))
		return;
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	long at = syscall(SYS_mmap, NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	syscall(SYS_close, fd);
	if (at > 0 || at < -4095)
		page = (struct fault_page *)at;
}

#define FRAMES 32

/* Whose instruction it was or, in libc, who called it: a library that cannot bear a failed allocation is known by its name. */
static void name_culprit(int number, siginfo_t *info, void *context)
{
	static const char text[] = "fault in ";
	Dl_info where = {0}, libc = {0};
	void *frames[FRAMES], *at = (void *)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	int count = backtrace(frames, FRAMES), i = 0;

	(void)number;
	(void)info;
	dladdr(dlsym(RTLD_NEXT, "strlen"), &libc);
	while (i < count && frames[i] != at) /* this handler, and what called it */
		i++;
	do
		if (!dladdr(at, &where) || !where.dli_fname)
			where.dli_fname = "?";
	while (where.dli_fbase == libc.dli_fbase && ++i < count && (at = frames[i]));
	if (syscall(SYS_write, STDERR_FILENO, text, sizeof(text) - 1) > 0)
		(void)!syscall(SYS_write, STDERR_FILENO, where.dli_fname, strlen(where.dli_fname));
	(void)!syscall(SYS_write, STDERR_FILENO, "\n", 1);
}

__attribute__((constructor)) static void watch(void)
{
	struct sigaction action = {.sa_sigaction = name_culprit, .sa_flags = SA_SIGINFO | (int)SA_RESETHAND};

	sigaction(SIGSEGV, &action, NULL);
}

static _Noreturn void end(void)
{
	syscall(SYS_kill, getpid(), SIGKILL);
	for (;;)
		pause();
}

/* Count a call. 0: it goes through; else what happens instead. */
static int64_t due(enum fault_kind kind)
{
	if (!page)
		find_page();
	if (!page)
		return 0;
	struct fault_slot *slot = &page->slots[kind];
	int64_t seen = ++slot->seen, from = slot->from;
	if (from == 0 || seen < from || seen >= from + slot->count)
		return 0;
	slot->fired++;
	if (slot->error == FAULT_KILL_BEFORE)
		end();
	return slot->error;
}

#define NEXT(name) \
	static __typeof__(&name) next; \
	if (!next) \
		next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* A call that is due fails with its errno and what failure looks like; one that ends the program does so behind it. */
#define CALL(kind, type, failure, ...) \
	int64_t what = due(kind); \
	if (what > 0) { \
		errno = (int)what; \
		return failure; \
	} \
	type done = next(__VA_ARGS__); \
	if (what == FAULT_KILL_AFTER) \
		end(); \
	return done

/* ---- memory ---- */

void *malloc(size_t size)
{
	NEXT(malloc);
	CALL(FAULT_MEMORY, void *, NULL, size);
}

void *calloc(size_t count, size_t size)
{
	NEXT(calloc);
	CALL(FAULT_MEMORY, void *, NULL, count, size);
}

void *realloc(void *old, size_t size)
{
	NEXT(realloc);
	CALL(FAULT_MEMORY, void *, NULL, old, size);
}

/* ---- files ---- */

static bool is_file(int fd)
{
	struct stat st;

	return syscall(SYS_fstat, fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static mode_t mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	mode_t mode = mode_of(flags, args);
	va_end(args);
	NEXT(open);
	CALL(FAULT_OPEN, int, -1, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	mode_t mode = mode_of(flags, args);
	va_end(args);
	NEXT(open64);
	CALL(FAULT_OPEN, int, -1, path, flags, mode);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	NEXT(__open_2);
	CALL(FAULT_OPEN, int, -1, path, flags);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	mode_t mode = mode_of(flags, args);
	va_end(args);
	NEXT(openat);
	CALL(FAULT_OPEN, int, -1, dir, path, flags, mode);
}

int mkostemp(char *path, int flags)
{
	NEXT(mkostemp);
	CALL(FAULT_OPEN, int, -1, path, flags);
}

FILE *fopen(const char *path, const char *mode)
{
	NEXT(fopen);
	CALL(FAULT_OPEN, FILE *, NULL, path, mode);
}

ssize_t read(int fd, void *to, size_t size)
{
	NEXT(read);
	if (!is_file(fd))
		return next(fd, to, size);
	int64_t what = due(FAULT_READ);
	if (what > 0)
		return errno = (int)what, -1;
	return next(fd, to, what == FAULT_SHORT && size > 1 ? 1 : size);
}

ssize_t write(int fd, const void *from, size_t size)
{
	bool log = fd == STDOUT_FILENO || fd == STDERR_FILENO;

	NEXT(write);
	if (!log && !is_file(fd))
		return next(fd, from, size);
	int64_t what = due(log ? FAULT_LOG : FAULT_WRITE);
	if (what > 0)
		return errno = (int)what, -1;
	ssize_t n = next(fd, from, what == FAULT_SHORT && size > 1 ? 1 : size);
	if (what == FAULT_KILL_AFTER)
		end();
	return n;
}

int fsync(int fd)
{
	NEXT(fsync);
	CALL(FAULT_FSYNC, int, -1, fd);
}

int rename(const char *from, const char *to)
{
	NEXT(rename);
	CALL(FAULT_RENAME, int, -1, from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	NEXT(renameat);
	CALL(FAULT_RENAME, int, -1, from_dir, from, to_dir, to);
}

int unlink(const char *path)
{
	NEXT(unlink);
	CALL(FAULT_UNLINK, int, -1, path);
}

int unlinkat(int dir, const char *path, int flags)
{
	NEXT(unlinkat);
	CALL(FAULT_UNLINK, int, -1, dir, path, flags);
}

int close(int fd)
{
	NEXT(close);
	if (!is_file(fd))
		return next(fd);
	int64_t what = due(FAULT_CLOSE);
	int done = next(fd);
	if (what == FAULT_KILL_AFTER)
		end();
	return what > 0 ? errno = (int)what, -1 : done;
}

int mkdir(const char *path, mode_t mode)
{
	NEXT(mkdir);
	CALL(FAULT_MKDIR, int, -1, path, mode);
}

int stat(const char *path, struct stat *st)
{
	NEXT(stat);
	CALL(FAULT_STAT, int, -1, path, st);
}

int fstat(int fd, struct stat *st)
{
	NEXT(fstat);
	CALL(FAULT_STAT, int, -1, fd, st);
}

int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	NEXT(fstatat);
	CALL(FAULT_STAT, int, -1, dir, path, st, flags);
}

int fchmod(int fd, mode_t mode)
{
	NEXT(fchmod);
	CALL(FAULT_FCHMOD, int, -1, fd, mode);
}

int flock(int fd, int how)
{
	NEXT(flock);
	CALL(FAULT_FLOCK, int, -1, fd, how);
}

/* ---- the network ---- */

int socket(int domain, int type, int protocol)
{
	NEXT(socket);
	CALL(FAULT_SOCKET, int, -1, domain, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t len)
{
	NEXT(bind);
	CALL(FAULT_BIND, int, -1, fd, address, len);
}

int listen(int fd, int backlog)
{
	NEXT(listen);
	CALL(FAULT_LISTEN, int, -1, fd, backlog);
}

int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	NEXT(accept4);
	CALL(FAULT_ACCEPT, int, -1, fd, address, len, flags);
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	NEXT(connect);
	CALL(FAULT_CONNECT, int, -1, fd, address, len);
}

ssize_t recv(int fd, void *to, size_t size, int flags)
{
	NEXT(recv);
	CALL(FAULT_RECEIVE, ssize_t, -1, fd, to, what == FAULT_SHORT && size > 1 ? 1 : size, flags);
}

ssize_t send(int fd, const void *from, size_t size, int flags)
{
	NEXT(send);
	CALL(FAULT_SEND, ssize_t, -1, fd, from, what == FAULT_SHORT && size > 1 ? 1 : size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	NEXT(sendmsg);
	CALL(FAULT_SEND, ssize_t, -1, fd, message, flags);
}

/* ---- waiting ---- */

int epoll_create1(int flags)
{
	NEXT(epoll_create1);
	CALL(FAULT_EPOLL_CREATE, int, -1, flags);
}

/* Adding alone can fail: there is a limit of watches, and of memory. */
int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	NEXT(epoll_ctl);
	if (op != EPOLL_CTL_ADD)
		return next(epoll, op, fd, event);
	CALL(FAULT_EPOLL_CTL, int, -1, epoll, op, fd, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int max, int ms)
{
	NEXT(epoll_wait);
	CALL(FAULT_EPOLL_WAIT, int, -1, epoll, events, max, ms);
}

int poll(struct pollfd *fds, unsigned long count, int ms)
{
	NEXT(poll);
	CALL(FAULT_POLL, int, -1, fds, count, ms);
}

int eventfd(unsigned value, int flags)
{
	NEXT(eventfd);
	CALL(FAULT_EVENTFD, int, -1, value, flags);
}

/* ---- threads, chance, time ---- */

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	NEXT(pthread_create);
	int64_t what = due(FAULT_THREAD);
	return what > 0 ? (int)what : next(thread, attr, run, arg);
}

ssize_t getrandom(void *to, size_t size, unsigned flags)
{
	NEXT(getrandom);
	CALL(FAULT_RANDOM, ssize_t, -1, to, size, flags);
}

static int64_t offset(void)
{
	if (!page)
		find_page();
	return page ? page->clock : 0;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int done = (int)syscall(SYS_clock_gettime, clock, ret);

	if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
		ret->tv_sec += offset();
	return done;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	ret->tv_sec = now.tv_sec;
	ret->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}
