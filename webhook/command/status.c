/* sparkgate status: the state of a namespace, where its Connect servers really run, and sparkgate itself. */
#include "base/clock.h"
#include "base/color.h"
#include "command/cluster_option.h"
#include "command/command.h"
#include "command/policies_option.h"
#include "report/status.h"
#include "status/ask.h"

#include <unistd.h>

static const char *const output_words[] = {"table", "json", NULL};

struct arguments {
	struct option_list policies, words;
	const char *namespace, *kubeconfig, *context, *gate, *configurations, *policies_configmap;
	int output, color;
	bool all, help;
};

#define STATUS_OPTIONS(args) \
	{ \
		{.name = "namespace", .letter = 'n', .text = &(args)->namespace, .value = "NAMESPACE", \
		 .help = "the same as the word NAMESPACE; neither: the kubeconfig's"}, \
		{.name = "all-namespaces", .letter = 'A', .flag = &(args)->all, \
		 .help = "every namespace that opted in: a line each, whole if wrong or unreadable"}, \
		{.name = "output", .letter = 'o', .choice = &(args)->output, .words = output_words, .value = "FORMAT", \
		 .help = "table or json"}, \
		{.name = "kubeconfig", .text = &(args)->kubeconfig, .value = "FILE", \
		 .help = "the cluster (default: as kubectl, else the pod's)"}, \
		{.name = "context", .text = &(args)->context, .value = "CONTEXT", \
		 .help = "of the kubeconfig (default: its current-context)"}, \
		{.name = "sparkgate-namespace", .text = &(args)->gate, .value = "NAMESPACE", \
		 .help = "where sparkgate is installed (default: where its webhooks call)"}, \
		{.name = "webhook-configurations", .text = &(args)->configurations, .value = "NAME", \
		 .help = "which are its (default: those with entries of sparkgate.io)"}, \
		{.name = "policies", .list = &(args)->policies, .value = "FILE|DIR", \
		 .help = "policy files above the shipped ones (repeatable)"}, \
		{.name = "policies-configmap", .text = &(args)->policies_configmap, .value = "NAMESPACE/NAME", \
		 .help = "the webhook's layer in the cluster, above the files"}, \
		{.name = "color", .choice = &(args)->color, .words = color_words, .help = "colours in the table"}, \
		{.name = "help", .letter = 'h', .flag = &(args)->help, .help = "this text"}, \
	}

static const char *const usage[] = {"[NAMESPACE] [OPTION]...", "-A [OPTION]...", NULL};

static const char *const about[] = {
	"Says of a namespace what it asks for, and of each Spark Connect server in it what it is configured for and where it really "
	"runs: its driver is asked, through the API server, for spark.master and executors. Then what was refused of late, and sparkgate "
	"itself: replicas, certificate, policy, webhooks. Changes nothing.",
	"What you may not read is said in its place, with the right that it needs: whoever may read only one namespace gets all "
	"that can be seen there. Drivers are asked with get on pods/proxy.",
	NULL};

static const struct manual_example examples[] = {
	{"One namespace", "$0 status team-a"},
	{"All that opted in, for a script", "$0 status -A -o json"},
	{NULL, NULL},
};

void status_manual(manual_visit *visit, void *context)
{
	struct arguments nobody;
	const struct option options[] = STATUS_OPTIONS(&nobody);

	visit(&(struct manual){.usage = usage,
			       .about = about,
			       .words = "NAMESPACE",
			       MANUAL_OPTIONS(options),
			       .examples = examples,
			       .exits = {"nothing is wrong, as far as could be seen",
					 "something is wrong: a server on another backend in mode enforce, a refusal within the last hour, a namespace that "
					 "the webhook configurations leave out, or configurations that call for less than those that are shipped, a "
					 "switch that has not ended, a replica that is not ready or not up to date, a certificate near its end",
					 "bad usage, no such namespace, or nothing could be read"}},
	      context);
}

