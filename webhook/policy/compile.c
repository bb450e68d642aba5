/* What all kinds share, and how layers become a policy. */
#include "policy/compile.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/limits.h"

#include <stdlib.h>

bool compile_once(struct compiler *c, const struct node *n, const char *kind, const char *id)
{
	const char *what = arena_printf(c->scratch, "%s %s", kind, id);

	for (size_t i = 0; i < c->seen_count; i++)
		if (strcmp(c->seen[i], what) == 0) {
			node_problem(n, "%s '%s' appears twice in this layer", kind, id);
			return false;
		}
	if (c->seen_count == LIMIT_POLICY_RULES) {
		node_problem(n, "more than %d entries in one layer", LIMIT_POLICY_RULES);
		return false;
	}
	*ARENA_PUSH(c->scratch, c->seen, &c->seen_cap, c->seen_count) = what;
	return true;
}

const char *compile_place(const struct node *n)
{
	return arena_printf(n->file->policy_arena, "%s:%u", n->file->name, node_line(n));
}

void compile_warn(struct compiler *c, const char *place, const char *text)
{
	struct policy *p = c->policy;

	*ARENA_PUSH(&p->arena, p->warnings.items, &c->warning_cap, p->warnings.count) = arena_printf(&p->arena, "%s: %s", place, text);
}

/* "4.1" at the front of *s. */
static bool take_version(struct slice *s, spark_version *ret)
{
	size_t n = 0;

	while (n < s->len && ((s->ptr[n] >= '0' && s->ptr[n] <= '9') || s->ptr[n] == '.'))
		n++;
	struct slice text = {s->ptr, n};
	*ret = spark_version_parse(text);
	slice_cut(&text, '.');
	slice_skip(s, (struct slice){s->ptr, n});
	return *ret != 0 && text.len > 0 && !memchr(text.ptr, '.', text.len);
}

struct version_range compile_versions(const struct node *n)
{
	const struct node place = node_get(n, "versions");
	const char *text = node_text(n, "versions", NODE_REQUIRED);
	struct slice rest = slice_of(text ? text : "all");
	struct version_range range = {0, 0};

	if (slice_is(rest, "all"))
		return range;
	bool good = take_version(&rest, &range.first);
	if (slice_skip(&rest, SLICE_LIT("-")))
		good = take_version(&rest, &range.last) && good && range.first <= range.last;
	else if (!slice_skip(&rest, SLICE_LIT("+")))
		range.last = range.first;
	if (!good || rest.len > 0)
		node_problem(&place, "'%s' is not a range of versions, write all, \"4.1\", 4.0+ or 3.5-4.0", text);
	return range;
}

/* ---- documents ---- */

static const struct {
	const char *kind;
	void (*compile)(struct compiler *c, const struct node *document);
} kinds[] = {
	{"Backend", compile_backend},       {"Checks", compile_checks}, {"Selectors", compile_selectors},
	{"Exemptions", compile_exemptions}, {"Tests", compile_tests},
};

/* The manifest of what --policies-configmap names. */
static void say_config_map(const struct node *document)
{
	const struct json *first = json_first(json_get(document->v, "data"));

	node_problem(document, "a ConfigMap is no policy file, the texts under its data are: yq '.data[\"%s\"]' %s | sparkgate policy lint -",
		     first ? json_key(first) : "KEY", document->file->name);
}

static void compile_document(struct compiler *c, const struct policy_file *file)
{
	const struct node document = {.file = file, .v = file->document->root};
	const char *words[COUNT_OF(kinds)];

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		words[i] = kinds[i].kind;
	if (json_type(document.v) != JSON_OBJECT) {
		node_problem(&document, "expected a policy document: a mapping with apiVersion, kind, ...");
		return;
	}
	if (strcmp(json_text(json_get(document.v, "kind"), ""), "ConfigMap") == 0) {
		say_config_map(&document);
		return;
	}
	const char *version = node_text(&document, "apiVersion", NODE_REQUIRED);
	if (version && strcmp(version, POLICY_API_VERSION) != 0)
		node_problem(&document, "apiVersion is '%s', this program reads " POLICY_API_VERSION, version);
	int index = node_word(&document, "kind", "kind", words, COUNT_OF(kinds), -1, NODE_REQUIRED);
	node_text(&document, "name", NODE_OPTIONAL);
	if (index >= 0)
		kinds[index].compile(c, &document); /* checks the other members */
	else if (!json_get(document.v, "kind") && json_has(document.v, "kind"))
		node_problem(&document, "'kind' has no value");
}

/* An error of the YAML reader begins with "line N: ": take it apart. */
static void add_yaml_problem(const struct policy_file *file, const struct err *err)
{
	struct slice rest = slice_of(err->text);
	unsigned line = 0;

	if (slice_skip(&rest, SLICE_LIT("line "))) {
		while (rest.len > 0 && *rest.ptr >= '0' && *rest.ptr <= '9' && line < 100000000) {
			line = line * 10 + (unsigned)(*rest.ptr - '0');
			slice_skip(&rest, (struct slice){rest.ptr, 1});
		}
		slice_skip(&rest, SLICE_LIT(": "));
	}
	policy_problem_add(file->problems, file->problem_arena, file->name, line,
			   arena_dup(file->problem_arena, rest));
}

static void compile_source(struct compiler *c, const struct policy_source *source, struct arena *a,
			   struct policy_problems *problems)
{
	struct policy_file file = {
		.name = arena_dup(a, slice_of(source->name)),
		.policy_arena = &c->policy->arena,
		.problem_arena = a,
		.problems = problems,
	};
	struct yaml_stream stream;
	struct err err = {""};

