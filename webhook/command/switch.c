/* sparkgate switch: a namespace to the other backend, planned, carried out, verified, or put back. */
#include "audit/cluster.h"
#include "base/clock.h"
#include "base/color.h"
#include "base/plural.h"
#include "command/cluster_option.h"
#include "command/command.h"
#include "command/options.h"
#include "command/policies_option.h"
#include "report/report.h"
#include "switch/show.h"
#include "switch/turn.h"

#include <stdio.h>
#include <unistd.h>

enum output { OUTPUT_TABLE, OUTPUT_JSON };

static const char *const output_words[] = {"table", "json", NULL};
static const char *const to_words[] = {"unset", "k8s", "standalone", NULL}; /* as enum backend */
static const char *const dry_words[] = {"none", "server", NULL};

struct arguments {
	struct option_list names, policies;
	const char *master, *policies_configmap, *gate, *kubeconfig, *context, *timeout, *to_text;
	int output, to, color, dry_run;
	bool yes, undo, help;
	int64_t timeout_ns;
};

#define SWITCH_OPTIONS(args) \
	{ \
		{.name = "to", .text = &(args)->to_text, .value = "BACKEND", .help = "k8s or standalone"}, \
		{.name = "master", .text = &(args)->master, .value = "URL", \
		 .help = "of standalone (default: the namespace's, the policy's)"}, \
		{.name = "yes", .letter = 'y', .flag = &(args)->yes, .help = "do it; without it the plan is shown"}, \
		{.name = "undo", .flag = &(args)->undo, .help = "put back a switch that was interrupted"}, \
		{.name = "dry-run", .choice = &(args)->dry_run, .words = dry_words, \
		 .help = "server: ask the API server, store nothing"}, \
		{.name = "timeout", .text = &(args)->timeout, .value = "DURATION", \
		 .help = "for the switch, and again to put it back: at most 24h (10m)"}, \
		{.name = "output", .letter = 'o', .choice = &(args)->output, .words = output_words, \
		 .value = "FORMAT", .help = "of the plan: table or json"}, \
		{.name = "kubeconfig", .text = &(args)->kubeconfig, .value = "FILE", \
		 .help = "the cluster (default: as kubectl, else the pod's)"}, \
		{.name = "context", .text = &(args)->context, .value = "CONTEXT", \
		 .help = "of the kubeconfig (default: its current-context)"}, \
		{.name = "policies", .list = &(args)->policies, .value = "FILE|DIR", \
		 .help = "policy files, as the webhook has them (repeatable)"}, \
		{.name = "policies-configmap", .text = &(args)->policies_configmap, .value = "NAMESPACE/NAME", \
		 .help = "the webhook's layer in the cluster, above the files"}, \
		{.name = "sparkgate-namespace", .text = &(args)->gate, .value = "NAMESPACE", \
		 .help = "where sparkgate is installed, whose policy counts [sparkgate]"}, \
		{.name = "color", .choice = &(args)->color, .words = color_words, .help = "colours in the table"}, \
		{.name = "help", .letter = 'h', .flag = &(args)->help, .help = "this text"}, \
	}

/* ---- the manual ---- */

static const char *const usage[] = {"NAMESPACE --to k8s|standalone [OPTION]...", "NAMESPACE --undo [--yes]", NULL};

static const char *const about[] = {
	"Shows what a namespace's switch to the other backend restarts, re-admits and cannot do; with --yes it annotates the "
	"namespace, re-admits its ConfigMaps, restarts its Connect servers, waits, and verifies as audit does.",
	"A failure or a signal puts everything back. One that was killed is finished by the same command, or put back by "
	"--undo: ConfigMap sparkgate-switch holds what is needed until the end.",
	"What Argo CD or Flux manages is not written: the commit to make instead is shown.", NULL};

static const struct manual_example examples[] = {
	{"What it would mean", "$0 switch team-a --to standalone --master spark://spark-master:7077"},
	{"Ask the API server too: rights, quotas, webhooks", "$0 switch team-a --to k8s --dry-run=server"},
	{"Do it", "$0 switch team-a --to k8s --yes"},
	{"Put back one that was killed", "$0 switch team-a --undo --yes"},
	{NULL, NULL},
};

