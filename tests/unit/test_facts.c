#include "base/file.h"
#include "base/json.h"
#include "facts/files.h"
#include "facts/index.h"
#include "facts/key.h"
#include "testing.h"

#include <stdlib.h>
#include <unistd.h>

static const char world[] = "apiVersion: v1\n"
			    "kind: Namespace\n"
			    "metadata: {name: team-a, labels: {sparkgate.io/mode: enforce}}\n"
			    "---\n"
			    "# nothing\n"
			    "---\n"
			    "apiVersion: v1\n"
			    "kind: List\n"
			    "items:\n"
			    "- {apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: team-a}, data: {x: '1'}}\n"
			    "- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {x: '2'}}\n"
			    "- {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}\n"
			    "---\n"
			    "{apiVersion: v1, kind: NamespaceList, items: [{metadata: {name: team-b}}]}\n"
			    "---\n"
			    "{apiVersion: v1, kind: Namespace, metadata: {name: team-b, labels: {later: 'yes'}}}\n"
			    "---\n"
			    "{apiVersion: other/v1, kind: Namespace, metadata: {name: not-one}}\n";

static struct facts_index *index_of(const char *text)
{
	struct facts_index *index = facts_index_new();
	struct err err = {""};

	json_setup();
	cr_assert_eq(facts_index_add_text(index, slice_of(text), YAML_MANIFEST, &err), 0, "%s", err.text);
	return index;
}

static const char *data_of(const struct json *config_map)
{
	return json_text(json_get(json_get(config_map, "data"), "x"), "none");
}

Test(facts, finds_namespaces_and_config_maps_by_name)
{
	struct facts_index *index = index_of(world);

	cr_expect(facts_index_namespace(index, "team-a"));
	cr_expect_null(facts_index_namespace(index, "team"));
	cr_expect_null(facts_index_namespace(index, "not-one"));
	cr_expect_null(facts_index_namespace(index, "d"));
	cr_expect_str_eq(data_of(facts_index_config_map(index, "team-a", "c")), "1");
	cr_expect_str_eq(data_of(facts_index_config_map(index, "default", "c")), "2");
	cr_expect_null(facts_index_config_map(index, "team-b", "c"));
	cr_expect_null(facts_index_namespace(index, "team-a/c"));
	facts_index_unref(index);
}

Test(facts, of_two_of_one_name_the_later_counts)
{
	struct facts_index *index = index_of(world);
	const struct json *labels = json_get(json_get(facts_index_namespace(index, "team-b"), "metadata"), "labels");

	cr_expect_str_eq(json_text(json_get(labels, "later"), ""), "yes");
	cr_expect_eq(facts_index_namespace_count(index), 2);
	cr_expect_eq(facts_index_config_map_count(index), 2);
	facts_index_unref(index);
}

Test(facts, fills_what_a_decision_needs)
{
	struct facts_index *index = index_of(world);
	struct needs needs = {.namespace = "team-a"};
	struct facts facts = {.now = 7};

	needs.lookups.items[0] = (struct lookup){.name = "c"};
	needs.lookups.items[1] = (struct lookup){.name = "absent"};
	needs.lookups.count = 2;
	facts_index_fill(index, &needs, LOOKUP_MISSING, &facts);
	cr_expect_eq(facts.namespace_state, NAMESPACE_KNOWN);
	cr_expect_eq(facts.lookups.items[0].state, LOOKUP_FOUND);
	cr_expect_str_eq(data_of(facts.lookups.items[0].object), "1");
	cr_expect_eq(facts.lookups.items[1].state, LOOKUP_MISSING);
	cr_expect_eq(facts.now, 7);

	needs.namespace = "nobody";
	facts_index_fill(index, &needs, LOOKUP_UNSEEN, &facts);
	cr_expect_eq(facts.namespace_state, NAMESPACE_UNKNOWN);
	cr_expect_null(facts.namespace);
	cr_expect_eq(facts.lookups.items[0].state, LOOKUP_UNSEEN);
	facts_index_unref(index);
}

Test(facts, refuses_what_is_no_object)
{
	struct facts_index *index = facts_index_new();
	struct err err = {""};

	json_setup();
	cr_expect_eq(facts_index_add_text(index, SLICE_LIT("kind: x\n---\n- a\n"), YAML_MANIFEST, &err), -1);
	cr_expect_str_eq(err.text, "line 3: expected a Kubernetes object, got array");
	facts_index_unref(index);
}

