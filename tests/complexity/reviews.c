/* Whole requests: both endpoints, from the bytes of a review to those of the answer, with the facts that it names. */
#include "work.h"

#include "base/file.h"
#include "facts/index.h"
#include "http/admit.h"
#include "policy/load.h"

#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX (64u << 20) /* reviews.py writes less than one */

struct requests {
	const char *directory;
	struct policy *policy;
	struct facts_index *facts;
};

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "work: %s\n", what);
	exit(2);
}

static struct slice text_of(struct arena *a, const struct requests *r, const char *name)
{
	struct slice text;
	struct err err = {""};

	need(file_read(a, arena_join(a, r->directory, "/", name), FILE_MAX, &text, &err) == 0, err.text);
	return text;
}

static void ask(const struct requests *r, struct arena *a, struct slice body, enum endpoint endpoint)
{
	struct admission adm = {.arena = a, .endpoint = endpoint, .policy = r->policy};

	if (admission_parse(&adm, body)) {
		facts_index_fill(r->facts, &adm.needs, LOOKUP_MISSING, &adm.facts);
		admission_decide(&adm);
	}
	need(adm.status == 200, "a recipe without a uid");
}

static unsigned long work_of(const struct requests *r, const char *name, size_t number)
{
	struct arena texts = ARENA_INIT, a = ARENA_INIT;
	struct slice body = text_of(&texts, r, arena_printf(&texts, "%s.%zu", name, number));

	work_begin();
	ask(r, &a, body, ENDPOINT_MUTATE);
	ask(r, &a, body, ENDPOINT_VALIDATE);
	unsigned long done = work_end();
	arena_release(&a);
	arena_release(&texts);
	return done;
}

static void judge_all(const char *directory, const char *mode, work_judge *judge, void *closure)
{
	struct requests r = {.directory = directory, .facts = facts_index_new()};
	const struct policy_options shipped = {.path_count = 0};
	struct arena a = ARENA_INIT;
	struct err err = {""};

	need(policy_load(&shipped, &r.policy, &err) == 0, err.text);
	need(facts_index_add_text(r.facts, text_of(&a, &r, arena_join(&a, "facts.", mode)), YAML_MANIFEST, &err) == 0, err.text);
	for (struct slice list = text_of(&a, &r, "list"); list.len > 0;) {
		const char *name = arena_dup(&a, slice_cut(&list, '\n'));
		unsigned long w[WORK_SIZES];

		for (size_t i = 0; i < WORK_SIZES; i++)
			w[i] = work_of(&r, name, i);
		judge(closure, arena_join(&a, name, ", ", mode), w);
	}
	facts_index_unref(r.facts);
	policy_unref(r.policy);
	arena_release(&a);
}

void work_reviews(const char *directory, work_judge *judge, void *closure)
{
	judge_all(directory, "enforce", judge, closure);
	judge_all(directory, "warn", judge, closure);
}
