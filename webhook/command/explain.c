/*
 * sparkgate explain: why an object is (not) changed or refused, and what would change the verdict. The same engine as the
 * webhook's, taken apart (explain/explain.h).
 */
#include "command/explain.h"

#include "base/clock.h"
#include "base/color.h"
#include "base/wrap.h"
#include "command/cluster_option.h"
#include "command/command.h"
#include "command/policies_option.h"
#include "facts/unknown.h"
#include "report/explain.h"

#include <unistd.h>

static const char *const output_words[] = {"table", "json", NULL};

/* The rows of the command line, over args. */
#define EXPLAIN_OPTIONS(args) \
	{ \
		{.name = "filename", .letter = 'f', .list = &(args)->files, .value = "FILE|DIR|-", \
		 .help = "the object, or an audit log (repeatable); of a DIR all *.yaml, *.yml, *.json, in its folders too"}, \
		{.name = "id", .text = &(args)->id, .value = "ID", .help = "auditID of a past decision in the audit log"}, \
		{.name = "namespaces", .list = &(args)->namespaces, .value = "FILE", \
		 .help = "Namespaces, ConfigMaps of the cluster (repeatable)"}, \
		{.name = "namespace", .letter = 'n', .text = &(args)->namespace, .value = "NAMESPACE", \
		 .help = "of the object (default: its own, else the kubeconfig's)"}, \
		{.name = "kubeconfig", .text = &(args)->kubeconfig, .value = "FILE", \
		 .help = "the cluster to ask (default: none with -f, else as kubectl)"}, \
		{.name = "context", .text = &(args)->context, .value = "CONTEXT", \
		 .help = "of the kubeconfig (default: its current-context)"}, \
		{.name = "output", .letter = 'o', .choice = &(args)->output, .words = output_words, .help = "for people or machines (default: table)"}, \
		{.name = "policies", .list = &(args)->policies, .value = "FILE|DIR", \
		 .help = "policy files above the shipped ones (repeatable)"}, \
		{.name = "policies-configmap", .text = &(args)->policies_configmap, .value = "NAMESPACE/NAME", \
		 .help = "the webhook's layer in the cluster, above the files"}, \
		{.name = "sparkgate-namespace", .text = &(args)->gate, .value = "NAMESPACE", \
		 .help = "where sparkgate is installed, whose policy counts [sparkgate]"}, \
		{.name = "color", .choice = &(args)->color, .words = color_words, .help = "colours in the table"}, \
		{.name = "help", .letter = 'h', .flag = &(args)->help, .help = "this text"}, \
	}

/* ---- the manual ---- */

static const char *const usage[] = {"-f FILE|DIR|- [KIND/NAME] [OPTION]...", "KIND/NAME [-n NAMESPACE] [OPTION]...", NULL};

static const char *const about[] = {
	"Says why an object is changed, refused or left alone: what selected it, what its namespace asks for and where that stands, "
	"every place of each Spark setting and which one wins, each rule with its reason, and what would change the verdict.",
	"Namespaces and ConfigMaps among the input count as being in the cluster; pods are judged by such a ConfigMap as sparkgate leaves "
	"it, as the API server gets it first: its values are then those \"as rewritten\", its line numbers always the author's.",
	"With -f nothing is asked of a cluster unless --kubeconfig is given; without -f the object is read from the cluster of "
	"--kubeconfig, $KUBECONFIG, ~/.kube/config, or the one whose pod this is. Of an audit log (or an AdmissionReview with its "
	"response) it shows what was decided then beside what would be decided now.",
	NULL};

static const struct manual_example examples[] = {
	{"A manifest, beside the Namespaces that it is for", "$0 explain -f connect.yaml --namespaces namespaces.yaml"},
	{"One object of a file, with the facts of a cluster", "$0 explain -f release.yaml deploy/connect --kubeconfig kube.config"},
	{"One that is running, for programs", "$0 explain deploy/connect -n reports -o json"},
	{"A decision of the past", "$0 explain -f audit.log --id 1b4e28ba-2fa1-11d2-883f-0016d3cca427 --namespaces namespaces.yaml"},
	{NULL, NULL},
};

void explain_manual(manual_visit *visit, void *context)
{
	struct explain_arguments nobody;
	const struct option options[] = EXPLAIN_OPTIONS(&nobody);

	visit(&(struct manual){.usage = usage, .about = about, .words = "[KIND/NAME]", MANUAL_OPTIONS(options), .examples = examples,
			       .exits = {"allowed (now)", "refused", "bad usage or input, or nothing is known"}}, context);
}

/* A file is explained offline unless somebody names a cluster; a live object needs one. */
static bool asks_cluster(const struct explain_arguments *args)
{
	return args->files.count == 0 || args->kubeconfig;
}

static void print_explanation(const struct explain_arguments *args, const struct policy *policy, const struct explain_subject *s,
			      const struct explanation *e, struct arena *a)
{
	struct report report = {.arena = a, .policy = policy->hash, .color = color_wanted((enum color_when)args->color, STDOUT_FILENO),
				.columns = wrap_columns(STDOUT_FILENO)};
	struct buf out = buf_in(a);

	const struct report_object object = {.file = s->file, .document = s->number, .yaml = s->yaml, .pointer = s->pointer,
					     .review = &s->review, .namespace = s->shown_namespace,
					     .simulation = e->simulation, .original = s->review.object};
	const struct report_object *shown = s->has_review ? &object : NULL;
	if (args->output == 1)
		report_explain_json(&report, shown, e, &out);
	else
		report_explain_table(&report, shown, e, &out);
	struct slice text = buf_slice(&out);
	fwrite(text.ptr, 1, text.len, stdout); /* main() checks whether it worked */
}

