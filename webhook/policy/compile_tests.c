/*
 * Kind Tests: objects with what a policy should make of them. Only their form is checked here; they are kept if
 * somebody wants to run them (policy_options.keep_tests).
 */
#include "policy/compile.h"

#include "base/json_write.h"
#include "policy/namespace.h"
#include "policy/tests.h"
#include "policy/words.h"

static const char *const operation_words[] = {"CREATE", "UPDATE"};

/* Every member must be a text, or null where that has a meaning. */
static bool check_texts(const struct node *n, bool may_be_null)
{
	bool good = true;

	JSON_EACH(item, n->v) {
		const struct node member = {.file = n->file, .up = n, .key = json_key(item), .v = item};
		if (json_type(item) == JSON_STRING || (may_be_null && json_type(item) == JSON_NULL))
			continue;
		node_problem(&member, "'%s' must be a string%s: quote it", json_key(item), may_be_null ? " or null" : "");
		good = false;
	}
	return good;
}

/* ---- the namespace ---- */

/* The namespace's annotations, with their prefix. */
static void write_annotations(const struct node *n, struct json_writer *w)
{
	struct arena *a = n->file->policy_arena;

	JSON_EACH(item, n->v) {
		const char *key = json_key(item);
		bool openshift = strcmp(key, "uidRange") == 0;
		if (strcmp(key, "name") != 0 && strcmp(key, "mode") != 0)
			json_write_member(w, openshift ? "openshift.io/sa.scc.uid-range" : arena_join(a, KEY_PREFIX, key),
					  json_text(item, ""));
	}
}

/* The keys without prefix become the object that the API server would have. */
static const struct json *make_namespace(const struct node *n, const char *name)
{
	struct arena *a = n->file->policy_arena;
	const char *mode = json_text(json_get(n->v, "mode"), NULL);
	struct buf text = buf_in(a);
	struct json_writer w = json_writer(&text);
	const struct json *made = NULL;
	struct err ignored;

	json_write_open(&w, '{');
	json_write_member(&w, "apiVersion", "v1");
	json_write_member(&w, "kind", "Namespace");
	json_write_key(&w, SLICE_LIT("metadata"));
	json_write_open(&w, '{');
	json_write_member(&w, "name", name);
	json_write_key(&w, SLICE_LIT("labels"));
	json_write_open(&w, '{');
	if (mode)
		json_write_member(&w, "sparkgate.io/mode", mode);
	json_write_close(&w, '}');
	json_write_key(&w, SLICE_LIT("annotations"));
	json_write_open(&w, '{');
	write_annotations(n, &w);
	for (int open = 0; open < 3; open++)
		json_write_close(&w, '}');
	/* Written a moment ago: it parses. */
	return json_parse(a, buf_slice(&text), &made, &ignored) == 0 ? made : NULL;
}

/* The sparkgate.io keys of the namespace, without their prefix. An object that names a namespace must name the
 * same one. */
static void read_namespace(const struct node *test, const struct node *object, struct policy_test *ret)
{
	static const char *const fields[] = {
		"name",     "mode",       "backendMode", "standaloneMaster", "sparkVersion", "allowOverride",
		"pssLevel", "pssVersion", "pssMode",     "hardening",        "configMaps",   "uidRange",
	};
	const struct node n = node_get(test, "namespace");
	const char *own = json_text(json_get(json_get(object->v, "metadata"), "namespace"), NULL);
	const char *name = NULL;

	if (n.v && (!node_fields(&n, COMPILE_WORDS(fields)) || !check_texts(&n, false)))
		return;
	if (n.v)
		name = node_text(&n, "name", NODE_OPTIONAL);
	if (own && name && strcmp(own, name) != 0)
		node_problem(object, "the object is in namespace '%s', the test in '%s'", own, name);
	ret->namespace_name = arena_dup(test->file->policy_arena, slice_of(name ? name : own ? own : "default"));
	ret->namespace = make_namespace(&n, ret->namespace_name);
}

/* ---- what is expected ---- */

