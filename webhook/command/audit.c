/*
 * sparkgate audit: what enforce would do to all that exists, and what is not as it should be. The same engine as
 * the webhook's.
 */
#include "command/audit.h"

#include "audit/cluster.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/color.h"
#include "base/plural.h"
#include "command/cluster_option.h"
#include "command/command.h"
#include "command/policies_option.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

enum output { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_JUNIT, OUTPUT_SARIF, OUTPUT_OPENREPORTS, OUTPUT_HTML };

static const char *const output_words[] = {"table", "json", "junit", "sarif", "openreports", "html", NULL};
static const char *const as_words[] = {"namespace", "enforce", NULL};
static const char *const fail_words[] = {"deny", "warn", "audit", "never", NULL};

struct arguments {
	struct option_list files, facts, policies, only;
	const char *kubeconfig, *context, *since, *policies_configmap, *gate;
	int output, as, color, fail_on;
	bool all, by_namespace, publish, verbose, help;
};

#define AUDIT_OPTIONS(args) \
	{ \
		{.name = "filename", .letter = 'f', .list = &(args)->files, .value = "FILE|DIR|-", \
		 .help = "audit these manifests, not a cluster (repeatable); of a DIR all *.yaml, *.yml, *.json, in its folders too"}, \
		{.name = "namespaces", .list = &(args)->facts, .value = "FILE", \
		 .help = "with -f: Namespaces, ConfigMaps of the cluster"}, \
		{.name = "kubeconfig", .text = &(args)->kubeconfig, .value = "FILE", \
		 .help = "the cluster (default: as kubectl, else the pod's)"}, \
		{.name = "context", .text = &(args)->context, .value = "CONTEXT", \
		 .help = "of the kubeconfig (default: its current-context)"}, \
		{.name = "namespace", .letter = 'n', .list = &(args)->only, .value = "NAMESPACE", \
		 .help = "only this namespace (repeatable)"}, \
		{.name = "all-namespaces", .letter = 'A', .flag = &(args)->all, .help = "every namespace, as without -n"}, \
		{.name = "by-namespace", .flag = &(args)->by_namespace, \
		 .help = "list in each namespace by itself"}, \
		{.name = "as", .choice = &(args)->as, .words = as_words, \
		 .help = "in the mode of each namespace, where what has not opted in is not judged, or all in enforce (default: namespace)"}, \
		{.name = "output", .letter = 'o', .choice = &(args)->output, .words = output_words, \
		 .value = "FORMAT", .help = "table, json, junit, sarif, openreports or html (default: table)"}, \
		{.name = "publish", .flag = &(args)->publish, \
		 .help = "keep findings in the cluster, as OpenReports"}, \
		{.name = "fail-on", .choice = &(args)->fail_on, .words = fail_words, \
		 .help = "which findings give exit code 1 (default: deny)"}, \
		{.name = "since-last", .text = &(args)->since, .value = "FILE", \
		 .help = "show what is new; FILE remembers the last audit"}, \
		{.name = "policies", .list = &(args)->policies, .value = "FILE|DIR", \
		 .help = "policy files above the shipped ones (repeatable)"}, \
		{.name = "policies-configmap", .text = &(args)->policies_configmap, .value = "NAME", \
		 .help = "the layer that serve has; outside of a pod NAMESPACE/NAME"}, \
		{.name = "sparkgate-namespace", .text = &(args)->gate, .value = "NAMESPACE", \
		 .help = "where sparkgate is installed, whose policy counts [sparkgate]"}, \
		{.name = "color", .choice = &(args)->color, .words = color_words, \
		 .help = "colours in the table"}, \
		{.name = "verbose", .letter = 'v', .flag = &(args)->verbose, \
		 .help = "say what it cost, on standard error"}, \
		{.name = "help", .letter = 'h', .flag = &(args)->help, .help = "this text"}, \
	}

/* ---- the manual ---- */

static const char *const usage[] = {"[OPTION]...", "-f FILE|DIR|- [--namespaces FILE] [OPTION]...", NULL};

static const char *const about[] = {
	"Judges every Spark object of every namespace, as it is and as it would be if it were created now: what "
	"enforce would "
	"rewrite, harden and refuse; what runs on another backend than its namespace asks for; what nobody opted in. "
	"Changes "
	"nothing; with --publish it keeps Reports of OpenReports, which `kubectl get reports -A` shows.",
	NULL};

