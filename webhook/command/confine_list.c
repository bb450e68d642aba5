/*
 * Which calls: found by strace over the suites, then by the sources of what we link (glibc, GnuTLS, libmicrohttpd,
 * libcurl, OpenSSL), with the older and the newer form of each beside it. arm64 and riscv64 lack the oldest forms.
 */
#include "command/confine.h"

#include "base/count.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Calls younger than the headers of an old distribution; from 403 on all machines share their numbers. */
enum {
	CALL_IO_URING_SETUP = 425,
	CALL_IO_URING_ENTER,
	CALL_IO_URING_REGISTER,
	CALL_OPEN_TREE,
	CALL_MOVE_MOUNT,
	CALL_FSOPEN,
	CALL_FSCONFIG,
	CALL_FSMOUNT,
	CALL_FSPICK,
	CALL_PIDFD_OPEN,
	CALL_PIDFD_GETFD = 438,
	CALL_FACCESSAT2,
	CALL_PROCESS_MADVISE,
	CALL_EPOLL_PWAIT2,
	CALL_MOUNT_SETATTR,
};

/* clang-format off */

/* Those of a request first: before 5.11 the kernel goes through the filter at each call. */
static const int allowed[] = {
	SYS_futex, SYS_read, SYS_write, SYS_epoll_pwait, SYS_epoll_ctl, SYS_recvfrom, SYS_sendto, SYS_sendmsg,
	SYS_recvmsg, SYS_clock_gettime, SYS_writev, SYS_readv, SYS_ppoll, SYS_close, SYS_accept4, SYS_accept,
	SYS_getrandom,
	/* memory */
	SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mlock, SYS_munlock, SYS_mincore, SYS_membarrier,
	/* threads and signals */
	SYS_exit, SYS_exit_group, SYS_set_robust_list, SYS_rseq, SYS_sched_yield, SYS_sched_getaffinity,
	SYS_sched_setaffinity, SYS_sched_getparam, SYS_sched_getscheduler, SYS_getcpu, SYS_gettid, SYS_getpid,
	SYS_getppid, SYS_tgkill, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigtimedwait, SYS_rt_sigreturn,
	SYS_sigaltstack, SYS_restart_syscall,
	/* files: certificates are written, too */
	SYS_openat, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_statfs,
	SYS_fstatfs, SYS_fcntl, SYS_flock, SYS_getdents64, SYS_faccessat, CALL_FACCESSAT2, SYS_readlinkat,
	SYS_renameat, SYS_renameat2, SYS_unlinkat, SYS_mkdirat, SYS_fsync, SYS_fdatasync, SYS_ftruncate, SYS_fchmod,
	SYS_fchmodat, SYS_umask, SYS_getcwd, SYS_fadvise64, SYS_dup, SYS_dup3, SYS_pipe2, SYS_inotify_init1,
	SYS_inotify_add_watch, SYS_inotify_rm_watch,
	/* waiting */
	SYS_epoll_create1, CALL_EPOLL_PWAIT2, SYS_pselect6, SYS_eventfd2, SYS_clock_nanosleep, SYS_nanosleep,
	SYS_clock_getres, SYS_gettimeofday,
	/* sockets that socket() gave; no listener is opened any more */
	SYS_connect, SYS_bind, SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_shutdown,
	SYS_sendmmsg, SYS_recvmmsg, SYS_socketpair,
	/* about ourselves */
	SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_uname, SYS_sysinfo, SYS_getrusage, SYS_getrlimit,
	SYS_times,
#ifdef __x86_64__
	SYS_epoll_wait, SYS_poll, SYS_select, SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_rename,
	SYS_unlink, SYS_mkdir, SYS_chmod, SYS_dup2, SYS_pipe, SYS_eventfd, SYS_epoll_create, SYS_inotify_init,
	SYS_getdents, SYS_time, SYS_arch_prctl,
#endif
};

/* Other programs, other processes' memory, the kernel's own inside. */
static const int deadly[] = {
	SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, CALL_PIDFD_GETFD,
	CALL_PROCESS_MADVISE, SYS_kcmp, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, CALL_OPEN_TREE,
	CALL_MOVE_MOUNT, CALL_FSOPEN, CALL_FSCONFIG, CALL_FSMOUNT, CALL_FSPICK, CALL_MOUNT_SETATTR, SYS_unshare,
	SYS_setns, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, CALL_IO_URING_SETUP, CALL_IO_URING_ENTER,
	CALL_IO_URING_REGISTER, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_init_module, SYS_finit_module,
	SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl,
	SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
	SYS_adjtimex, SYS_sethostname, SYS_setdomainname, SYS_syslog, SYS_vhangup,
#ifdef __x86_64__
	SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_kexec_file_load,
#endif
};

/* clang-format on */

#define LIST(array)                                                                                                    \
	{                                                                                                              \
		(array), COUNT_OF(array)                                                              \
	}
const struct confine_list confine_allowed = LIST(allowed);
const struct confine_list confine_deadly = LIST(deadly);

const struct confine_argument confine_arguments[] = {
	/* A thread, not a process. clone3() has its flags in memory, where no filter can look: unknown, and glibc comes
	   back here. */
	{SYS_clone, 0, ALL_BITS, {CLONE_THREAD | CLONE_VM}, 1, EPERM},
	/* Memory that was written is never executed. */
	{SYS_mprotect, 2, NO_BIT, {PROT_EXEC}, 1, EPERM},
	/* The name of a thread or a mapping; neither dumpable nor anything else is turned back. */
	{SYS_prctl, 0, ONE_OF, {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, 0x53564d41 /* PR_SET_VMA */}, 4, EPERM},
	/* Nothing that types into a terminal (TIOCSTI). */
	{SYS_ioctl, 1, ONE_OF, {FIONREAD, FIONBIO, FIOCLEX, TCGETS, TIOCGWINSZ}, 5, ENOTTY},
	/* Limits are read, not set: no pointer to new ones. */
	{SYS_prlimit64, 2, NULL_POINTER, {0}, 0, EPERM},
};
const size_t confine_argument_count = COUNT_OF(confine_arguments);
