/*
 * fault.h - the page that a test and the program under it have in common (tests/faults/shim.c, control.py).
 *
 * One slot for each kind of call. The test says which calls fail, at any time, while the program runs; the shim counts
 * them, and a count survives how ever the program ends. All fields are int64_t, so that Python can read them by number.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdint.h>

enum fault_kind {
	FAULT_MEMORY, /* malloc, calloc, realloc and all that call them */
	FAULT_OPEN,
	FAULT_READ,  /* of regular files */
	FAULT_WRITE, /* of regular files, but of standard output and error */
	FAULT_LOG,   /* writes of standard output and error */
	FAULT_FSYNC,
	FAULT_RENAME,
	FAULT_UNLINK,
	FAULT_CLOSE, /* of regular files and directories: it is closed, and fails */
	FAULT_MKDIR,
	FAULT_STAT,
	FAULT_FCHMOD,
	FAULT_FLOCK,
	FAULT_SOCKET,
	FAULT_BIND,
	FAULT_LISTEN,
	FAULT_ACCEPT,
	FAULT_CONNECT,
	FAULT_RECEIVE,
	FAULT_SEND,
	FAULT_EPOLL_CREATE,
	FAULT_EPOLL_CTL,
	FAULT_EPOLL_WAIT,
	FAULT_POLL,
	FAULT_EVENTFD,
	FAULT_THREAD,
	FAULT_RANDOM,
	FAULT_KINDS,
};

/* In the place of an errno. */
#define FAULT_SHORT (-1)       /* one byte is read or written */
#define FAULT_KILL_BEFORE (-2) /* SIGKILL instead of the call */
#define FAULT_KILL_AFTER (-3)  /* SIGKILL behind it */

struct fault_slot {
	_Atomic int64_t seen;  /* calls so far */
	_Atomic int64_t from;  /* the first that fails, counted from 1; 0 = none */
	_Atomic int64_t count; /* so many in a row */
	_Atomic int64_t error; /* errno, or FAULT_ above */
	_Atomic int64_t fired; /* so many did */
};

struct fault_page {
	_Atomic int64_t clock; /* added to the wall clock, in seconds */
	struct fault_slot slots[FAULT_KINDS];
};

#endif