static const struct manual_example examples[] = {
	{"What enforce would mean for two namespaces", "$0 audit -n team-a -n team-b --as enforce"},
	{"The same for manifests, for a code host's list of findings",
	 "$0 audit -f manifests/ --namespaces namespaces.yaml -o sarif"},
	{"The findings as OpenReports", "$0 audit -f manifests/ --namespaces namespaces.yaml -o openreports"},
	{"A page to look at and pass on", "$0 audit -f manifests/ --namespaces namespaces.yaml -o html >audit.html"},
	{"Kept in the cluster as Reports, beside what they are about", "$0 audit --publish --fail-on never"},
	{"Only what is new since the last time, also in the exit code",
	 "$0 audit --since-last audit.since --fail-on warn"},
	{NULL, NULL},
};

void audit_manual(manual_visit *visit, void *context)
{
	struct arguments nobody;
	const struct option options[] = AUDIT_OPTIONS(&nobody);

	visit(&(struct manual){.usage = usage,
			       .about = about,
			       MANUAL_OPTIONS(options),
			       .examples = examples,
			       .exits = {"nothing that --fail-on names (or nothing new of it)", "findings",
					 "bad usage, or something could not be looked at"}},
	      context);
}

/* ---- from files ---- */

static bool names(const struct review_input *input, const char *namespace)
{
	for (size_t i = 0; i < input->count; i++)
		for (size_t k = 0; k < input->files[i].count; k++)
			if (strcmp(input->files[i].items[k].review.namespace, namespace) == 0)
				return true;
	return false;
}

/* A name that is found nowhere is probably misspelt. */
static int check_namespaces(const struct review_input *input, const struct option_list *only, struct err *err)
{
	for (size_t i = 0; i < only->count; i++)
		if (!names(input, only->items[i]))
			return err_set(err, "-n %s: the input holds nothing of that namespace", only->items[i]);
	return 0;
}

static int audit_files(struct audit_request *request, const struct arguments *args, struct err *err)
{
	/* As kubectl does: a single -n is also the namespace of objects that name none. */
	const char *namespace = args->only.count == 1 ? args->only.items[0] : "default";
	struct review_input input = {.arena = request->arena, .namespace = namespace, .namespace_named = args->only.count == 1,
				     .facts = facts_index_new()};
	int code = EXIT_USAGE;

	if (review_input_read(&input, &args->facts, &args->files, err) == 0) {
		request->source = audit_files_open(&input, request->policy, &args->only);
		if (!request->source)
			err_set(err, "nothing to audit: the input holds no object%s",
				args->only.count ? " of these namespaces" : "");
		else if (check_namespaces(&input, &args->only, err) == 0)
			code = audit_command_run(request, err);
	}
	facts_index_unref(input.facts);
	return code;
}

/* ---- from a cluster ---- */

static void say_figures(struct arena *a, const struct audit_source *source)
{
	struct audit_cluster_figures f = audit_cluster_figures(source);

	audit_say(NULL, arena_printf(a, "%u request%s to the API server, %zu object%s listed", f.calls, plural(f.calls),
				     f.objects, plural(f.objects)));
	if (f.strays > 0)
		audit_say(NULL, arena_printf(a, "%zu object%s of namespaces that appeared meanwhile were not looked at",
					     f.strays, plural(f.strays)));
}

static int audit_cluster(struct audit_request *request, const struct arguments *args, struct kube_client *client,
			 struct err *err)
{
	const struct audit_cluster_options options = {.policy = request->policy,
						      .namespaces = args->only.items,
						      .namespace_count = args->only.count,
						      .by_namespace = args->by_namespace,
						      .say = audit_say};

	if (request->publisher && publisher_check(request->publisher, err) < 0)
		return EXIT_USAGE;
	if (audit_cluster_open(client, &options, &request->source, err) < 0)
		return EXIT_USAGE;
	int code = audit_command_run(request, err);
	if (args->verbose)
		say_figures(request->arena, request->source);
	audit_cluster_close(request->source);
	return code;
}

static int audit_and_publish(struct audit_request *request, const struct arguments *args, struct kube_client *client,
			     struct err *err)
{
	if (args->publish)
		request->publisher = publisher_new(client, args->only.items, args->only.count, request->now);
	int code = audit_cluster(request, args, client, err);
	publisher_free(request->publisher);
	return code;
}

/* ---- policy ---- */

static int with_policy(struct audit_request *request, const struct arguments *args, struct kube_client *client,
		       struct err *err)
{
	struct policy *policy;

	const struct policies_option option = {.paths = args->policies.items, .path_count = args->policies.count, .gate = args->gate,
					       .configmap = args->policies_configmap, .command = "audit", .verbose = args->verbose};

