/*
 * sparkgate policy: judge policy files, and show the policy that they make.
 */
#include "command/policy.h"

#include "base/clock.h"
#include "base/color.h"
#include "base/file.h"
#include "base/plural.h"
#include "base/yaml.h"
#include "command/command.h"
#include "command/manual.h"
#include "policy/life.h"
#include "policy/words.h"
#include "pss/pss.h"

#include <errno.h>
#include <stdlib.h>

static const char *const output_words[] = {"table", "json", "yaml", "junit", "markdown", NULL};

#define POLICY_OPTIONS(args) \
	{ \
		{.name = "output", .letter = 'o', .choice = &(args)->output, .words = output_words, \
		 .value = "FORMAT", .help = "table, json; for show yaml, markdown, for test junit"}, \
		{.name = "filename", .letter = 'f', .list = &(args)->files, .value = "FILE|DIR|-", \
		 .help = "for diff: objects to try both on (repeatable)"}, \
		{.name = "namespaces", .list = &(args)->namespaces, .value = "FILE", \
		 .help = "for diff: Namespaces, ConfigMaps beside them"}, \
		{.name = "policies", .list = &(args)->layers, .value = "PATH", \
		 .help = "a layer above the shipped one (repeatable)"}, \
		{.name = "version", .text = &(args)->version, .value = "VERSION", \
		 .help = "for show pss: latest or v1.N"}, \
		{.name = "verbose", .letter = 'v', .flag = &(args)->verbose, .help = "for test: list those that passed, too"}, \
		{.name = "color", .choice = &(args)->color, .words = color_words, .help = "colours in the table"}, \
		{.name = "help", .letter = 'h', .flag = &(args)->help, .help = "this text"}, \
	}

/* ---- the manual ---- */

static const char *const usage[] = {"lint [PATH...]",
				    "test [PATH...] [-v] [-o table|json|junit]",
				    "diff A B [-f FILE|DIR --namespaces FILE] [-o table|json]",
				    "show [-o table|json|yaml|markdown] [--policies PATH]...",
				    "show pss [--version v1.N] [-o table|json|yaml]",
				    NULL};

static const char *const about[] = {
	"A policy is made of layers: the shipped one, built into the program, then each PATH, a file, a directory of *.yaml, "
	"*.yml and *.json, or - for standard input. A PATH without any document is a mistake. A later layer overrides an earlier one by id.",
	NULL};

static const struct manual_action actions_told[] = {
	{"lint", "[PATH...]",
	 "read the layers as `$0 serve --policies` would. Every problem is one line, FILE:LINE: what is wrong and what was probably "
	 "meant. Warnings, FILE:LINE too, do not fail. The last line says what was read."},
	{"test", "[PATH...]",
	 "run the cases of kind Tests that stand in the layers: an object, its namespace, and what is expected of it"},
	{"diff", "PATH...",
	 "how policy B differs from policy A, each a PATH or the word shipped; with -f also which objects are admitted differently"},
	{"show", NULL, "the rules, checks, bounds and exemptions in force"},
	{"show pss", NULL,
	 "the checks of the Pod Security Standards: level, the version since when each form counts, what it replaces at level "
	 "restricted; with --version those that count there"},
	{NULL, NULL, NULL},
};

static const char *const notes[] = {
	"A layer that warns about deploy mode cluster instead of refusing it, and adds a rule:",
	"\tapiVersion: policy.sparkgate.io/v1\n"
	"\tkind: Checks\n"
	"\tchecks:\n"
	"\t- {id: connect.deployMode, action: warn}\n"
	"\t---\n"
	"\tapiVersion: policy.sparkgate.io/v1\n"
	"\tkind: Backend\n"
	"\tbackend: k8s\n"
	"\trules:\n"
	"\t- id: backend.pullPolicy\n"
	"\t  why: our registry moves tags\n"
	"\t  versions: all\n"
	"\t  default: {key: spark.kubernetes.container.image.pullPolicy, value: Always}",
	"Verbs: set, default, derive, disable, rename, require, forbid; `remove: true` takes a rule away. Schema for editors: "
	"docs/policy.schema.json.",
	"A case, which may stand beside them:",
	"\tapiVersion: policy.sparkgate.io/v1\n"
	"\tkind: Tests\n"
	"\ttests:\n"
	"\t- name: pods are pulled anew\n"
	"\t  namespace: {name: team-a, mode: enforce, backendMode: k8s}\n"
	"\t  object: {apiVersion: v1, kind: Pod, ...}\n"
	"\t  expect:\n"
	"\t    allowed: true\n"
	"\t    rules: [backend.pullPolicy, \"!connect.*\"]\n"
	"\t    settings: {spark.kubernetes.container.image.pullPolicy: Always}",
	NULL};

static const struct manual_example examples[] = {
	{"Is a layer right, before it goes into the cluster?", "$0 policy lint layer.yaml"},
	{"Do its cases hold?", "$0 policy test layer.yaml"},
	{"What it changes", "$0 policy diff shipped layer.yaml"},
	{"What would be in force with it", "$0 policy show --policies layer.yaml"},
	{"What Pod Security asks for in a cluster of that version", "$0 policy show pss --version v1.34"},
	{NULL, NULL},
};

