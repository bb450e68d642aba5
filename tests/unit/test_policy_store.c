/* The policy in force: from files and directories, from a ConfigMap, replaced as a whole or not at all. */
#include "policy/store.h"

#include "base/buf.h"
#include "base/file.h"
#include "policy/config_map_layer.h"
#include "layer_testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- files ---- */

static void write_text(const char *path, const char *text)
{
	struct err err = {""};

	cr_assert_eq(file_write(path, slice_of(text), 0600, &err), 0, "%s", err.text);
}

static void make_dir(char dir[64])
{
	snprintf(dir, 64, "/tmp/sparkgate-policy-XXXXXX");
	cr_assert(mkdtemp(dir));
}

Test(policy_store, layers_are_files_and_directories_in_order)
{
	char dir[64], file[96], second[96];
	struct err err = {""};
	struct policy *p = NULL;

	json_setup();
	make_dir(dir);
	snprintf(file, sizeof(file), "%s/b.yaml", dir);
	snprintf(second, sizeof(second), "%s/notes.txt", dir);
	write_text(file, CHECKS("bounds: {defaultExecutors: 5}"));
	write_text(second, "not YAML: [");
	const char *paths[] = {dir, file};
	struct policy_options options = {.paths = paths, .path_count = 1};
	cr_assert_eq(policy_load(&options, &p, &err), 0, "%s", err.text);
	cr_expect_eq(p->default_executors, 5);
	policy_unref(p);

	write_text(file, CHECKS("bounds: {defaultExecutors: x}"));
	p = (struct policy *)&options; /* any value: it must stay */
	cr_expect_eq(policy_load(&options, &p, &err), -1);
	cr_expect_eq((void *)p, (void *)&options);
	cr_expect(strstr(err.text, "b.yaml:3: 'defaultExecutors' must be"), "%s", err.text);

	const char *gone[] = {"/nonexistent/policies"};
	options = (struct policy_options){.paths = gone, .path_count = 1};
	cr_expect_eq(policy_load(&options, &p, &err), -1);
	cr_expect(strstr(err.text, "/nonexistent/policies"), "%s", err.text);
	unlink(file);
	unlink(second);
	rmdir(dir);
}

Test(policy_store, a_store_follows_its_files_and_keeps_what_was_good)
{
	char dir[64], file[96];
	const char *paths[1] = {dir};
	struct policy_store *store = NULL;
	struct err err = {""};

	json_setup();
	make_dir(dir);
	snprintf(file, sizeof(file), "%s/a.yaml", dir);
	write_text(file, CHECKS("bounds: {defaultExecutors: 3}"));
	cr_assert_eq(policy_store_open(paths, 1, &store, &err), 0, "%s", err.text);
	struct policy *first = policy_store_get(store);
	cr_expect_eq(first->default_executors, 3);
	cr_expect_eq(policy_store_poll(store, &err), POLICY_UNCHANGED);

	write_text(file, CHECKS("bounds: {defaultExecutors: 4}"));
	cr_expect_eq(policy_store_poll(store, &err), POLICY_RELOADED);
	struct policy *second = policy_store_get(store);
	cr_expect_eq(second->default_executors, 4);
	cr_expect_eq(first->default_executors, 3, "a request works on one policy from beginning to end");

	write_text(file, "nonsense");
	cr_expect_eq(policy_store_poll(store, &err), POLICY_FAILED);
	cr_expect(strstr(err.text, "a.yaml:1:"), "%s", err.text);
	cr_expect_eq(policy_store_poll(store, &err), POLICY_UNCHANGED, "said once");
	policy_store_error(store, &err);
	cr_expect(strstr(err.text, "a.yaml:1:"), "%s", err.text);
	struct policy *kept = policy_store_get(store);
	cr_expect_eq(kept, second);

	unlink(file);
	cr_expect_eq(policy_store_poll(store, &err), POLICY_RELOADED, "a folder without a layer: %s", err.text);
	policy_store_error(store, &err);
	cr_expect_str_eq(err.text, "");
	policy_unref(first);
	policy_unref(second);
	policy_unref(kept);
	policy_store_close(store);
	rmdir(dir);
}