/* ---- from a file ---- */

static const char *namespace_text(struct arena *a, const char *name)
{
	return arena_printf(a, "{apiVersion: v1, kind: Namespace, metadata: {name: %s}}\n", name);
}

static enum namespace_state state_of(struct facts_files *files, const char *name)
{
	struct needs needs = {.namespace = name};
	struct facts facts;
	struct facts_lease lease;

	cr_assert_eq(facts_get(facts_files_source(files), &needs, NULL, &facts, &lease), FACTS_READY);
	enum namespace_state state = facts.namespace_state;
	facts_put(facts_files_source(files), &lease);
	return state;
}

static void write_text(const char *path, const char *text)
{
	struct err err = {""};

	cr_assert_eq(file_write(path, slice_of(text), 0600, &err), 0, "%s", err.text);
}

Test(facts, reload_takes_a_good_file_and_keeps_the_old_of_a_bad_one)
{
	struct arena a = ARENA_INIT;
	struct err err = {""};
	struct facts_files *files;
	char path[] = "/tmp/sparkgate-facts-XXXXXX";

	json_setup();
	close(mkstemp(path));
	write_text(path, namespace_text(&a, "one"));
	cr_assert_eq(facts_files_open(path, &files, &err), 0, "%s", err.text);
	cr_expect_eq(facts_files_reload(files, &err), 0);

	struct needs needs = {.namespace = "one"};
	struct facts held;
	struct facts_lease lease;
	cr_assert_eq(facts_get(facts_files_source(files), &needs, NULL, &held, &lease), FACTS_READY);
	write_text(path, namespace_text(&a, "two"));
	cr_expect_eq(facts_files_reload(files, &err), 1);
	cr_expect_eq(state_of(files, "one"), NAMESPACE_UNKNOWN);
	cr_expect_eq(state_of(files, "two"), NAMESPACE_KNOWN);
	cr_expect_str_eq(json_text(json_get(json_get(held.namespace, "metadata"), "name"), ""), "one");
	facts_put(facts_files_source(files), &lease);

	write_text(path, "kind: [");
	cr_expect_eq(facts_files_reload(files, &err), -1);
	cr_expect(slice_has(slice_of(err.text), ": line "), "%s", err.text);
	cr_expect_eq(facts_files_reload(files, &err), 0); /* said once */
	cr_expect_eq(state_of(files, "two"), NAMESPACE_KNOWN);
	struct err stale = {""};
	cr_expect(facts_files_stale(files, &stale));
	cr_expect_str_eq(stale.text, err.text);

	unlink(path);
	cr_expect_eq(facts_files_reload(files, &err), -1);
	write_text(path, namespace_text(&a, "three"));
	cr_expect_eq(facts_files_reload(files, &err), 1);
	cr_expect_not(facts_files_stale(files, &stale));
	cr_expect_eq(state_of(files, "three"), NAMESPACE_KNOWN);
	unlink(path);
	facts_files_close(files);
	arena_release(&a);
}

Test(facts, open_fails_with_the_path)
{
	struct err err = {""};
	struct facts_files *files;

	cr_expect_eq(facts_files_open("/nonexistent/facts.yaml", &files, &err), -1);
	cr_expect(slice_has(slice_of(err.text), "'/nonexistent/facts.yaml'"), "%s", err.text);
}

/* No two objects share a key, whatever is in their names. */
Test(facts, have_a_key_each)
{
	static const struct {
		const char *namespace, *name, *key;
	} cases[] = {{NULL, "a", "-/a"}, {"", "a", "0//a"}, {"a", "b/c", "1/a/b/c"}, {"a/b", "c", "3/a/b/c"}};
	char key[FACT_KEY_SIZE], name[FACT_KEY_SIZE + 1];

	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_assert(fact_key(key, cases[i].namespace, cases[i].name));
		cr_expect_str_eq(key, cases[i].key);
	}
	for (size_t len = 0; len < sizeof(name); len++) { /* its end is watched */
		memset(name, 'x', len);
		name[len] = '\0';
		cr_expect(fact_key(key, "team-a", name) || len > 253, "%zu", len);
		cr_expect(fact_key(key, name, "c") || len > 63, "%zu", len);
	}
	cr_expect_not(fact_key(key, "team-a", name));
}
