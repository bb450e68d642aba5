/* Leaks on purpose: tests/lib/unit fails the run if nobody notices. */
#include <criterion/criterion.h>

#include <stdlib.h>

Test(canary, leaks)
{
	char *volatile lost = malloc(17);

	cr_assert(lost);
	lost = NULL;
	cr_assert_null(lost);
}
