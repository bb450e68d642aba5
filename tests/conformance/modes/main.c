/*
 * main.c - audit and warn change nothing, refuse nothing, and say all that enforce would do: over the files named
 * and random objects made of them.
 *
 *	modes-driver SEED COUNT FILE...
 *
 * The last line is "N passed, N failed, N skipped": a check is one object in one combination of the namespace's keys.
 */
#include "modes.h"

#include "policy/load.h"

#include <stdio.h>
#include <stdlib.h>

/* Everything that a policy can make a refusal is one. */
static const char strict_layer[] = "tests/conformance/modes/strict.yaml";

static struct policy *load(const char *path)
{
	const char *paths[] = {path};
	const struct policy_options options = {.paths = paths, .path_count = path ? 1 : 0};
	struct policy *policy;
	struct err err = {""};

	if (policy_load(&options, &policy, &err) < 0) {
		fprintf(stderr, "modes: %s\n", err.text);
		exit(2);
	}
	return policy;
}

static void read_samples(struct samples *samples, char **paths, int count)
{
	struct err err = {""};

	for (int i = 0; i < count; i++)
		if (samples_add(samples, paths[i], &err) < 0)
			printf("left out: %s\n", err.text);
	samples_add_updates(samples);
}

int main(int argc, char **argv)
{
	struct arena fixed = ARENA_INIT;
	struct samples samples = {.arena = &fixed};

	if (argc < 4)
		return 2;
	json_setup();
	samples.facts = facts_index_new();
	read_samples(&samples, argv + 3, argc - 3);
	struct policy *shipped = load(NULL), *strict = load(strict_layer);
	struct tally tally = {.policies = {shipped, strict}, .facts = samples.facts};
	struct dice dice = {strtoull(argv[1], NULL, 10) * 2 + 1};
	unsigned long count = strtoul(argv[2], NULL, 10);

	for (size_t i = 0; i < samples.count; i++)
		laws_hold(&tally, &samples.items[i], true, &dice);
	for (unsigned long i = 0; i < count; i++) {
		struct arena round = ARENA_INIT;
		struct sample sample = sample_altered(&round, &dice, &samples);
		laws_hold(&tally, &sample, false, &dice);
		if (i % 4 == 0)
			laws_hold_for_namespaces(&tally, &dice, &samples);
		arena_release(&round);
	}
	printf("%zu objects of files, %lu random ones; enforce has something to say in %lu checks\n", samples.count, count,
	       tally.judged);
	printf("%lu passed, %lu failed, 0 skipped\n", tally.passed, tally.failed);
	facts_index_unref(samples.facts);
	policy_unref(shipped);
	policy_unref(strict);
	arena_release(&fixed);
	return tally.failed > 0;
}
