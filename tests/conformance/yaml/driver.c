/* Reads texts that end in NUL on standard input. Without arguments each is YAML: answers "=" and the JSON of its first
 * document, or "!" and the error. With --print each is JSON: answers with its YAML. Answers end in NUL. */
#include "base/yaml.h"

#include <stdio.h>
#include <stdlib.h>

static void answer(struct arena *a, struct slice text, bool print)
{
	struct yaml_stream s;
	const struct json *v;
	struct err err = {""};

	if (print && json_parse(a, text, &v, &err) == 0)
		printf("%s", yaml_print(a, v).ptr);
	else if (!print && yaml_parse(a, text, YAML_MANIFEST, &s, &err) == 0)
		printf("=%s", s.count ? json_print(a, s.items[0].root).ptr : "null");
	else
		printf("!%s", err.text);
	putchar('\0');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct arena a = ARENA_INIT;
	char *text = NULL;
	size_t cap = 0;
	ssize_t n;

	(void)argv;
	json_setup();
	while ((n = getdelim(&text, &cap, '\0', stdin)) > 0) {
		answer(&a, (struct slice){text, (size_t)n - 1}, argc > 1);
		arena_reset(&a);
	}
	free(text);
	arena_release(&a);
	return 0;
}