/* Which namespaces are meant. all->none says why there are none. -1 with err. */
static int choose(struct status_asker *asker, const struct arguments *args, const struct kube_config *kube, struct status_report *all,
		  const char *const **names, size_t *count, struct err *err)
{
	const char **one = ARENA_ARRAY(asker->arena, 1, const char *);

	*one = args->namespace ? args->namespace : args->words.count ? args->words.items[0] : cluster_option_namespace(NULL, kube);
	*names = one;
	*count = 1;
	if (!args->all)
		return kube_name_ok(*one) ? 0 : err_set(err, "'%s' is not a valid namespace name", *one);
	const char *why = status_opted_in(asker, names, count);
	if (why)
		return err_set(err, "-A: %s%s", why, slice_starts(slice_of(why), "no permission") ? "; name one NAMESPACE that you may see" : "");
	if (*count == 0)
		all->none = "No namespace has opted in (label sparkgate.io/mode).";
	return 0;
}

static int judge(const struct status_report *all, struct err *err)
{
	for (size_t i = 0; i < all->namespace_count; i++) {
		const struct status_namespace *n = &all->namespaces[i];
		if (n->missing)
			return err_set(err, "there is no namespace '%s'", n->name), EXIT_USAGE;
		if (n->unknown && n->servers_unknown && n->refusals_unknown)
			return err_set(err, "nothing of namespace '%s' could be read: %s", n->name, n->unknown), EXIT_USAGE;
	}
	return status_problem_count(all) > 0;
}

static int run(struct status_asker *asker, const struct arguments *args, const struct kube_config *kube, const struct policy *policy,
	       struct status_gate *gate, struct err *err)
{
	struct status_report all = {.now = asker->now, .gate = gate};
	const char *const *names;
	size_t count;

	if (choose(asker, args, kube, &all, &names, &count, err) < 0)
		return EXIT_USAGE;
	struct status_namespace *items = ARENA_ARRAY(asker->arena, count, struct status_namespace);
	status_judge_gate(asker, policy, gate);
	for (size_t i = 0; i < count; i++)
		status_of_namespace(asker, policy, gate, names[i], &items[i]);
	all.namespaces = items;
	all.namespace_count = count;
	struct buf out = buf_in(asker->arena);
	if (args->output == 1)
		report_status_json(&all, &out);
	else
		report_status_table(asker->arena, &all, color_wanted((enum color_when)args->color, STDOUT_FILENO), &out);
	fwrite(out.ptr, 1, out.len, stdout);
	return judge(&all, err);
}

static int status(struct arena *a, const struct arguments *args, struct err *err)
{
	struct status_gate gate;
	const struct policies_option option = {.paths = args->policies.items, .path_count = args->policies.count,
					       .configmap = args->policies_configmap, .found = &gate, .command = "status"};
	struct policy *policy;
	struct kube_config kube;
	int code = EXIT_USAGE;

	if (cluster_option_read(a, args->kubeconfig, args->context, &kube, err) < 0)
		return EXIT_USAGE;
	struct status_asker asker = {.client = kube_client_new(&kube, "sparkgate/" SPARKGATE_VERSION), .arena = a, .now = clock_unix()};
	status_find_gate(&asker, args->gate, args->configurations, &gate);
	if (policies_option_of_cluster(a, asker.client, &option, &policy, err) == 0) {
		code = run(&asker, args, &kube, policy, &gate, err);
		policy_unref(policy);
	}
	kube_client_free(asker.client);
	return code;
}

static int check(const struct arguments *args, struct err *err)
{
	if (args->words.count > 1 || (args->words.count == 1 && args->namespace))
		return err_set(err, "one namespace, or -A for all that opted in");
	if (args->all && (args->words.count || args->namespace))
		return err_set(err, "-A is every namespace that opted in: name none");
	if ((args->gate && !kube_name_ok(args->gate)) || (args->configurations && !kube_name_ok(args->configurations)))
		return err_set(err, "--sparkgate-namespace and --webhook-configurations take object names");
	return 0;
}

int command_status(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct arguments args = {.policies = {.arena = &arena}, .words = {.arena = &arena}};
	const struct option options[] = STATUS_OPTIONS(&args);
	struct err err = {""};
	int code = 0;

	if (options_parse(options, COUNT_OF(options), argc, argv, &args.words, &err) < 0 ||
	    (!args.help && check(&args, &err) < 0)) {
		code = manual_bad_usage(argv[0], err.text);
	} else if (args.help) {
		status_manual(manual_help, argv[0]);
	} else {
		code = status(&arena, &args, &err);
		if (code == EXIT_USAGE)
			fprintf(stderr, "%s: %s\n", argv[0], err.text);
	}
	arena_release(&arena);
	return code;
}