void policy_manual(manual_visit *visit, void *context)
{
	struct policy_arguments nobody;
	const struct option options[] = POLICY_OPTIONS(&nobody);

	visit(&(struct manual){.usage = usage, .about = about, .actions = actions_told, MANUAL_OPTIONS(options), .notes = notes,
			       .examples = examples,
			       .exits = {"fine", "problems in a file, failed cases, differences",
					 "bad usage, or input that cannot be read"}}, context);
}

int policy_bad_usage(const struct policy_arguments *args, const char *text)
{
	return manual_bad_usage(args->name, text);
}

/* ---- loading ---- */

/* The ids of Pod Security's checks: exemptions may name them. */
static struct texts pss_ids(struct arena *a)
{
	struct texts ids = {0};
	size_t cap = 0;
	const struct pss_form *form;

	for (size_t i = 0; (form = pss_form_at(i)); i++) {
		*ARENA_PUSH(a, ids.items, &cap, ids.count) = form->rule;
	}
	return ids;
}

int policy_check_paths(const struct option_list *layers)
{
	for (size_t i = 0; i < layers->count; i++) {
		if (strcmp(layers->items[i], "-") == 0 || file_stamp(layers->items[i]).exists)
			continue;
		fprintf(stderr, "sparkgate policy: cannot read '%s': %s\n", layers->items[i], strerror(ENOENT));
		return -1;
	}
	return 0;
}

/* Problems of one file in the order of its lines; files stay in the order in which they were read. */
static void sort_problems(struct policy_problems *list)
{
	for (size_t i = 1; i < list->count; i++) {
		struct policy_problem p = list->items[i];
		size_t j = i;
		while (j > 0 && strcmp(list->items[j - 1].file, p.file) == 0 && list->items[j - 1].line > p.line) {
			list->items[j] = list->items[j - 1];
			j--;
		}
		list->items[j] = p;
	}
}

void policy_print_problems(FILE *out, struct policy_problems *list)
{
	sort_problems(list);
	for (size_t i = 0; i < list->count; i++) {
		const struct policy_problem *p = &list->items[i];
		if (p->line)
			fprintf(out, "%s:%u: %s\n", p->file, p->line, p->message);
		else
			fprintf(out, "%s: %s\n", p->file, p->message);
	}
}

struct policy *policy_of_layers(const struct option_list *paths, bool keep_tests, struct arena *a,
				struct policy_problems *problems)
{
	const struct texts ids = pss_ids(a);
	const struct policy_options options = {
		.paths = paths->items, .path_count = paths->count, .known_ids = &ids, .keep_tests = keep_tests};

	return policy_load_all(&options, a, problems);
}

/* ---- lint ---- */

static void print_warnings(const struct policy *p, struct arena *a)
{
	int64_t now = clock_unix();

	for (size_t i = 0; i < p->warnings.count; i++)
		printf("warning: %s\n", p->warnings.items[i]);
	for (size_t i = 0; i < p->exemption_count; i++) {
		const char *text = exemption_life_text(a, &p->exemptions[i], now);
		if (text)
			printf("warning: %s: %s\n", p->exemptions[i].place, text);
	}
}

static void print_good(const struct policy *p)
{
	if (p->file_count == 0)
		printf("ok: the shipped policy alone");
	else
		printf("ok: %zu file%s, %zu document%s", p->file_count, plural(p->file_count), p->document_count,
		       plural(p->document_count));
	printf("; in force %zu rules, %zu checks, %zu exemption%s, hash %s\n", p->rule_count, p->check_count, p->exemption_count,
	       plural(p->exemption_count), p->hash);
}

static int lint(const struct policy_arguments *args, struct arena *a)
{
	struct policy_problems problems = {0};
	struct policy *p = policy_of_layers(&args->layers, true, a, &problems);

	policy_print_problems(stdout, &problems);
	if (!p)
		return 1;
	bool good = policy_lint_cases(p, a);
	print_warnings(p, a);
	if (good)
		print_good(p);
	policy_unref(p);
	return good ? 0 : 1;
}

/* ---- show ---- */

static int print_yaml(struct arena *a, struct slice json)
{
	const struct json *tree;
	struct err err = {""};

	if (json_parse(a, json, &tree, &err) < 0) {
		fprintf(stderr, "sparkgate policy: %s\n", err.text);
		return 1;
	}
	struct slice text = yaml_print(a, tree);
	fwrite(text.ptr, 1, text.len, stdout);
	return 0;
}

static int print_tree(const struct policy_arguments *args, struct arena *a, struct slice json)
{
	if (args->output == POLICY_YAML)
		return print_yaml(a, json);
	printf("%.*s\n", SLICE_ARG(json));
	return 0;
}

