/* Two threads write one number: ThreadSanitizer must say so, or its silence elsewhere means nothing. */
#include <pthread.h>

static int number;

static void *work(void *unused)
{
	number++;
	return unused;
}

int main(void)
{
	pthread_t other;

	if (pthread_create(&other, 0, work, 0) != 0)
		return 0;
	number++;
	pthread_join(other, 0);
	return 0;
}