	if (policies_option_of_cluster(request->arena, client, &option, &policy, err) < 0)
		return EXIT_USAGE;
	request->policy = policy;
	int code =
		args->files.count > 0 ? audit_files(request, args, err) : audit_and_publish(request, args, client, err);
	policy_unref(policy);
	return code;
}

/* ---- the command ---- */

/* As in serve.c: a page's memory goes back to the system, and does not raise glibc's mmap threshold for the next. */
#define MMAP_THRESHOLD (256 * 1024)

static enum report_format format_of(enum output output)
{
	static const enum report_format formats[] = {[OUTPUT_TABLE] = REPORT_TABLE,
						     [OUTPUT_JSON] = REPORT_JSON,
						     [OUTPUT_JUNIT] = REPORT_JUNIT,
						     [OUTPUT_SARIF] = REPORT_SARIF,
						     [OUTPUT_OPENREPORTS] = REPORT_OPENREPORTS,
						     [OUTPUT_HTML] = REPORT_HTML};

	return formats[output];
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "as=namespace namespaces=a,b": an audit of another scope has other findings, and none of these has gone. */
static const char *scope_of(struct arena *a, const struct arguments *args)
{
	struct buf scope = buf_in(a);
	const char **names = ARENA_ARRAY(a, args->only.count, const char *);

	for (size_t i = 0; i < args->only.count; i++)
		names[i] = args->only.items[i];
	qsort(names, args->only.count, sizeof(*names), by_text);
	buf_printf(&scope, "as=%s namespaces=", as_words[args->as]);
	for (size_t i = 0; i < args->only.count; i++)
		buf_printf(&scope, "%s%s", i ? "," : "", names[i]);
	buf_adds(&scope, args->only.count ? "" : "all");
	return buf_slice(&scope).ptr;
}

static int audit(struct arena *a, const struct arguments *args, struct err *err)
{
	struct audit_request request = {.arena = a,
					.now = clock_unix(),
					.as_enforce = args->as == 1,
					.format = format_of((enum output)args->output),
					.fail_on = (enum audit_fail_on)args->fail_on,
					.since = args->since,
					.color = color_wanted((enum color_when)args->color, STDOUT_FILENO)};
	struct kube_config kube;

	request.live = args->files.count == 0;
	request.scope = scope_of(a, args);
	request.source_name = "manifests";
	if (args->files.count > 0)
		return with_policy(&request, args, NULL, err);
	if (cluster_option_read(a, args->kubeconfig, args->context, &kube, err) < 0)
		return EXIT_USAGE;
	request.source_name = arena_printf(a, "context %s", kube.context);
	struct kube_client *client = kube_client_new(&kube, "sparkgate/" SPARKGATE_VERSION);
	int code = with_policy(&request, args, client, err);
	kube_client_free(client);
	return code;
}

static int check(const struct arguments *args, struct err *err)
{
	bool files = args->files.count > 0;

	if (files && (args->kubeconfig || args->context || args->by_namespace || args->policies_configmap))
		return err_set(err, "-f audits files: --kubeconfig, --context, --by-namespace and --policies-configmap "
				    "are for a cluster");
	if (files && args->publish)
		return err_set(err, "-f audits files, --publish writes about a live cluster: -o openreports prints "
				    "the Reports");
	if (args->all && args->only.count > 0)
		return err_set(err, "-A is every namespace: leave out -n");
	if (!files && args->facts.count > 0)
		return err_set(err, "--namespaces belongs to -f");
	return options_check_input(&args->files, &args->facts, err);
}

int command_audit(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct arguments args = {.files = {.arena = &arena},
				 .facts = {.arena = &arena},
				 .policies = {.arena = &arena},
				 .only = {.arena = &arena},
				 .gate = "sparkgate"};
	const struct option options[] = AUDIT_OPTIONS(&args);
	const size_t count = COUNT_OF(options);
	struct err err = {""};
	int code = 0;

	if (options_parse(options, count, argc, argv, NULL, &err) < 0 || (!args.help && check(&args, &err) < 0)) {
		code = manual_bad_usage(argv[0], err.text);
	} else if (args.help) {
		audit_manual(manual_help, argv[0]);
	} else {
		mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
		code = audit(&arena, &args, &err);
		if (code == EXIT_USAGE && err.text[0]) /* objects that could not be judged were named */
			fprintf(stderr, "sparkgate audit: %s\n", err.text);
	}
	arena_release(&arena);
	return code;
}
