/*
 * What the process gives up: each case is a child that puts the filter on itself and then calls. The parent sees how it
 * ended. Calls are made by number, so that no C library stands between.
 */
#include "command/confine.h"
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FINE 0
#define ENDED (-1)
#define CALL(...) {__VA_ARGS__}
#define NEW_CALL 9999 /* one that no kernel has yet */

static const struct {
	const char *name;
	enum confine_for what;
	long call[7];
	int expected; /* FINE, ENDED or an errno */
} cases[] = {
	{"a file is read", CONFINE_SERVING, CALL(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDONLY), FINE},
	{"memory", CONFINE_SERVING, CALL(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), FINE},
	{"TCP", CONFINE_SERVING, CALL(SYS_socket, AF_INET, SOCK_STREAM, 0), FINE},
	{"TCP over IPv6", CONFINE_SERVING, CALL(SYS_socket, AF_INET6, SOCK_STREAM, 0), FINE},
	{"nscd", CONFINE_SERVING, CALL(SYS_socket, AF_UNIX, SOCK_STREAM, 0), FINE},
	{"which addresses there are", CONFINE_SERVING, CALL(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), FINE},
	{"a thread's name", CONFINE_SERVING, CALL(SYS_prctl, PR_SET_NAME, (long)"worker"), FINE},
	{"limits are read", CONFINE_SERVING, CALL(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, 0), FINE},

	{"another program", CONFINE_SERVING, CALL(SYS_execve, (long)"/bin/true", 0, 0), ENDED},
	{"another program, by descriptor", CONFINE_SERVING, CALL(SYS_execveat, -1, (long)"", 0, 0, 0), ENDED},
	{"a debugger", CONFINE_SERVING, CALL(SYS_ptrace, 0, 0, 0, 0), ENDED},
	{"another's memory", CONFINE_SERVING, CALL(SYS_process_vm_readv, 1, 0, 0, 0, 0, 0), ENDED},
	{"mount", CONFINE_SERVING, CALL(SYS_mount, 0, 0, 0, 0, 0), ENDED},
	{"the newer mount", CONFINE_SERVING, CALL(430 /* fsopen */, (long)"tmpfs", 0), ENDED},
	{"bpf", CONFINE_SERVING, CALL(SYS_bpf, 0, 0, 0), ENDED},
	{"a module", CONFINE_SERVING, CALL(SYS_finit_module, -1, 0, 0), ENDED},
	{"the kernel's keys", CONFINE_SERVING, CALL(SYS_keyctl, 0, 0, 0, 0, 0), ENDED},
	{"io_uring", CONFINE_SERVING, CALL(425, 1, 0), ENDED},
	{"userfaultfd", CONFINE_SERVING, CALL(SYS_userfaultfd, 0), ENDED},
	{"perf", CONFINE_SERVING, CALL(SYS_perf_event_open, 0, 0, -1, -1, 0), ENDED},
	{"a user namespace", CONFINE_SERVING, CALL(SYS_unshare, CLONE_NEWUSER), ENDED},
	{"another namespace", CONFINE_SERVING, CALL(SYS_setns, -1, 0), ENDED},
	{"chroot", CONFINE_SERVING, CALL(SYS_chroot, (long)"/"), ENDED},

	{"a process", CONFINE_SERVING, CALL(SYS_clone, SIGCHLD, 0, 0, 0, 0), EPERM},
	{"clone3, whose flags no filter sees", CONFINE_SERVING, CALL(435, 0, 0), ENOSYS},
	{"memory that is written and executed", CONFINE_SERVING,
	 CALL(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EPERM},
	{"memory that is executed and no file's", CONFINE_SERVING,
	 CALL(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EPERM},
	{"memory made executable", CONFINE_SERVING, CALL(SYS_mprotect, 0, 4096, PROT_READ | PROT_EXEC), EPERM},
	{"dumpable again", CONFINE_SERVING, CALL(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0), EPERM},
	{"a keystroke for a terminal", CONFINE_SERVING, CALL(SYS_ioctl, 0, 0x5412 /* TIOCSTI */, 0), ENOTTY},
	{"limits are set", CONFINE_SERVING, CALL(SYS_prlimit64, 0, RLIMIT_CORE, (long)"", 0), EPERM},
	{"limits are set, from where the lower half of the address is 0", CONFINE_SERVING,
	 CALL(SYS_prlimit64, 0, RLIMIT_CORE, 0x100000000L, 0), EPERM},
	{"packets", CONFINE_SERVING, CALL(SYS_socket, AF_PACKET, SOCK_RAW, 0), EAFNOSUPPORT},
	{"vsock", CONFINE_SERVING, CALL(SYS_socket, 40, SOCK_STREAM, 0), EAFNOSUPPORT},
	{"the kernel's ciphers", CONFINE_SERVING, CALL(SYS_socket, 38, SOCK_SEQPACKET, 0), EAFNOSUPPORT},
	{"another netlink", CONFINE_SERVING, CALL(SYS_socket, AF_NETLINK, SOCK_RAW, 12), EAFNOSUPPORT},
	{"another listener", CONFINE_SERVING, CALL(SYS_listen, -1, 1), ENOSYS},
	{"a file in memory", CONFINE_SERVING, CALL(SYS_memfd_create, (long)"x", 0), ENOSYS},
	{"another process's end", CONFINE_SERVING, CALL(SYS_kill, 1, 0), ENOSYS},
	{"another user", CONFINE_SERVING, CALL(SYS_setuid, 0), ENOSYS},
	{"a call of a newer kernel", CONFINE_SERVING, CALL(NEW_CALL), ENOSYS},

	{"a plugin: a program that is not there", CONFINE_PLUGIN, CALL(SYS_execve, (long)"/no/such", 0, 0), ENOENT},
	{"a plugin: its memory", CONFINE_PLUGIN,
	 CALL(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), FINE},
	{"a plugin: its limits", CONFINE_PLUGIN, CALL(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, 0), FINE},
	{"a plugin: a debugger", CONFINE_PLUGIN, CALL(SYS_ptrace, 0, 0, 0, 0), EPERM},
	{"a plugin: a user namespace", CONFINE_PLUGIN, CALL(SYS_unshare, CLONE_NEWUSER), EPERM},
	{"a plugin: a process in one", CONFINE_PLUGIN, CALL(SYS_clone, SIGCHLD | CLONE_NEWUSER, 0, 0, 0, 0), EPERM},
	{"a plugin: clone3", CONFINE_PLUGIN, CALL(435, 0, 0), ENOSYS},
	{"a plugin: io_uring", CONFINE_PLUGIN, CALL(425, 1, 0), EPERM},
	{"a plugin: packets", CONFINE_PLUGIN, CALL(SYS_socket, AF_PACKET, SOCK_RAW, 0), EAFNOSUPPORT},
};

#define NO_FILTER 254

static void child(enum confine_for what, const long call[7])
{
	struct err err = {""};

	if (confine_calls(what, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		_exit(NO_FILTER);
	}
	long rc = syscall(call[0], call[1], call[2], call[3], call[4], call[5], call[6]);
	syscall(SYS_exit_group, rc == -1 ? errno : 0);
}

static int outcome(enum confine_for what, const long call[7])
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		child(what, call);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? ENDED : WEXITSTATUS(status);
}

Test(confine, answers)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		int got = outcome(cases[i].what, cases[i].call);
		cr_expect_eq(got, cases[i].expected, "%s: expected %d, got %d", cases[i].name, cases[i].expected, got);
	}
}

