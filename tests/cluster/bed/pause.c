/* What holds a pod's namespaces open: waits, reaps orphans, ends when it is told to. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void reap(int number)
{
	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void leave(int number)
{
	(void)number;
	_exit(0);
}

int main(void)
{
	struct sigaction child = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP}, end = {.sa_handler = leave};

	sigaction(SIGCHLD, &child, NULL);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	for (;;)
		pause();
}