void switch_manual(manual_visit *visit, void *context)
{
	struct arguments nobody;
	const struct option options[] = SWITCH_OPTIONS(&nobody);

	visit(&(struct manual){.usage = usage,
			       .about = about,
			       MANUAL_OPTIONS(options),
			       .words = "NAMESPACE",
			       .examples = examples,
			       .exits = {"done, or a plan without an obstacle", "cannot, or put back",
					 "bad usage, or the cluster could not be read"}},
	      context);
}

/* ---- signals, progress ---- */

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL); /* a closed terminal is no reason to stop half way */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

static void say(void *closure, const char *text)
{
	struct arena a = ARENA_INIT;

	(void)closure;
	fprintf(stderr, "switch: %s\n", report_tame(&a, text).ptr);
	arena_release(&a);
}

/* ---- carrying out ---- */

/* 0: all is as before; -1: what is not was reported. */
static int put_back(struct switch_turn *turn)
{
	struct err err = {""};

	stop = 0;
	say(NULL, "putting everything back");
	if (switch_turn_undo(turn, &err) == 0) {
		if (turn->kept > 0)
			switch_say(turn, "put back, except %zu object%s that somebody else has changed since, named above", turn->kept,
				   plural(turn->kept));
		else
			say(NULL, "put back: the namespace is as it was before");
		return turn->kept > 0 ? -1 : 0;
	}
	switch_say(turn, "NOT all put back: %s", err.text);
	if (!turn->lost)
		switch_say(turn, "go on with: sparkgate switch %s --undo --yes", turn->namespace);
	return -1;
}

static void say_nothing(void *closure, const char *text)
{
	(void)closure;
	(void)text;
}

/* Every step with dryRun=All: a missing right, a quota or another webhook shows before the first write, when
 * there is nothing to put back yet. */
static int ask_first(const struct switch_turn *turn, const struct switch_record *record, struct err *err)
{
	struct switch_turn asking = *turn;
	struct switch_record copy = *record;

	asking.dry_run = true;
	asking.say = say_nothing;
	if (switch_turn_take(&asking, &copy, err) < 0 || switch_turn_apply(&asking, err) < 0)
		return -1;
	return switch_turn_end(&asking, err); /* deletes a record that is not there: this only checks the right to */
}

static int carry_out(struct switch_turn *turn, struct switch_record *record)
{
	struct err err = {""};

	catch_signals();
	if (switch_turn_take(turn, record, &err) < 0) {
		switch_say(turn, "nothing was switched: %s", err.text);
		return 1;
	}
	int rc = switch_turn_apply(turn, &err);
	if (turn->dry_run) {
		say(NULL, rc < 0 ? err.text : "the API server accepts every step; nothing was written");
		return rc < 0;
	}
	if (rc == 0)
		rc = switch_turn_verify(turn, &err);
	if (rc < 0) {
		switch_say(turn, "failed: %s", err.text);
		if (!turn->lost)
			(void)put_back(turn);
		return 1;
	}
	switch_say(turn, "namespace %s runs on %s, verified by audit", turn->namespace, turn->record->after.mode);
	if (switch_turn_end(turn, &err) == 0) {
		say(NULL, "done");
		return 0;
	}
	switch_say(turn, turn->lost ? "failed: %s" : "its record could not be deleted, do it by hand: %s", err.text);
	return 1;
}

/* ---- one that is there already ---- */

static bool is_of_goal(const struct switch_record *r, const struct arguments *args)
{
	const char *master = r->after.master ? r->after.master : "";

	return args->to != BACKEND_NONE && strcmp(r->after.mode, to_words[args->to]) == 0 &&
	       (!args->master || strcmp(args->master, master) == 0);
}

/* Its texts are not the switch's, whatever it says: nothing of it is shown or written. */
static int unnamed(struct switch_turn *turn, struct switch_record *r, enum switch_named named)
{
	struct err err = {""};

	if (named == SWITCH_UNNAMED) {
		switch_say(turn, "only the record of the switch of %s is left; delete it with: sparkgate switch %s --undo --yes", r->stamp,
			   turn->namespace);
		return 0;
	}
	turn->record = r;
	if (switch_turn_undo(turn, &err) < 0)
		say(NULL, err.text);
	return 1;
}

