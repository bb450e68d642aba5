/*
 * The filter as a program of classic BPF (linux/filter.h, linux/seccomp.h). It is a row of blocks; each begins with the
 * number of the call in the accumulator and either returns or leaves it there.
 */
#include "command/confine.h"

#include "base/count.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#endif

/* Calls of the x32 ABI, which has x86_64's name and other numbers (asm/unistd.h). */
#define X32_CALLS 0x40000000u

/* Younger than some headers; the same on all machines. */
#define CALL_CLONE3 435

void confine_process(void)
{
	const struct rlimit none = {0, 0};

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}

#ifdef MACHINE

/* ---- instructions ---- */

#define CODE_MAX 1024

struct program {
	struct sock_filter code[CODE_MAX];
	size_t count;
};

static void put(struct program *c, uint16_t code, size_t yes, size_t no, uint32_t value)
{
	if (c->count == CODE_MAX)
		abort(); /* the lists have outgrown it: every start says so */
	c->code[c->count++] = (struct sock_filter){code, (uint8_t)yes, (uint8_t)no, value};
}

static void load(struct program *c, size_t offset)
{
	put(c, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* The lower half, on machines that have it first. */
static void load_argument(struct program *c, unsigned which)
{
	load(c, offsetof(struct seccomp_data, args) + which * sizeof(uint64_t));
}

static void load_upper_half(struct program *c, unsigned which)
{
	load(c, offsetof(struct seccomp_data, args) + which * sizeof(uint64_t) + sizeof(uint32_t));
}

/* Skip the next `skip` instructions unless the accumulator is value. */
static void unless(struct program *c, uint32_t value, size_t skip)
{
	put(c, BPF_JMP | BPF_JEQ | BPF_K, 0, skip, value);
}

static void answer(struct program *c, uint32_t action)
{
	put(c, BPF_RET | BPF_K, 0, 0, action);
}

static uint32_t refusal(int error)
{
	return SECCOMP_RET_ERRNO | (uint32_t)error;
}

/* ---- blocks ---- */

static void begin(struct program *c)
{
	load(c, offsetof(struct seccomp_data, arch));
	put(c, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, MACHINE);
	answer(c, SECCOMP_RET_KILL_PROCESS);
	load(c, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	put(c, BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32_CALLS);
	answer(c, SECCOMP_RET_KILL_PROCESS);
#endif
}

static void one(struct program *c, int call, uint32_t action)
{
	unless(c, (uint32_t)call, 1);
	answer(c, action);
}

static void all(struct program *c, const struct confine_list *list, uint32_t action)
{
	for (size_t i = 0; i < list->count; i++)
		one(c, list->calls[i], action);
}

/* The accumulator has the lower half; a load has 32 bits, a pointer 64. */
static void null_pointer(struct program *c, unsigned which)
{
	unless(c, 0, 3);
	load_upper_half(c, which);
	unless(c, 0, 1);
	answer(c, SECCOMP_RET_ALLOW);
}

static void by_argument(struct program *c, const struct confine_argument *a)
{
	size_t head = c->count;

	unless(c, (uint32_t)a->call, 0);
	load_argument(c, a->argument);
	if (a->how == NULL_POINTER)
		null_pointer(c, a->argument);
	if (a->how == ALL_BITS)
		put(c, BPF_ALU | BPF_AND | BPF_K, 0, 0, a->values[0]);
	for (unsigned i = 0; i < a->count; i++) {
		if (a->how == NO_BIT)
			put(c, BPF_JMP | BPF_JSET | BPF_K, 1, 0, a->values[i]);
		else
			unless(c, a->values[i], 1);
		answer(c, SECCOMP_RET_ALLOW);
	}
	answer(c, refusal(a->otherwise));
	c->code[head].jf = (uint8_t)(c->count - head - 1);
}

/* Code may come from a file (a library that the name service loads), not from memory that was or can be written. */
static void mapping(struct program *c)
{
	unless(c, SYS_mmap, 9);
	load_argument(c, 2);
	put(c, BPF_JMP | BPF_JSET | BPF_K, 1, 0, PROT_EXEC);
	answer(c, SECCOMP_RET_ALLOW);
	put(c, BPF_JMP | BPF_JSET | BPF_K, 0, 1, PROT_WRITE);
	answer(c, refusal(EPERM));
	load_argument(c, 3);
	put(c, BPF_JMP | BPF_JSET | BPF_K, 0, 1, MAP_ANONYMOUS);
	answer(c, refusal(EPERM));
	answer(c, SECCOMP_RET_ALLOW);
}

/* What reaches an API server and a name server. Of netlink what getaddrinfo() asks about addresses (NETLINK_ROUTE, 0).
 */
static void sockets(struct program *c)
{
	static const uint32_t families[] = {AF_INET, AF_INET6, AF_UNIX};
	size_t head = c->count;

	unless(c, SYS_socket, 0);
	load_argument(c, 0);
	for (size_t i = 0; i < COUNT_OF(families); i++) {
		unless(c, families[i], 1);
		answer(c, SECCOMP_RET_ALLOW);
	}
	unless(c, AF_NETLINK, 3);
	load_argument(c, 2);
	unless(c, 0, 1);
	answer(c, SECCOMP_RET_ALLOW);
	answer(c, refusal(EAFNOSUPPORT));
	c->code[head].jf = (uint8_t)(c->count - head - 1);
}

/* ---- the two filters ---- */

static void serving(struct program *c)
{
	all(c, &confine_allowed, SECCOMP_RET_ALLOW);
	mapping(c);
	for (size_t i = 0; i < confine_argument_count; i++)
		by_argument(c, &confine_arguments[i]);
	all(c, &confine_deadly, SECCOMP_RET_KILL_PROCESS);
	answer(c, refusal(ENOSYS));
}

/* Most ways into the kernel begin with a user namespace. clone3() has its flags in memory, where no filter can look:
 * unknown. */
static void plugin(struct program *c)
{
	static const uint32_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
					   CLONE_NEWPID | CLONE_NEWNET;
	static const struct confine_argument clone = {SYS_clone, 0, NO_BIT, {namespaces}, 1, EPERM};

	one(c, CALL_CLONE3, refusal(ENOSYS));
	by_argument(c, &clone);
	for (size_t i = 0; i < confine_deadly.count; i++)
		if (confine_deadly.calls[i] != SYS_execve && confine_deadly.calls[i] != SYS_execveat)
			one(c, confine_deadly.calls[i], refusal(EPERM));
	answer(c, SECCOMP_RET_ALLOW);
}

static void compile(enum confine_for what, struct program *ret)
{
	begin(ret);
	sockets(ret);
	if (what == CONFINE_PLUGIN)
		plugin(ret);
	else
		serving(ret);
}

int confine_calls(enum confine_for what, struct err *err)
{
	struct program program = {.count = 0};

	compile(what, &program);
	struct sock_fprog filter = {(unsigned short)program.count, program.code};
	/* Whoever may not gain privileges may install a filter; others would need CAP_SYS_ADMIN. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set(err, "no_new_privs: %s", strerrordesc_np(errno));
	long rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
	if (rc > 0)
		return err_set(err, "thread %ld has another filter", rc);
	return rc < 0 ? err_set(err, "the kernel accepts no filter: %s", strerrordesc_np(errno)) : 0;
}

#else

int confine_calls(enum confine_for what, struct err *err)
{
	(void)what;
	return err_set(err, "there is a list of calls for x86_64 and aarch64 only");
}

#endif