/* ---- a layer that is in no file ---- */

static struct policy_layer layer_of(struct arena *a, const char *json, struct err *err)
{
	struct policy_layer layer = {.count = 0};
	const struct json *object;

	cr_assert_eq(json_parse(a, slice_of(json), &object, err), 0, "%s", err->text);
	if (config_map_layer(a, "p", object, &layer, err) < 0)
		layer.sources = NULL;
	return layer;
}

static const struct {
	const char *json, *names, *error;
} config_maps[] = {
	{"{}", "", NULL},
	{"{\"data\":null}", "", NULL},
	{"{\"data\":{\"b.yaml\":\"1\",\"a.json\":\"2\",\"README.md\":\"3\",\"c.yml\":\"\",\"yaml\":\"4\"}}",
	 "ConfigMap p, a.json;ConfigMap p, b.yaml;ConfigMap p, c.yml;", NULL},
	{"{\"binaryData\":{\"logo.png\":\"AAAA\"},\"data\":{\"a.yaml\":\"\"}}", "ConfigMap p, a.yaml;", NULL},
	{"{\"binaryData\":{\"a.yaml\":\"AAAA\"}}", NULL, "ConfigMap p, a.yaml: is binaryData, a policy is UTF-8 text"},
	{"{\"data\":{\"a.yaml\":[]}}", NULL, "ConfigMap p, a.yaml: is not text"},
	{"{\"data\":{\"a.txt\":[]}}", "", NULL},
};

Test(policy_store, a_config_map_is_a_layer)
{
	json_setup();
	for (size_t i = 0; i < sizeof(config_maps) / sizeof(*config_maps); i++) {
		struct arena a = ARENA_INIT;
		struct buf names = buf_in(&a);
		struct err err = {""};
		struct policy_layer layer = layer_of(&a, config_maps[i].json, &err);
		for (size_t k = 0; layer.sources && k < layer.count; k++)
			buf_printf(&names, "%s;", layer.sources[k].name);
		if (config_maps[i].names)
			cr_expect_str_eq(arena_dup(&a, buf_slice(&names)), config_maps[i].names, "%s", config_maps[i].json);
		cr_expect_str_eq(err.text, config_maps[i].error ? config_maps[i].error : "", "%s", config_maps[i].json);
		arena_release(&a);
	}
}

static unsigned executors_of(struct policy_store *store)
{
	struct policy *p = policy_store_get(store);
	unsigned n = p->default_executors;

	policy_unref(p);
	return n;
}

Test(policy_store, a_store_takes_a_layer_above_its_files_and_keeps_what_was_good)
{
	struct arena a = ARENA_INIT;
	struct policy_store *store = NULL;
	struct err err = {""};
	struct policy_source source = {"x.yaml", SLICE_LIT(CHECKS("bounds: {defaultExecutors: 3}"))};
	const struct policy_layer layer = {.sources = &source, .count = 1};

	json_setup();
	cr_assert_eq(policy_store_open(NULL, 0, &store, &err), 0);
	cr_expect_eq(policy_store_layer(store, NULL, &err), POLICY_UNCHANGED, "there was none");
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_RELOADED);
	cr_expect_eq(executors_of(store), 3);
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_UNCHANGED, "a list brings it again");

	source.text = SLICE_LIT("nonsense");
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_FAILED);
	cr_expect(strstr(err.text, "x.yaml:1:"), "%s", err.text);
	cr_expect_eq(executors_of(store), 3);
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_UNCHANGED, "said once");

	err_set(&err, "no layer at all");
	cr_expect_eq(policy_store_no_layer(store, &err), POLICY_FAILED);
	cr_expect_eq(policy_store_no_layer(store, &err), POLICY_UNCHANGED);
	policy_store_error(store, &err);
	cr_expect_str_eq(err.text, "no layer at all");
	cr_expect_eq(policy_store_reload(store, &err), POLICY_FAILED, "also where files change meanwhile");

	source.text = SLICE_LIT(CHECKS("bounds: {defaultExecutors: 4}"));
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_RELOADED);
	policy_store_error(store, &err);
	cr_expect_str_eq(err.text, "");
	cr_expect_eq(policy_store_layer(store, NULL, &err), POLICY_RELOADED);
	cr_expect_eq(executors_of(store), 2, "the shipped one again");
	policy_store_close(store);
	arena_release(&a);
}