static void *ask(void *closure)
{
	int *go = closure;

	while (!__atomic_load_n(go, __ATOMIC_ACQUIRE))
		sched_yield();
	long rc = syscall(NEW_CALL + 1), socket = syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0);
	return (void *)(intptr_t)(rc == -1 && socket == -1 && errno == EAFNOSUPPORT);
}

/* One that runs already, and one that is begun under the filter. */
static void threads(void)
{
	pthread_t before, after;
	struct err err = {""};
	void *first = NULL, *second = NULL;
	int go = 0;

	if (pthread_create(&before, NULL, ask, &go) != 0 || confine_calls(CONFINE_SERVING, &err) < 0)
		_exit(1);
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	if (pthread_create(&after, NULL, ask, &go) != 0)
		_exit(2);
	pthread_join(before, &first);
	pthread_join(after, &second);
	_exit(first && second ? 0 : 3);
}

Test(confine, all_threads)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		threads();
	waitpid(pid, &status, 0);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}

Test(confine, the_process)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit core = {1, 1};

		confine_process();
		_exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_DUMPABLE) == 0 &&
				      getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0
			      ? 0
			      : 1);
	}
	waitpid(pid, &status, 0);
	cr_expect_eq(status, 0);
}

static bool is_in(const struct confine_list *list, int call)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->calls[i] == call)
			return true;
	return false;
}

/* The first block that knows a call answers it: no call may be in two. */
Test(confine, lists_do_not_overlap)
{
	for (size_t i = 0; i < confine_deadly.count; i++)
		cr_expect(!is_in(&confine_allowed, confine_deadly.calls[i]), "%d", confine_deadly.calls[i]);
	for (size_t i = 0; i < confine_argument_count; i++)
		cr_expect(!is_in(&confine_allowed, confine_arguments[i].call) &&
				  !is_in(&confine_deadly, confine_arguments[i].call),
			  "%d", confine_arguments[i].call);
	cr_expect(!is_in(&confine_allowed, SYS_mmap) && !is_in(&confine_allowed, SYS_socket));
}
