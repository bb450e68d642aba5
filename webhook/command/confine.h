/*
 * confine.h - what the process gives up once it serves: new privileges, core dumps, debuggers of the same user, and the
 * system calls that serving does not need (seccomp, kernel's Documentation/userspace-api/seccomp_filter.rst). Private
 * to command/.
 *
 *	confine_process();                                       // first of all: before a key is read
 *	...                                                      // load, bind, start threads
 *	if (confine_calls(CONFINE_SERVING, err) < 0)             // all threads, those to come too
 *		...
 *
 * A call has one of four answers:
 *
 *	allowed   what serving needs (confine_list.c)
 *	ended     the process ends by SIGSYS: calls that nothing in it makes, and an intruder would (execve, ptrace, bpf)
 *	refused   EPERM and the like: right calls with wrong arguments (a socket of an odd family, memory to be executed)
 *	unknown   ENOSYS, as of an older kernel: a C library that tries a newer call falls back, without an outage
 *
 * Where a credential plugin is configured (kube/exec.h) it inherits the filter, and what it calls is unknown. So all is
 * allowed then except what attacks the kernel or other processes; that is refused, and ends no process.
 *
 * Threads: the filter is put on all of the process at once (TSYNC). It cannot be taken off again.
 */
#ifndef COMMAND_CONFINE_H
#define COMMAND_CONFINE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum confine_for {
	CONFINE_SERVING, /* what serving needs, nothing else */
	CONFINE_PLUGIN,  /* all but what attacks; children are programs of their own */
};

/* No core dumps, no debugger of our own user, no privileges by exec. Cannot fail where Linux is 3.5 or newer. */
void confine_process(void);

/* Put the filter on. -1: the kernel has none, or not for this machine, and err says so; nothing has changed. */
MUST_CHECK int confine_calls(enum confine_for what, struct err *err);

/* ---- confine_list.c ---- */

struct confine_list {
	const int *calls;
	size_t count;
};

extern const struct confine_list confine_allowed; /* whatever the arguments */
extern const struct confine_list confine_deadly;

#define CONFINE_VALUES 6

/* Allowed by one argument: the kernel looks at the lower half of those that are compared with values, and at all of a pointer. */
struct confine_argument {
	int call;
	unsigned argument;
	enum { ONE_OF, ALL_BITS, NO_BIT, NULL_POINTER } how;
	uint32_t values[CONFINE_VALUES];
	unsigned count;
	int otherwise; /* errno */
};

extern const struct confine_argument confine_arguments[];
extern const size_t confine_argument_count;

#endif