static int pending(struct switch_turn *turn, struct switch_record *r, enum switch_named named, const struct arguments *args)
{
	if (named == SWITCH_STRANGE || (named == SWITCH_UNNAMED && !args->yes))
		return unnamed(turn, r, named);
	if (args->undo && args->yes) {
		catch_signals();
		turn->record = r;
		return put_back(turn) < 0;
	}
	if (!args->undo && args->yes && !r->undoing && is_of_goal(r, args)) {
		switch_say(turn, "going on with the switch of %s to %s", r->stamp, r->after.mode);
		return carry_out(turn, r);
	}
	switch_say(turn, "a switch of %s from %s to %s was %s: %zu ConfigMaps, %zu controllers", r->stamp,
		   r->before.mode ? r->before.mode : "(none)", r->after.mode, r->undoing ? "being put back" : "interrupted", r->map_count,
		   r->restart_count);
	if (!r->undoing)
		switch_say(turn, "finish it:   sparkgate switch %s --to %s --yes", turn->namespace, r->after.mode);
	switch_say(turn, "put it back: sparkgate switch %s --undo --yes  (%s=%s%s%s)", turn->namespace, SWITCH_MODE_KEY,
		   r->before.mode ? r->before.mode : "(none)", r->before.master ? ", master " : "", r->before.master ? r->before.master : "");
	return !args->undo;
}

/* ---- a new one ---- */

static void audit_says(void *closure, const char *text)
{
	say(closure, text);
}

/* A source leaves out who wrote an object last, so what is to be written is read in full. What has gone meanwhile has no owner. */
static void find_owners(struct switch_turn *turn, struct switch_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct switch_item *item = &plan->items[i];
		const struct json *object = NULL;
		struct err ignored = {""};

		if (item->owner || (item->fate != SWITCH_RESTARTS && item->fate != SWITCH_READMITTED))
			continue;
		const char *path = switch_path(turn->a, turn->namespace, item->kind, item->name);
		if (switch_turn_get(turn, path, &object, &ignored) == 0)
			item->owner = switch_owner(turn->a, json_get(object, "metadata"));
		plan->managed |= item->owner != NULL;
	}
}

static int make_plan(struct switch_turn *turn, const struct arguments *args, struct switch_plan *plan, struct err *err)
{
	const struct audit_cluster_options options = {
		.policy = turn->policy, .namespaces = &turn->namespace, .namespace_count = 1, .by_namespace = true, .say = audit_says};
	struct switch_goal goal = {.backend = (enum backend)args->to, .master = args->master};
	struct audit_source *source;

	if (switch_turn_get(turn, arena_join(turn->a, "/api/v1/namespaces/", turn->namespace), &goal.namespace, err) < 0)
		return -1;
	if (audit_cluster_open(turn->client, &options, &source, err) < 0)
		return -1;
	int rc = switch_plan_make(source, turn->policy, clock_unix(), &goal, turn->a, plan, err);
	audit_cluster_close(source);
	if (rc == 0)
		find_owners(turn, plan);
	if (rc == 0 && plan->managed)
		switch_plan_refuse(plan, turn->a, "Argo CD or Flux manages what is to be written, and would take it back: commit it instead");
	return rc;
}

/* What is left of a switch that was killed after its end. */
static int clear_away(struct switch_turn *turn, struct switch_record *there, const struct arguments *args, struct err *err)
{
	if (!there || !args->yes)
		return 0;
	if (switch_turn_forget(turn, there, err) < 0)
		return 1;
	say(NULL, "the record of the finished switch is deleted");
	return 0;
}

/* there: a record that the Namespace does not name, which the new one replaces; NULL = none. */
static int fresh(struct switch_turn *turn, struct switch_record *there, const struct arguments *args, struct err *err)
{
	bool colors = color_wanted((enum color_when)args->color, STDOUT_FILENO);
	char stamp[CLOCK_TEXT_SIZE];
	struct switch_plan plan;
	struct err why = {""};

	if (make_plan(turn, args, &plan, err) < 0)
		return EXIT_USAGE;
	bool asked = plan.refusal_count == 0 && switch_plan_is_done(&plan);
	bool done = asked && switch_turn_verify(turn, &why) == 0;
	if (done)
		switch_plan_stays(&plan);
	if (args->output == OUTPUT_JSON)
		switch_show_json(stdout, turn->a, &plan);
	else
		switch_show_table(stdout, turn->a, &plan, colors);
	fflush(stdout);
	if (plan.refusal_count > 0)
		return 1;
	if (done) {
		say(NULL, "nothing to do: the namespace asks for that already, and everything in it is as asked");
		return clear_away(turn, there, args, err);
	}
	if (asked)
		switch_say(turn, "the namespace asks for that already, but not everything in it is as asked: %s", why.text);
	if (!args->yes && !turn->dry_run) {
		say(NULL, "nothing was written; do it with --yes");
		return 0;
	}
	clock_print(clock_unix(), stamp);
	struct switch_record *record = switch_record_of(turn->a, &plan, arena_dup(turn->a, slice_of(stamp)));
	if (there)
		switch_record_replaces(record, there);
	if (!turn->dry_run && ask_first(turn, record, err) < 0) {
		err_wrap(err, "nothing was written, a step would fail");
		return 1;
	}
	return carry_out(turn, record);
}

