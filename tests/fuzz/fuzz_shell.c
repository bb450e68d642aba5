/*
 * Every text: words are stretches of it in order, an unedited text renders as it was, and a word
 * added behind the last of any command is, for the same lexer, one more word of that
 * command and changes no other. The first bytes pick the command and the Kubernetes environment.
 */
#include "spark/shell.h"
#include "fuzzing.h"

#include <stdint.h>

static void check_words(const struct shell *sh, bool references)
{
	size_t end = 0, inner = 0;

	for (const struct word *w = sh->carrier->first; w; w = w->next) {
		must(w->gap <= w->start && w->start <= w->end && w->end <= sh->carrier->text.len);
		must(w->known <= w->value.len && w->tail <= w->value.len);
		must(!w->literal || references || w->known == w->value.len);
		must(w->start >= end || w->end <= inner); /* an array's words stand inside its assignment */
		inner = w->start >= end ? w->end : inner;
		end = w->start >= end ? w->end : end;
	}
}

static void check_added(struct arena *a, const struct shell *sh, size_t at, struct kube_env *env)
{
	static const struct slice values[] = {{"7", 1}, {"it's $x\n#(", 10}, {"", 0}};
	struct slice value = values[at % 3];
	const struct shell_command *command = &sh->commands[at % sh->count];
	struct shell after;
	struct err err = {""};

	word_add(a, sh->carrier, command->words[command->count - 1], value);
	must(shell_parse(a, carrier_render(a, sh->carrier), env, &after, &err) == 0);
	must(after.count == sh->count);
	for (size_t i = 0; i < sh->count; i++) {
		size_t more = &sh->commands[i] == command;

		must(after.commands[i].count == sh->commands[i].count + more);
		for (size_t j = 0; j < sh->commands[i].count; j++)
			must(slice_eq(after.commands[i].words[j]->value, sh->commands[i].words[j]->value));
		if (more)
			must(slice_eq(after.commands[i].words[sh->commands[i].count]->value, value));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct kube_var vars[] = {{.name = SLICE_LIT("A"), .value = SLICE_LIT("x")}, {.name = SLICE_LIT("B"), .order = 1}};
	struct kube_env env = {.read = true, .vars = vars, .count = 2, .budget = 100000};
	struct shell sh;
	struct err err = {""};

	if (size < 2)
		return 0;
	if (shell_parse(&a, (struct slice){(const char *)data + 2, size - 2}, data[1] & 1 ? &env : NULL, &sh, &err) < 0) {
		must(err.text[0] != '\0');
	} else {
		check_words(&sh, data[1] & 1);
		must(slice_eq(carrier_render(&a, sh.carrier), sh.carrier->text));
		if (sh.count > 0)
			check_added(&a, &sh, data[0], data[1] & 1 ? &env : NULL);
	}
	arena_release(&a);
	return 0;
}