/* An id that does not exist is never found, and "!" before it would hold whatever happens. */
static void mention_rules(struct compiler *c, const struct node *n, const char *test)
{
	const struct node list = node_get(n, "rules");
	const char *who = arena_printf(c->scratch, "test '%s' expects", test ? test : "");
	size_t index = 0;

	JSON_EACH(item, list.v) {
		const struct node place = node_item(&list, item, index++);
		const char *text = arena_dup(c->scratch, json_slice(item));
		compile_mention(c, &place, who, text + (*text == '!'));
	}
}

/* "!backend.master": it must not be there. */
static void split_rules(struct compiler *c, const struct node *n, const char *test, struct policy_test_expect *ret)
{
	struct arena *a = n->file->policy_arena;
	const struct node place = node_get(n, "rules");
	struct texts all = {0};

	if (!node_texts(n, "rules", &all))
		return;
	if (all.count == 0)
		node_problem(&place, "'rules' is empty, it would hold whatever happens: name rules, or \"!*\" for none");
	mention_rules(c, n, test);
	ret->rules.items = ARENA_ARRAY(a, all.count, const char *);
	ret->absent.items = ARENA_ARRAY(a, all.count, const char *);
	for (size_t i = 0; i < all.count; i++) {
		bool negated = all.items[i][0] == '!';
		struct texts *list = negated ? &ret->absent : &ret->rules;
		list->items[list->count++] = all.items[i] + negated;
	}
}

static void read_settings(const struct node *n, struct policy_test_expect *ret)
{
	struct arena *a = n->file->policy_arena;

	if (json_type(n->v) != JSON_OBJECT) {
		node_problem(n, "'settings' must be a mapping of Spark keys to values");
		return;
	}
	if (!check_texts(n, true))
		return;
	if (json_count(n->v) == 0)
		node_problem(n, "'settings' is empty, it would hold whatever happens: name a key");
	ret->settings = ARENA_ARRAY(a, json_count(n->v), struct policy_test_setting);
	JSON_EACH(item, n->v)
		ret->settings[ret->setting_count++] = (struct policy_test_setting){
			arena_dup(a, json_key_slice(item)),
			json_type(item) == JSON_NULL ? NULL : arena_dup(a, json_slice(item))};
}

static void read_expect(struct compiler *c, const struct node *n, const char *test, struct policy_test_expect *ret)
{
	static const char *const fields[] = {"allowed", "role", "backend", "rules", "settings"};

	if (!node_fields(n, COMPILE_WORDS(fields)))
		return;
	if (json_count(n->v) == 0)
		node_problem(n, "'expect' is empty, it would hold whatever happens: name allowed, role, backend, rules or settings");
	ret->asks_allowed = json_get(n->v, "allowed") != NULL;
	ret->asks_role = json_get(n->v, "role") != NULL;
	ret->asks_backend = json_get(n->v, "backend") != NULL;
	ret->allowed = node_bool(n, "allowed", true);
	ret->role = (enum role)node_word(n, "role", "role", COMPILE_WORDS(role_words), 0, NODE_OPTIONAL);
	ret->backend = (enum backend)node_word(n, "backend", "backend", COMPILE_WORDS(backend_words), 0, NODE_OPTIONAL);
	split_rules(c, n, test, ret);
	const struct node settings = node_get(n, "settings");
	if (settings.v)
		read_settings(&settings, ret);
}

/* ---- a test ---- */

static bool is_manifest(const struct json *v)
{
	return json_type(v) == JSON_OBJECT && json_type(json_get(v, "kind")) == JSON_STRING;
}

static const struct json *read_manifest(const struct node *n, const char *key, enum node_need need)
{
	const struct node member = node_get(n, key);

	if (!member.v && need == NODE_REQUIRED)
		node_problem(n, "'%s' is missing", key);
	else if (member.v && !is_manifest(member.v))
		node_problem(&member, "'%s' must be a manifest with a kind", key);
	return member.v;
}

