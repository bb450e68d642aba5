/*
 * Kind Tests: objects with what a policy should make of them. Read and judged
 * here for their form alone; `sparkgate policy test` runs them.
 */
#include "policy/compile.h"

#include "policy/words.h"

static const char *const role_words[] = {
	"none", "connect-server", "executor", "standalone-master", "standalone-worker", "connect-config",
};
static const char *const backend_words[] = {"none", "k8s", "standalone"};

/* Every member must be a text. */
static void check_texts(const struct node *n)
{
	JSON_EACH(item, n->v)
		if (json_type(item) != JSON_STRING && json_type(item) != JSON_NULL)
			node_problem(n, "'%s' must be a text: quote it", json_key(item));
}

/* The sparkgate.io keys of the namespace, without their prefix. */
static void read_namespace(const struct node *n)
{
	static const char *const fields[] = {
		"name",     "mode",       "backendMode", "standaloneMaster", "sparkVersion", "allowOverride",
		"pssLevel", "pssVersion", "pssMode",     "hardening",        "configMaps",   "uidRange",
	};

	if (n->v && node_fields(n, COMPILE_WORDS(fields)))
		check_texts(n);
}

static void read_expect(const struct node *n)
{
	static const char *const fields[] = {"allowed", "role", "backend", "rules", "settings"};
	struct texts rules;

	if (!node_fields(n, COMPILE_WORDS(fields)))
		return;
	node_bool(n, "allowed", true);
	node_word(n, "role", "role", COMPILE_WORDS(role_words), 0, NODE_OPTIONAL);
	node_word(n, "backend", "backend", COMPILE_WORDS(backend_words), 0, NODE_OPTIONAL);
	node_texts(n, "rules", &rules);
	const struct node settings = node_get(n, "settings");
	if (settings.v && json_type(settings.v) != JSON_OBJECT)
		node_problem(&settings, "'settings' must be a mapping of Spark keys to values");
	else
		check_texts(&settings);
}

static void read_test(struct compiler *c, const struct node *n)
{
	static const char *const fields[] = {"name", "why", "namespace", "object", "expect"};

	if (!node_fields(n, COMPILE_WORDS(fields)))
		return;
	const char *name = node_text(n, "name", NODE_REQUIRED);
	node_text(n, "why", NODE_OPTIONAL);
	const struct node ns = node_get(n, "namespace"), object = node_get(n, "object"), expect = node_get(n, "expect");
	read_namespace(&ns);
	if (!object.v)
		node_problem(n, "'object' is missing");
	else if (json_type(object.v) != JSON_OBJECT || !json_get(object.v, "kind"))
		node_problem(&object, "'object' must be a manifest with a kind");
	if (!expect.v)
		node_problem(n, "'expect' is missing");
	else
		read_expect(&expect);
	if (name)
		compile_once(c, n, "test", name);
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