Test(policy_store, a_store_that_settles_has_two_for_a_while)
{
	struct policy_store *store = NULL;
	struct policy *other;
	struct err err = {""};
	struct policy_source source = {"x.yaml", SLICE_LIT(CHECKS("bounds: {defaultExecutors: 3}"))};
	const struct policy_layer layer = {.sources = &source, .count = 1};

	json_setup();
	cr_assert_eq(policy_store_open(NULL, 0, &store, &err), 0);
	struct policy *first = policy_store_pair(store, &other);
	cr_expect_null(other);
	policy_store_settle(store, 200 * CLOCK_MS);
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_RELOADED);
	struct policy *still = policy_store_pair(store, &other);
	cr_expect_eq(still, first);
	cr_assert(other);
	cr_expect_eq(other->default_executors, 3, "known already");
	policy_unref(other);
	policy_unref(still);

	source.text = SLICE_LIT(CHECKS("bounds: {defaultExecutors: 4}"));
	usleep(120000);
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_RELOADED);
	usleep(100000);
	struct policy *now = policy_store_pair(store, &other);
	cr_expect_eq(now->default_executors, 4, "changes do not put each other off");
	cr_expect_eq(other, first, "the one before");
	policy_unref(other);
	policy_unref(now);
	policy_unref(first);
	policy_store_close(store);
}

/* ---- who knows what the webhook is called for ---- */

struct judge_of_words {
	bool knows;
	const char *refused; /* a word of Connect servers */
};

static bool knows(void *closure)
{
	return ((struct judge_of_words *)closure)->knows;
}

static int judge(void *closure, const struct policy *fresh, const struct policy *old, struct err *err)
{
	const struct judge_of_words *j = closure;

	cr_expect_neq(fresh, old);
	for (size_t i = 0; i < fresh->selector_count; i++)
		for (size_t k = 0; k < fresh->selectors[i].words.count; k++)
			if (strcmp(fresh->selectors[i].words.items[k], j->refused) == 0)
				return err_set(err, "never called for '%s'", j->refused);
	return 0;
}

#define WORD(word) ROLE("words: [" word "]")

Test(policy_store, selectors_may_be_wider_where_somebody_knows_that_the_webhook_is_called)
{
	struct judge_of_words me = {false, "Bad"};
	struct policy_store *store = NULL;
	struct err err = {""};
	struct policy_source source = {"x.yaml", SLICE_LIT(WORD("Other"))};
	const struct policy_layer layer = {.sources = &source, .count = 1};

	json_setup();
	cr_assert_eq(policy_store_open(NULL, 0, &store, &err), 0);
	policy_store_guard(store, &(struct policy_guard){knows, judge, &me});
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_FAILED);
	cr_expect(strstr(err.text, "word 'Other' holds none of the shipped ones"), "%s", err.text);
	me.knows = true;
	cr_expect_eq(policy_store_reload(store, &err), POLICY_RELOADED);
	source.text = SLICE_LIT(WORD("Bad"));
	cr_expect_eq(policy_store_layer(store, &layer, &err), POLICY_FAILED);
	cr_expect_str_eq(err.text, "never called for 'Bad'");
	policy_store_close(store);
}

Test(policy_store, a_store_needs_a_good_beginning)
{
	const char *paths[] = {"/nonexistent"};
	struct policy_store *store = NULL;
	struct err err = {""};

	json_setup();
	cr_expect_eq(policy_store_open(paths, 1, &store, &err), -1);
	cr_expect_null(store);
	policy_store_close(NULL);
	policy_unref(NULL);
}