static int exit_code(const struct explanation *e)
{
	if (e->verdict == EXPLAIN_UNKNOWN)
		return EXIT_USAGE;
	return e->verdict == EXPLAIN_REFUSED ? 1 : 0;
}

static int explain_review(struct review_world *world, const struct review *review, struct explanation *ret, struct err *err)
{
	struct arena *a = world->input->arena;
	struct facts *facts = ARENA_NEW(a, struct facts);
	const struct explain_input in = {.review = review, .facts = facts, .policy = world->policy};

	if (review_world_find_facts(world, review, facts, err) < 0)
		return -1;
	return explain_object(&in, a, ret, err);
}

/* The table says that nothing is known; this is what to give. */
static void say_unknown_namespace(const struct review_input *input, const struct review *r)
{
	const struct facts_unknown unknown = {r->namespace, facts_names_namespace(r->object) || input->namespace_named, input->facts_file,
					      input->facts};

	fprintf(stderr, "sparkgate explain: %s '%s': %s\n", report_tame(input->arena, r->kind).ptr, report_tame(input->arena, r->name).ptr,
		report_tame(input->arena, facts_unknown_text(input->arena, &unknown)).ptr);
}

static int explain_found(struct review_world *world, const struct explain_arguments *args,
			 const struct explain_subject *subject, struct err *err)
{
	struct explanation e = {.verdict = EXPLAIN_ALLOWED};

	if (subject->has_review && explain_review(world, &subject->review, &e, err) < 0)
		return EXIT_USAGE;
	if (e.verdict == EXPLAIN_UNKNOWN && subject->has_review && !world->input->cluster)
		say_unknown_namespace(world->input, &subject->review);
	e.past = subject->past;
	print_explanation(args, world->policy, subject, &e, world->input->arena);
	return subject->has_review ? exit_code(&e) : subject->past->refused;
}

static int explain_in_world(struct review_input *input, const struct explain_arguments *args, const struct policy *policy,
			    const struct explain_subject *subject, struct err *err)
{
	struct review_world world;

	review_world_open(&world, input, policy, clock_unix(), false);
	int code = explain_found(&world, args, subject, err);
	review_world_close(&world);
	return code;
}

/* kube NULL: no cluster is asked. */
static int explain(struct arena *a, const struct explain_arguments *args, struct kube_config *kube, const struct policy *policy,
		   struct err *err)
{
	struct review_input input = {.arena = a, .takes_events = true, .namespace = cluster_option_namespace(args->namespace, kube),
				     .namespace_named = args->namespace != NULL, .facts = facts_index_new(),
				     .cluster = kube ? facts_cluster_open(a, kube, "sparkgate/" SPARKGATE_VERSION) : NULL};
	struct explain_subject subject;
	int code = EXIT_USAGE;

	if (review_input_add_facts(&input, &args->namespaces, err) == 0 &&
	    explain_subject_find(&input, kube, args, policy, &subject, err) == 0)
		code = explain_in_world(&input, args, policy, &subject, err);
	facts_cluster_close(input.cluster);
	facts_index_unref(input.facts);
	return code;
}

static int with_policy(struct arena *a, const struct explain_arguments *args, struct err *err)
{
	const struct policies_option option = {.paths = args->policies.items, .path_count = args->policies.count, .gate = args->gate,
					       .configmap = args->policies_configmap, .command = "explain"};
	struct kube_config config = {.server = NULL}, *kube = asks_cluster(args) ? &config : NULL;
	struct policy *policy;

	if ((kube && cluster_option_read(a, args->kubeconfig, args->context, kube, err) < 0) ||
	    policies_option_of_config(a, kube, &option, &policy, err) < 0)
		return EXIT_USAGE;
	int code = explain(a, args, kube, policy, err);
	policy_unref(policy);
	return code;
}

static int check_arguments(const struct explain_arguments *args, struct err *err)
{
	if (args->words.count > 1)
		return err_set(err, "one KIND/NAME at a time, got '%s' too", args->words.items[1]);
	if (args->words.count == 0 && args->files.count == 0)
		return err_set(err, "what is to be explained? Give -f FILE, or KIND/NAME of the cluster");
	if (!asks_cluster(args) && (args->context || args->policies_configmap))
		return err_set(err, "--%s needs --kubeconfig", args->context ? "context" : "policies-configmap");
	if (args->id && args->files.count == 0)
		return err_set(err, "--id is for an audit log: give the log with -f FILE");
	return options_check_input(&args->files, &args->namespaces, err);
}

static int parse(struct explain_arguments *args, int argc, char **argv, struct err *err)
{
	const struct option options[] = EXPLAIN_OPTIONS(args);
	const size_t count = COUNT_OF(options);

	if (options_parse(options, count, argc, argv, &args->words, err) < 0)
		return -1;
	if (args->help) {
		explain_manual(manual_help, argv[0]);
		return 0;
	}
	return check_arguments(args, err);
}

int command_explain(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct explain_arguments args = {.files = {.arena = &arena}, .namespaces = {.arena = &arena}, .policies = {.arena = &arena},
					 .words = {.arena = &arena}, .gate = "sparkgate"};
	struct err err = {""};
	int code = 0;

	if (parse(&args, argc, argv, &err) < 0) {
		code = manual_bad_usage(argv[0], err.text);
	} else if (!args.help) {
		code = with_policy(&arena, &args, &err);
		if (code == EXIT_USAGE && err.text[0])
			fprintf(stderr, "sparkgate explain: %s\n", err.text);
	}
	arena_release(&arena);
	return code;
}
