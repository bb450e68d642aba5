/*
 * thread.h - start a thread whose stack has a known size: what a C library gives by itself is 8 MiB here, 128 KiB there.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include "base/err.h"

#include <pthread.h>

/* Of every thread of ours, in bytes. The deepest calls are those into libcurl, OpenSSL and GnuTLS; nothing of ours recurses
 * on its input without a bound. */
#define THREAD_STACK (512u * 1024)

/* -1 with the reason. The caller joins it. */
MUST_CHECK int thread_start(pthread_t *ret, void *(*run)(void *closure), void *closure, struct err *err);

#endif