/* ---- the command ---- */

static int with_client(struct switch_turn *turn, const struct arguments *args, struct err *err)
{
	struct switch_record *there;
	enum switch_named named;

	if (switch_turn_find(turn, &there, err) < 0)
		return EXIT_USAGE;
	if (there && switch_turn_names(turn, there, &named, err) < 0)
		return EXIT_USAGE;
	if (there && (args->undo || named == SWITCH_NAMED))
		return pending(turn, there, named, args);
	if (args->undo) {
		err_set(err, "namespace %s has no interrupted switch: nothing to put back", turn->namespace);
		return 1;
	}
	return fresh(turn, there, args, err);
}

static int with_policy(struct switch_turn *turn, const struct arguments *args, struct err *err)
{
	struct policy *policy;

	const struct policies_option option = {.paths = args->policies.items, .path_count = args->policies.count, .gate = args->gate,
					       .configmap = args->policies_configmap, .command = "switch"};

	if (policies_option_of_cluster(turn->a, turn->client, &option, &policy, err) < 0)
		return EXIT_USAGE;
	turn->policy = policy;
	int code = with_client(turn, args, err);
	policy_unref(policy);
	return code;
}

static int run(struct arena *a, const struct arguments *args, struct err *err)
{
	struct switch_turn turn = {.a = a,
				   .namespace = args->names.items[0],
				   .timeout = args->timeout_ns,
				   .deadline = clock_mono_ns() + args->timeout_ns,
				   .stop = &stop,
				   .dry_run = args->dry_run == 1,
				   .say = say};
	struct kube_config kube;

	if (cluster_option_read(a, args->kubeconfig, args->context, &kube, err) < 0)
		return EXIT_USAGE;
	turn.client = kube_client_new(&kube, "sparkgate/" SPARKGATE_VERSION);
	int code = with_policy(&turn, args, err);
	kube_client_free(turn.client);
	return code;
}

static int check(struct arguments *args, struct err *err)
{
	if (args->names.count != 1)
		return err_set(err, "name one NAMESPACE");
	if (!kube_name_ok(args->names.items[0]))
		return err_set(err, "'%s' is not a valid namespace name", args->names.items[0]);
	for (int i = 1; args->to_text && to_words[i]; i++)
		if (strcmp(args->to_text, to_words[i]) == 0)
			args->to = i;
	if (args->to_text && args->to == BACKEND_NONE)
		return err_set(err, "--to %s: a backend is k8s or standalone", args->to_text);
	if (args->undo == (args->to_text != NULL))
		return err_set(err, args->undo ? "--undo goes back to where the switch came from: leave out --to"
					       : "--to k8s or --to standalone is missing");
	if (args->master && args->to != BACKEND_STANDALONE)
		return err_set(err, "--master belongs to --to standalone");
	if (args->dry_run && (args->yes || args->undo))
		return err_set(err, "--dry-run=server stores nothing: leave out --yes and --undo");
	if (clock_parse_duration_within(slice_of(args->timeout ? args->timeout : "10m"), 24, &args->timeout_ns, err) < 0)
		return err_wrap(err, "--timeout");
	return 0;
}

int command_switch(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct arguments args = {.names = {.arena = &arena}, .policies = {.arena = &arena}, .gate = "sparkgate"};
	const struct option options[] = SWITCH_OPTIONS(&args);
	struct err err = {""};
	int code;

	if (options_parse(options, COUNT_OF(options), argc, argv, &args.names, &err) < 0 ||
	    (!args.help && check(&args, &err) < 0)) {
		code = manual_bad_usage(argv[0], err.text);
	} else if (args.help) {
		switch_manual(manual_help, argv[0]);
		code = 0;
	} else {
		code = run(&arena, &args, &err);
		if (code != 0 && err.text[0]) /* what carrying out failed of was said */
			fprintf(stderr, "sparkgate switch: %s\n", err.text);
	}
	arena_release(&arena);
	return code;
}
