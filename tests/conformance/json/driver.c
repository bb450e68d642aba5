/* Reads texts on standard input, each behind its length in decimal and a line end. Answers a line for each: "=" and the tree
 * as JSON again, or "!" and the error. */
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

static void answer(struct arena *a, struct slice text)
{
	const struct json *v;
	struct err err = {""};

	if (json_parse(a, text, &v, &err) == 0)
		printf("=%s\n", json_print(a, json_copy(a, v)).ptr);
	else
		printf("!%s\n", err.text);
}

int main(void)
{
	struct arena a = ARENA_INIT;
	char line[32];

	json_setup();
	while (fgets(line, sizeof(line), stdin)) {
		size_t len = strtoul(line, NULL, 10);
		char *text = malloc(len + 1); /* of its very size, so that a byte read behind it is an error */
		if (!text || fread(text, 1, len, stdin) != len)
			return 1;
		answer(&a, (struct slice){text, len});
		free(text);
		arena_reset(&a);
	}
	arena_release(&a);
	return 0;
}
