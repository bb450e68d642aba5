/*
 * sparkgate review: what admission would do, offline. The same engine as the webhook's
 * (admission/simulate.h).
 */
#include "command/review.h"

#include "base/clock.h"
#include "base/color.h"
#include "base/wrap.h"
#include "command/cluster_option.h"
#include "command/command.h"
#include "command/manual.h"
#include "command/policies_option.h"
#include "command/replay.h"

#include <unistd.h>

enum output { OUTPUT_TABLE, OUTPUT_YAML, OUTPUT_DIFF, OUTPUT_JSON, OUTPUT_JUNIT, OUTPUT_SARIF };

static const char *const output_words[] = {"table", "yaml", "diff", "json", "junit", "sarif", NULL};
static const char *const as_words[] = {"namespace", "enforce", NULL};

struct arguments {
	struct option_list files, namespaces, policies;
	const char *namespace, *kubeconfig, *context, *since, *until, *policies_configmap, *gate;
	int output, as, color;
	bool help;
};

/* The rows of the command line, over args. */
#define REVIEW_OPTIONS(args) \
	{ \
		{.name = "filename", .letter = 'f', .list = &(args)->files, .value = "FILE|DIR|-", \
		 .help = "what to review (repeatable); of a DIR all *.yaml, *.yml, *.json, in its folders too; - is standard input"}, \
		{.name = "namespaces", .list = &(args)->namespaces, .value = "FILE", \
		 .help = "Namespaces, ConfigMaps of the cluster (repeatable)"}, \
		{.name = "kubeconfig", .text = &(args)->kubeconfig, .value = "FILE", \
		 .help = "ask this cluster for those that are not given"}, \
		{.name = "context", .text = &(args)->context, .value = "CONTEXT", \
		 .help = "of the kubeconfig (default: its current-context)"}, \
		{.name = "namespace", .letter = 'n', .text = &(args)->namespace, .value = "NAMESPACE", \
		 .help = "of objects that name none (default: the kubeconfig's)"}, \
		{.name = "as", .choice = &(args)->as, .words = as_words, \
		 .help = "judge by the namespace's mode, or as enforce would (default: namespace)"}, \
		{.name = "output", .letter = 'o', .choice = &(args)->output, .words = output_words, \
		 .value = "FORMAT", .help = "table, yaml, diff, json, junit or sarif (default: table)"}, \
		{.name = "since", .text = &(args)->since, .value = "TIME", \
		 .help = "for a log: requests from 2025-01-31T00:00:00Z on"}, \
		{.name = "until", .text = &(args)->until, .value = "TIME", \
		 .help = "for a log: requests before that moment"}, \
		{.name = "policies", .list = &(args)->policies, .value = "FILE|DIR", \
		 .help = "policy files above the shipped ones (repeatable)"}, \
		{.name = "policies-configmap", .text = &(args)->policies_configmap, .value = "NAMESPACE/NAME", \
		 .help = "the webhook's layer in the cluster, above the files"}, \
		{.name = "sparkgate-namespace", .text = &(args)->gate, .value = "NAMESPACE", \
		 .help = "where sparkgate is installed, whose policy counts [sparkgate]"}, \
		{.name = "color", .choice = &(args)->color, .words = color_words, \
		 .help = "colours in the table"}, \
		{.name = "help", .letter = 'h', .flag = &(args)->help, .help = "this text"}, \
	}

/* ---- the manual ---- */

static const char *const usage[] = {"-f FILE|DIR|- [OPTION]...", NULL};

static const char *const about[] = {
	"Says offline what admission would change, warn about and refuse: the same engine as the webhook's. Reads YAML, JSON, "
	"Lists and AdmissionReviews. Namespaces and ConfigMaps among the input count as being in the cluster; pods are judged by "
	"such a ConfigMap as sparkgate leaves it, as the API server gets it first.",
	"Reads the API server's audit log too (one event a line; several -f for a rotated one): what would this policy have done "
	"then, and what was decided? Output is a table of totals, or -o json. It needs level Request or higher. More than one "
	"AdmissionReview, in a folder or a file, is read like that too: the response in each is what was decided.",
	NULL};

