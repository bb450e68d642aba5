#include "testing.h"

#include "command/shed.h"

#include <stdio.h>
#include <string.h>

/* Pages of files that are resident, as the kernel counts them (proc_pid_statm(5), "shared"). */
static long resident(void)
{
	long size, all, shared = -1;
	FILE *f = fopen("/proc/self/statm", "r");

	cr_assert(f);
	cr_assert_eq(fscanf(f, "%ld %ld %ld", &size, &all, &shared), 3);
	fclose(f);
	return shared;
}

/* What was written since the program began, beside what the linker wrote, is not in the file. */
static int counter = 41;
static const char *const names[] = {"relocated", "too"};

Test(shed, less_is_resident_and_nothing_is_lost)
{
	long before = resident();

	counter++;
	shed_pages();
	long after = resident();
	cr_expect_lt(after, before / 2, "%ld pages, and %ld before", after, before);
	cr_expect_eq(counter, 42);
	cr_expect_str_eq(names[1], "too");
	cr_expect_eq(strlen(names[0]), 9);
}
