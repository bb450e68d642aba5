/* Reads lines on standard input; answers each with "WHOLE MILLI", or "!" where it is no quantity. */
#include "base/quantity.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	char *text = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&text, &cap, stdin)) > 0) {
		struct slice line = {text, (size_t)n - 1};
		int64_t whole, milli;

		if (quantity_parse(line, QUANTITY_WHOLE, &whole) == 0 && quantity_parse(line, QUANTITY_MILLI, &milli) == 0)
			printf("%lld %lld\n", (long long)whole, (long long)milli);
		else
			puts("!");
		fflush(stdout);
	}
	free(text);
	return 0;
}
