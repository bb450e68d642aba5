/*
 * driver.c - sparkgate's roles behind a pipe, for oracles in other languages.
 *
 * In, one Pod or ConfigMap a line as JSON. Out, one a line: {"role": "connect-server", "reason": "..."},
 * the role "none" where it has none.
 */
#include "policy/role.h"

#include "base/json_write.h"
#include "policy/load.h"

#include <stdio.h>
#include <stdlib.h>

static void answer(const struct policy *p, struct arena *a, const struct json *object)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);
	struct role_match match;

	if (strcmp(json_text(json_get(object, "kind"), ""), "ConfigMap") == 0)
		match = role_of_config_map(p, a, object);
	else
		match = role_of_pod(p, a, json_get(object, "metadata"), json_get(object, "spec"));
	json_write_open(&w, '{');
	json_write_member(&w, "role", match.role == ROLE_NONE ? "none" : role_name(match.role));
	json_write_member(&w, "reason", match.reason);
	json_write_close(&w, '}');
	puts(buf_slice(&out).ptr);
	fflush(stdout); /* whoever asks waits for the answer before closing our input */
}

static void fail(const struct err *err)
{
	fprintf(stderr, "driver: %s\n", err->text);
	exit(2);
}

int main(void)
{
	const struct policy_options options = {0};
	struct arena arena = ARENA_INIT;
	struct policy *policy;
	struct err err = {""};
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	json_setup();
	if (policy_load(&options, &policy, &err) < 0)
		fail(&err);
	while ((len = getline(&line, &cap, stdin)) > 0) {
		const struct json *object;
		if (json_parse(&arena, (struct slice){line, (size_t)len}, &object, &err) < 0)
			fail(&err);
		answer(policy, &arena, object);
		arena_reset(&arena);
	}
	free(line);
	arena_release(&arena);
	policy_unref(policy);
	return 0;
}