static const struct manual_example examples[] = {
	{"What a chart would become, and why", "helm template my-chart | $0 review -f - -n my-namespace --namespaces namespaces.yaml"},
	{"What will run", "helm template my-chart | $0 review -f - -n my-namespace --namespaces namespaces.yaml -o yaml"},
	{"What enforce would change, line by line", "$0 review -f manifests/ --namespaces namespaces.yaml --as enforce -o diff"},
	{"In CI, for the platform's list of findings",
	 "$0 review -f manifests/ --namespaces namespaces.yaml --as enforce -o sarif >sparkgate.sarif"},
	{"What a new policy would have done last week", "$0 review -f audit.log --namespaces namespaces.yaml --policies new.yaml"},
	{"The same for compressed logs", "zcat audit-*.gz | $0 review -f - --namespaces namespaces.yaml --as enforce"},
	{NULL, NULL},
};

void review_manual(manual_visit *visit, void *context)
{
	struct arguments nobody;
	const struct option options[] = REVIEW_OPTIONS(&nobody);

	visit(&(struct manual){.usage = usage, .about = about, MANUAL_OPTIONS(options), .examples = examples,
			       .exits = {"all allowed", "something refused", "bad usage or input"}}, context);
}

/* ---- the command ---- */

static bool is_empty(const struct review_input *input)
{
	for (size_t i = 0; i < input->count; i++)
		if (input->files[i].count > 0)
			return false;
	return true;
}

/* A file that cannot be read hides none of the others, but from -o yaml: what it prints stands for the whole input. */
static int read_input(struct review_input *input, const struct replay_files *files, enum output output, struct err *err)
{
	input->passes_over = output != OUTPUT_YAML;
	for (size_t i = 0; i < files->count; i++)
		if (review_input_add(input, files->items[i].path, files->items[i].head, err) < 0)
			return -1;
	/* In a pipe nobody sees that the command before it failed: no input at all is not a success. */
	if (is_empty(input))
		return input->unread > 0 ? -1 : err_set(err, "nothing to review: the input holds no object");
	return 0;
}

static enum report_format format_of(enum output output)
{
	static const enum report_format formats[] = {
		[OUTPUT_TABLE] = REPORT_TABLE, [OUTPUT_DIFF] = REPORT_DIFF,   [OUTPUT_JSON] = REPORT_JSON,
		[OUTPUT_JUNIT] = REPORT_JUNIT, [OUTPUT_SARIF] = REPORT_SARIF,
	};

	return formats[output];
}

static int judge_as_yaml(struct review_input *input, const struct review_options *options,
			 struct review_outcome *outcome, struct err *err)
{
	struct buf out = buf_in(input->arena);

	review_judge(input, options, NULL, outcome);
	if (review_print_yaml(input, &out, err) < 0)
		return -1;
	struct slice text = buf_slice(&out);
	fwrite(text.ptr, 1, text.len, stdout); /* main() checks whether it worked */
	return 0;
}

static int judge(struct review_input *input, const struct arguments *args, const struct review_options *options,
		 struct review_outcome *outcome, struct err *err)
{
	if (args->output == OUTPUT_YAML)
		return judge_as_yaml(input, options, outcome, err);
	struct report_writer *writer = report_writer_open(&(struct report_style){
		.format = format_of((enum output)args->output),
		.command = "review",
		.policy = options->policy->hash,
		.color = color_wanted((enum color_when)args->color, STDOUT_FILENO),
		.columns = wrap_columns(STDOUT_FILENO),
		.out = stdout,
	});
	review_judge(input, options, writer, outcome);
	report_writer_close(writer);
	return 0;
}

/* Audit logs are judged as they are read; files is NULL for AdmissionReviews, which have been. */
static int replay(struct review_input *input, struct replay_files *files, const struct arguments *args,
		  const struct review_options *options, struct review_outcome *outcome, struct err *err)
{
	struct replay_options replay = {.review = options,
					.since = args->since,
					.until = args->until,
					.json = args->output == OUTPUT_JSON,
					.color = color_wanted((enum color_when)args->color, STDOUT_FILENO)};

	if (args->output != OUTPUT_TABLE && args->output != OUTPUT_JSON)
		return err_set(err, "-o %s is for manifests: for an audit log there are -o table and -o json",
			       output_words[args->output]);
	return files ? replay_run(input, files, &replay, outcome, err) : replay_reviews_run(input, &replay, outcome, err);
}