	if (source->text.len > LIMIT_POLICY_BYTES) {
		policy_problem_add(problems, a, file.name, 0,
				   arena_printf(a, "larger than %u KiB", LIMIT_POLICY_BYTES / 1024));
		return;
	}
	if (yaml_parse(c->scratch, source->text, YAML_STRICT, &stream, &err) < 0) {
		add_yaml_problem(&file, &err);
		return;
	}
	for (size_t i = 0; i < stream.count; i++) {
		file.document = &stream.items[i];
		if (json_type(file.document->root) == JSON_NULL)
			continue;
		compile_document(c, &file);
		c->policy->document_count += c->layer > 0;
	}
}

static void compile_layer(struct compiler *c, const struct policy_layer *layer, struct arena *a, struct policy_problems *problems)
{
	size_t documents = c->policy->document_count, before = problems->count;

	c->seen_count = 0;
	for (size_t i = 0; i < layer->count; i++)
		compile_source(c, &layer->sources[i], a, problems);
	c->policy->file_count += c->layer > 0 ? layer->count : 0;
	if (layer->path && c->policy->document_count == documents && problems->count == before)
		policy_problem_add(problems, a, layer->path, 0, "holds no policy document");
}

/* ---- the whole ---- */

/* "3.5, 4.0, 4.1" */
static const char *known_versions(const struct policy *p, struct arena *a)
{
	const char *list = "";

	for (size_t i = 0; i < p->spark_versions.count; i++)
		list = arena_join(a, list, i > 0 ? ", " : "", p->spark_versions.items[i]);
	return list;
}

static bool has_known_version(const struct policy *p, struct version_range range)
{
	for (size_t i = 0; i < p->spark_versions.count; i++)
		if (version_in(range, spark_version_parse(slice_of(p->spark_versions.items[i]))))
			return true;
	return false;
}

/* Of the shipped rules a layer's sparkVersions may leave some without a version: they are not its author's. */
static void finish_rules(struct compiler *c)
{
	struct policy *p = c->policy;

	for (size_t i = 0; i < p->rule_count; i++) {
		const struct rule *rule = &p->rules[i];
		if (rule->place && !has_known_version(p, rule->versions))
			compile_warn(c, rule->place, arena_printf(c->scratch, "rule '%s' never applies: none of sparkVersions (%s) is among its versions",
								  rule->id, known_versions(p, c->scratch)));
	}
}

static int by_id(const void *a, const void *b)
{
	const struct check *x = a, *y = b;

	return strcmp(x->id, y->id);
}

/* What can only be checked on the whole policy. */
static void finish(struct compiler *c, struct arena *a, struct policy_problems *problems)
{
	struct policy *p = c->policy;

	if (!policy_knows_version(p, p->default_spark_version))
		policy_problem_add(problems, a, c->versions_file ? c->versions_file : "policies", c->versions_line,
				   "defaultSparkVersion is not among sparkVersions");
	for (size_t i = 0; i < p->rule_count; i++)
		for (size_t j = 0; j < p->check_count; j++)
			if (strcmp(p->rules[i].id, p->checks[j].id) == 0)
				policy_problem_add(problems, a, "policies", 0,
						   arena_printf(a, "'%s' is the id of a check, a rule needs one of its own",
								p->rules[i].id));
	compile_mentions_judge(c, a, problems);
	finish_rules(c);
	compile_exemptions_finish(c);
	if (p->check_count > 0)
		qsort(p->checks, p->check_count, sizeof(*p->checks), by_id);
}

/* The webhook is called for what the shipped layer selects: later layers are measured against a copy. */
static void remember_shipped(struct compiler *c)
{
	struct policy *p = c->policy;

	c->called_role_count = p->selector_count;
	c->called_roles = ARENA_ARRAY(c->scratch, p->selector_count, struct role_selector);
	if (p->selector_count > 0)
		memcpy(c->called_roles, p->selectors, p->selector_count * sizeof(*p->selectors));
	c->called_config_maps = p->config_map_labels;
}

static void hash_layers(struct policy *p, struct arena *scratch, const struct policy_layer *layers, size_t count)
{
	struct buf all = buf_in(scratch);
	char hex[SHA256_HEX];

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < layers[i].count; j++)
			buf_add(&all, layers[i].sources[j].text);
	sha256_hex(buf_slice(&all), hex);
	memcpy(p->hash, hex, sizeof(p->hash) - 1);
}

struct policy *policy_compile(const struct policy_layer *layers, size_t count, const struct policy_options *options,
			      struct arena *a, struct policy_problems *problems)
{
	struct arena scratch = ARENA_INIT;
	struct policy *p = calloc(1, sizeof(*p));
	size_t before = problems->count;

	if (!p)
		out_of_memory();
	p->refs = 1;
	struct compiler c = {.policy = p, .scratch = &scratch};
	if (options) {
		c.known_ids = options->known_ids;
		c.wider_selectors = options->wider_selectors;
		c.keep_tests = options->keep_tests;
	}
	for (c.layer = 0; c.layer < count; c.layer++) {
		compile_layer(&c, &layers[c.layer], a, problems);
		if (c.layer == 0)
			remember_shipped(&c);
	}
	finish(&c, a, problems);
	hash_layers(p, &scratch, layers, count);
	arena_release(&scratch);
	if (problems->count == before)
		return p;
	policy_unref(p);
	return NULL;
}
