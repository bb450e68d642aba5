#include "http/process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static void print_one(struct buf *out, const char *name, const char *type, const char *help, double value)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, type, name, value);
}

static void print_cpu(struct buf *out)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u) != 0)
		return;
	double seconds = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
			 (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	buf_printf(out,
		   "# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.\n"
		   "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %.6f\n",
		   seconds);
}

/* /proc/self/statm: pages of the whole, and of what is resident. */
static void print_memory(struct buf *out)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long pages = 0, resident = 0;

	if (!f)
		return;
	int n = fscanf(f, "%lu %lu", &pages, &resident);
	fclose(f);
	if (n != 2)
		return;
	double page = (double)sysconf(_SC_PAGESIZE);
	print_one(out, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
		  (double)resident * page);
	print_one(out, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", (double)pages * page);
}

static void print_fds(struct buf *out)
{
	DIR *d = opendir("/proc/self/fd");
	struct rlimit limit;
	int count = -1; /* not counting the one that reads the directory */

	if (!d)
		return;
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		count += e->d_name[0] != '.';
	closedir(d);
	print_one(out, "process_open_fds", "gauge", "Number of open file descriptors.", count);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		print_one(out, "process_max_fds", "gauge", "Maximum number of open file descriptors.",
			  (double)limit.rlim_cur);
}

void process_print(struct buf *out, int64_t started)
{
	print_cpu(out);
	print_memory(out);
	print_fds(out);
	print_one(out, "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.",
		  (double)started);
}
