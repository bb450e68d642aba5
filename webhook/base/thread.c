#include "base/thread.h"

#include <string.h>

int thread_start(pthread_t *ret, void *(*run)(void *closure), void *closure, struct err *err)
{
	pthread_attr_t attr;
	int rc = pthread_attr_init(&attr);

	if (rc == 0) {
		rc = pthread_attr_setstacksize(&attr, THREAD_STACK);
		rc = rc ? rc : pthread_create(ret, &attr, run, closure);
		pthread_attr_destroy(&attr);
	}
	return rc ? err_set(err, "cannot start a thread: %s", strerrordesc_np(rc)) : 0;
}