static void read_config_maps(const struct node *n, struct policy_test *ret)
{
	const struct node list = node_list(n, "configMaps", NODE_OPTIONAL);
	size_t index = 0;

	JSON_EACH(item, list.v) {
		const struct node one = node_item(&list, item, index++);
		if (strcmp(json_text(json_get(item, "kind"), ""), "ConfigMap") != 0)
			node_problem(&one, "'configMaps' must be a list of manifests of kind ConfigMap");
	}
	ret->config_maps = list.v;
}

/* Who makes the request. */
static void read_requester(const struct node *n, struct policy_test *ret)
{
	const struct node groups = node_get(n, "groups");
	struct texts checked;

	const char *user = node_text(n, "user", NODE_OPTIONAL);
	ret->user = user ? user : "";
	if (node_texts(n, "groups", &checked))
		ret->groups = groups.v;
}

static void read_operation(const struct node *n, struct policy_test *ret)
{
	const struct node old = node_get(n, "oldObject");

	ret->update = node_word(n, "operation", "operation", COMPILE_WORDS(operation_words), 0, NODE_OPTIONAL) == 1;
	ret->old_object = read_manifest(n, "oldObject", NODE_OPTIONAL);
	if (old.v && !ret->update)
		node_problem(&old, "'oldObject' belongs to operation: UPDATE");
	if (ret->update && !old.v)
		node_problem(n, "operation UPDATE needs 'oldObject', the object before");
}

static void read_now(const struct node *n, struct policy_test *ret)
{
	const struct node place = node_get(n, "now");
	const char *text = node_text(n, "now", NODE_OPTIONAL);
	int64_t end = text ? compile_date(slice_of(text)) : 0;

	if (end < 0)
		node_problem(&place, "'%s' is not a date, write \"2027-03-31\"", text);
	else if (text)
		ret->now = end - 43200; /* the day's noon */
}

static const struct json *kept_copy(const struct compiler *c, const struct json *v)
{
	return v ? json_copy(&c->policy->arena, v) : NULL;
}

static void keep(struct compiler *c, struct policy_test test)
{
	struct policy *p = c->policy;

	if (!c->keep_tests)
		return;
	test.object = kept_copy(c, test.object);
	test.old_object = kept_copy(c, test.old_object);
	test.config_maps = kept_copy(c, test.config_maps);
	test.groups = kept_copy(c, test.groups);
	*ARENA_PUSH(&p->arena, p->tests, &c->test_cap, p->test_count) = test;
}

static void read_test(struct compiler *c, const struct node *n)
{
	static const char *const fields[] = {"name", "why",       "namespace", "object", "configMaps", "operation",
					     "oldObject", "user", "groups",    "now",    "expect"};
	struct policy_test test = {.user = ""};

	if (!node_fields(n, COMPILE_WORDS(fields)))
		return;
	test.name = node_text(n, "name", NODE_REQUIRED);
	test.why = node_text(n, "why", NODE_OPTIONAL);
	const struct node object = node_get(n, "object"), expect = node_get(n, "expect");
	test.object = read_manifest(n, "object", NODE_REQUIRED);
	read_namespace(n, &object, &test);
	read_config_maps(n, &test);
	read_operation(n, &test);
	read_requester(n, &test);
	read_now(n, &test);
	if (!expect.v)
		node_problem(n, "'expect' is missing");
	else
		read_expect(c, &expect, test.name, &test.expect);
	if (!test.name || !compile_once(c, n, "test", test.name))
		return;
	test.file = arena_dup(&c->policy->arena, slice_of(n->file->name));
	test.line = c->keep_tests ? node_line(n) : 0;
	keep(c, test);
}

void compile_tests(struct compiler *c, const struct node *document)
{
	static const char *const fields[] = {COMPILE_HEAD, "tests"};
	size_t index = 0;

	if (!node_fields(document, COMPILE_WORDS(fields)))
		return;
	const struct node list = node_list(document, "tests", NODE_REQUIRED);
	JSON_EACH(item, list.v) {
		const struct node test = node_item(&list, item, index++);
		read_test(c, &test);
	}
}