static int show_pss(const struct policy_arguments *args, struct arena *a)
{
	if (args->version && !policy_pss_version_is_good(args->version))
		return policy_bad_usage(
			args, arena_printf(a, "--version '%s' is not a version of the Pod Security Standards, known: latest, v1.0 to v1.%u",
					   args->version, PSS_NEWEST_MINOR));
	if (args->output == POLICY_MARKDOWN)
		return policy_bad_usage(args, "show pss has no markdown of its own: it is part of `show -o markdown`");
	if (args->output != POLICY_TABLE)
		return print_tree(args, a, policy_pss_print_json(a, args->version));
	policy_pss_print_table(stdout, args->version);
	return 0;
}

static int show(const struct policy_arguments *args, struct arena *a)
{
	struct policy_problems problems = {0};
	int code = 0;

	if (args->words.count > 1)
		return show_pss(args, a);
	struct policy *p = policy_of_layers(&args->layers, false, a, &problems);
	if (!p) {
		policy_print_problems(stderr, &problems);
		return 1;
	}
	if (args->output == POLICY_TABLE)
		policy_print_table(stdout, p, a, clock_unix());
	else if (args->output == POLICY_MARKDOWN)
		policy_print_markdown(stdout, p, a);
	else
		code = print_tree(args, a, policy_print_json(p, a));
	policy_unref(p);
	return code;
}

/* ---- the command ---- */

static const struct {
	const char *name;
	int (*run)(const struct policy_arguments *args, struct arena *a);
	bool paths; /* takes layers as words; of diff, two policies that it loads itself */
	const char *outputs; /* the formats it knows, beside table */
} actions[] = {
	{"lint", lint, true, ""},
	{"test", policy_test, true, "json junit"},
	{"diff", policy_diff, false, "json"},
	{"show", show, false, "json yaml markdown"},
};

static int unknown_action(const struct policy_arguments *args, const char *name)
{
	const char *names[COUNT_OF(actions)];
	struct err err = {""};

	for (size_t i = 0; i < COUNT_OF(actions); i++)
		names[i] = actions[i].name;
	const char *near = nearest_word(slice_of(name), names, COUNT_OF(actions));
	if (near)
		err_set(&err, "unknown action '%s', did you mean '%s'?", name, near);
	else
		err_set(&err, "unknown action '%s', known: lint, test, diff, show", name);
	return policy_bad_usage(args, err.text);
}

static bool is_show_pss(const struct option_list *words)
{
	return words->count == 2 && strcmp(words->items[0], "show") == 0 && strcmp(words->items[1], "pss") == 0;
}

/* An option that was given and would be ignored, as a message; NULL = none. */
static const char *surplus_option(size_t action, const struct policy_arguments *args)
{
	if (actions[action].run != policy_diff && args->files.count > 0)
		return "-f belongs to diff";
	if (actions[action].run != policy_diff && args->namespaces.count > 0)
		return "--namespaces belongs to diff";
	if (actions[action].run != policy_test && args->verbose)
		return "--verbose belongs to test";
	return NULL;
}

static int run_action(size_t action, struct policy_arguments *args, struct arena *a)
{
	bool pss = is_show_pss(&args->words);
	const char *output = output_words[args->output];
	struct err err = {""};

	if (args->words.count > 1 && actions[action].run == show && !pss)
		return policy_bad_usage(args, "show takes its layers by --policies, and the one word 'pss'");
	if (surplus_option(action, args))
		return policy_bad_usage(args, surplus_option(action, args));
	if (args->output != POLICY_TABLE && !slice_has(slice_of(actions[action].outputs), output))
		return policy_bad_usage(args, arena_printf(a, "%s does not print %s", actions[action].name, output));
	for (size_t i = 1; i < args->words.count && actions[action].paths; i++)
		option_list_add(&args->layers, args->words.items[i]);
	if (options_check_input(&args->layers, &args->files, &err) < 0)
		return policy_bad_usage(args, err.text);
	return policy_check_paths(&args->layers) < 0 ? EXIT_USAGE : actions[action].run(args, a);
}

static int run(struct policy_arguments *args, struct arena *a)
{
	if (args->words.count == 0)
		return policy_bad_usage(args, "say what to do: lint, test, diff or show");
	if (args->version && !is_show_pss(&args->words))
		return policy_bad_usage(args, "--version belongs to show pss");
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		if (strcmp(actions[i].name, args->words.items[0]) == 0)
			return run_action(i, args, a);
	return unknown_action(args, args->words.items[0]);
}

int command_policy(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct policy_arguments args = {.name = argv[0], .words.arena = &arena, .layers.arena = &arena, .files.arena = &arena,
					.namespaces.arena = &arena};
	const struct option options[] = POLICY_OPTIONS(&args);
	const size_t count = COUNT_OF(options);
	struct err err = {""};
	int code = 0;

	if (options_parse(options, count, argc, argv, &args.words, &err) < 0) {
		code = policy_bad_usage(&args, err.text);
	} else if (args.help) {
		policy_manual(manual_help, argv[0]);
	} else {
		code = run(&args, &arena);
	}
	arena_release(&arena);
	return code;
}