static int read_and_judge(struct review_input *input, struct replay_files *files, const struct arguments *args,
			  const struct review_options *options, struct review_outcome *outcome, struct err *err)
{
	if (review_input_add_facts(input, &args->namespaces, err) < 0 ||
	    replay_files_find(input->arena, &args->files, files, err) < 0)
		return -1;
	if (files->logs)
		return replay(input, files, args, options, outcome, err);
	if (args->since || args->until)
		return err_set(err, "--since and --until are for audit logs, '%s' is not one", files->items[0].path);
	if (read_input(input, files, (enum output)args->output, err) < 0)
		return -1;
	outcome->failed = input->unread > 0;
	if ((args->output == OUTPUT_TABLE || args->output == OUTPUT_JSON) && replay_is_of_reviews(input))
		return replay(input, NULL, args, options, outcome, err);
	return judge(input, args, options, outcome, err);
}

/* kube NULL: no cluster is asked. */
static int review(struct arena *a, const struct arguments *args, const struct kube_config *kube, const struct policy *policy,
		  struct err *err)
{
	struct review_input input = {.arena = a, .namespace = cluster_option_namespace(args->namespace, kube),
				     .namespace_named = args->namespace != NULL, .facts = facts_index_new(),
				     .cluster = kube ? facts_cluster_open(a, kube, "sparkgate/" SPARKGATE_VERSION) : NULL};
	struct review_options options = {.as_enforce = args->as == 1,
					 .tells_refusals = args->output == OUTPUT_YAML || args->output == OUTPUT_DIFF,
					 .policy = policy,
					 .now = clock_unix()};
	struct review_outcome outcome = {.refused = false};
	struct replay_files files = {.count = 0};
	int code = EXIT_USAGE;

	if (read_and_judge(&input, &files, args, &options, &outcome, err) == 0 && !outcome.failed)
		code = outcome.refused ? 1 : 0;
	replay_files_close(&files);
	facts_cluster_close(input.cluster);
	facts_index_unref(input.facts);
	return code;
}

static int with_policy(struct arena *a, const struct arguments *args, struct err *err)
{
	const struct policies_option option = {.paths = args->policies.items, .path_count = args->policies.count, .gate = args->gate,
					       .configmap = args->policies_configmap, .command = "review"};
	struct kube_config config = {.server = NULL}, *kube = args->kubeconfig ? &config : NULL;
	struct policy *policy;

	if ((kube && cluster_option_read(a, args->kubeconfig, args->context, kube, err) < 0) ||
	    policies_option_of_config(a, kube, &option, &policy, err) < 0)
		return EXIT_USAGE;
	int code = review(a, args, kube, policy, err);
	policy_unref(policy);
	return code;
}

static int parse(struct arguments *args, int argc, char **argv, struct err *err)
{
	const struct option options[] = REVIEW_OPTIONS(args);
	const size_t count = COUNT_OF(options);

	if (options_parse(options, count, argc, argv, NULL, err) < 0)
		return -1;
	if (args->help) {
		review_manual(manual_help, argv[0]);
		return 0;
	}
	if (!args->kubeconfig && (args->context || args->policies_configmap))
		return err_set(err, "--%s needs --kubeconfig", args->context ? "context" : "policies-configmap");
	if (args->files.count == 0)
		return err_set(err, "what is to be reviewed? Give -f FILE, -f DIR or -f -");
	return options_check_input(&args->files, &args->namespaces, err);
}

int command_review(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct arguments args = {.files = {.arena = &arena},
				 .namespaces = {.arena = &arena},
				 .policies = {.arena = &arena},
				 .gate = "sparkgate"};
	struct err err = {""};
	int code = 0;

	if (parse(&args, argc, argv, &err) < 0) {
		code = manual_bad_usage(argv[0], err.text);
	} else if (!args.help) {
		code = with_policy(&arena, &args, &err);
		if (code == EXIT_USAGE && err.text[0]) /* objects that could not be judged were named */
			fprintf(stderr, "sparkgate review: %s\n", err.text);
	}
	arena_release(&arena);
	return code;
}
