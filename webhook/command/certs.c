/*
 * sparkgate certs: make, show and rotate the webhook's certificates (certs/certs.h).
 */
#include "command/command.h"

#include "base/clock.h"
#include "certs/material.h"
#include "command/certs.h"
#include "command/manual.h"
#include "kube/client.h"
#include "policy/words.h"

#include <stdio.h>

#define DAY_SECONDS (24 * 3600)

static int add_name(const char *name, void *to, struct err *err)
{
	struct certs_arguments *args = to;

	if (args->name_count == NAME_OPTIONS_MAX)
		return err_set(err, "more than %d", NAME_OPTIONS_MAX);
	args->names[args->name_count++] = name;
	return 0;
}

#define CERTS_OPTIONS(args) \
	{ \
		{.name = "name", .parse = add_name, .to = (args), .repeats = true, .value = "NAME", \
		 .help = "for init: an additional DNS name or IP address (repeatable); localhost, 127.0.0.1, ::1 and " \
			 "sparkgate.sparkgate.svc are always included"}, \
		{.name = "ca", .flag = &(args)->ca, \
		 .help = "for rotate: a new CA instead, before the old one in ca.crt. Hand the new ca.crt out, then rotate " \
			 "without --ca; for a Secret the replicas do the rest by themselves"}, \
		{.name = "help", .letter = 'h', .flag = &(args)->help, .help = "this text"}, \
		{.name = "secret", .text = &(args)->secret, .value = "NAME", .group = "In a cluster", \
		 .help = "the Secret of `serve --certs-secret`, instead of DIR"}, \
		{.name = "namespace", .letter = 'n', .text = &(args)->namespace, .value = "NAMESPACE", \
		 .help = "where it is [sparkgate]"}, \
		{.name = "webhook-configurations", .text = &(args)->configurations, .value = "NAME", \
		 .help = "whose caBundle is compared and patched [sparkgate]"}, \
		{.name = "kubeconfig", .text = &(args)->kubeconfig, .value = "FILE", \
		 .help = "the cluster (default: as kubectl, else the pod's)"}, \
		{.name = "context", .text = &(args)->context, .value = "CONTEXT", \
		 .help = "of the kubeconfig [its current-context]"}, \
	}

/* ---- the manual ---- */

static const char *const usage[] = {"init DIR [--name NAME]...", "show (DIR | --secret NAME)",
				    "rotate (DIR | --secret NAME) [--ca]", "patch (DIR | --secret NAME)", NULL};

static const char *const about[] = {
	"The webhook's own certificates: a CA (10 years) and a server certificate (1 year), both EC P-256; in a directory, or in a "
	"Secret of a cluster, which `$0 serve --certs-secret` makes and keeps.",
	NULL};

static const struct manual_action actions[] = {
	{"init", "DIR",
	 "make what is missing; what is there and valid stays as it is, a server certificate near its end (a third of its life) is "
	 "renewed. DIR is made with mode 0700."},
	{"show", "DIR",
	 "subject, names, end, fingerprint and key of every certificate; exit 1 if one has expired or there is none; of a Secret also who trusts it "
	 "(caBundle) and which replica serves what, exit 1 if they are not in step"},
	{"rotate", "DIR", "a new server certificate with a new key, the same names, from the same CA"},
	{"patch", "DIR", "make ca.crt the caBundle of both webhook configurations"},
	{NULL, NULL, NULL},
};

static const char *const notes[] = {
	"Files in DIR: ca.crt (for clients; caBundle of the webhook configurations), ca.key, tls.crt, tls.key. `$0 serve --certs DIR` "
	"does what init does, and takes up changed files without a restart.",
	NULL};

static const struct manual_example examples[] = {
	{"Certificates to try HTTPS with, and a server that shows them",
	 "$0 certs init /tmp/certs --name webhook.example.org\n"
	 "$0 serve --certs /tmp/certs --namespaces namespaces.yaml &\n"
	 "curl --cacert /tmp/certs/ca.crt https://localhost:8443/livez"},
	{"A new key, say after a leak; files are taken up as they change", "$0 certs rotate /tmp/certs"},
	{"Does everybody in the cluster trust and serve the same?",
	 "$0 certs show --secret sparkgate-certs"},
	{NULL, NULL},
};

void certs_manual(manual_visit *visit, void *context)
{
	struct certs_arguments nobody;
	const struct option options[] = CERTS_OPTIONS(&nobody);

	visit(&(struct manual){.usage = usage, .about = about, .actions = actions, MANUAL_OPTIONS(options), .notes = notes,
			       .examples = examples,
			       .exits = {"done", "something is wrong with the certificates", "bad usage"}}, context);
}

/* ---- of a directory ---- */

int certs_failed(const struct err *err)
{
	fprintf(stderr, "sparkgate certs: %s\n", err->text);
	return 1;
}

static int init(const struct certs_arguments *args)
{
	static const char *const said[] = {
		[CERTS_KEPT] = "valid, nothing changed",
		[CERTS_LEAF_RENEWED] = "server certificate renewed",
		[CERTS_MADE] = "made",
	};
	enum certs_outcome outcome;
	struct err err = {""};

	if (certs_ensure(args->dir, args->names, args->name_count, clock_unix(), &outcome, &err) < 0)
		return certs_failed(&err);
	printf("%s: %s\n", args->dir, said[outcome]);
	return 0;
}

int certs_show_one(const struct cert_info *cert, int64_t now)
{
	char from[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
	long long left = (long long)(cert->not_after - now) / DAY_SECONDS;

	printf("%s\n", cert->file);
	printf("  subject      %s\n", cert->subject);
	if (strcmp(cert->subject, cert->issuer) != 0)
		printf("  issuer       %s\n", cert->issuer);
	for (size_t i = 0; i < cert->name_count; i++)
		printf("  %-12s %s\n", i == 0 ? "names" : "", cert->names[i]);
	clock_print(cert->not_before, from);
	clock_print(cert->not_after, until);
	printf("  valid        %s to %s\n", from, until);
	if (cert->not_after > now)
		printf("  days left    %lld\n", left);
	else
		printf("  days left    EXPIRED %lld days ago\n", -left);
	printf("  key          %s\n  sha256       %s\n", cert->key_type, cert->sha256);
	return cert->not_after <= now;
}

static int show(const struct certs_arguments *args)
{
	struct arena arena = ARENA_INIT;
	struct certs_info info;
	struct err err = {""};
	int64_t now = clock_unix();
	int rc = 0;

	if (certs_describe(&arena, args->dir, &info, &err) < 0) {
		arena_release(&arena);
		return certs_failed(&err);
	}
	for (size_t i = 0; i < info.count; i++)
		rc |= certs_show_one(&info.items[i], now);
	arena_release(&arena);
	return rc;
}

static int rotate(const struct certs_arguments *args)
{
	struct err err = {""};
	int rc =
		args->ca ? certs_rotate_ca(args->dir, clock_unix(), &err) : certs_rotate(args->dir, clock_unix(), &err);

	if (rc < 0)
		return certs_failed(&err);
	if (args->ca)
		printf("%s: new CA first in ca.crt, the old one after it. Now hand ca.crt out (caBundle), then "
		       "run\n"
		       "  %s rotate %s\n",
		       args->dir, args->program, args->dir);
	else
		printf("%s: new server certificate\n", args->dir);
	return 0;
}

static const struct verb {
	const char *name;
	int (*run)(const struct certs_arguments *args);         /* of a directory */
	int (*run_cluster)(const struct certs_arguments *args); /* of a Secret; NULL: not done there */
	bool takes_names, takes_ca;
} verbs[] = {
	{"init", init, NULL, true, false},
	{"show", show, certs_cluster_show, false, false},
	{"rotate", rotate, certs_cluster_rotate, false, true},
	{"patch", certs_cluster_patch, certs_cluster_patch, false, false},
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(verbs); i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

static int unknown_verb(const char *program, const char *word)
{
	const char *names[COUNT_OF(verbs)];
	const size_t count = COUNT_OF(verbs);
	struct err err = {""};

	for (size_t i = 0; i < count; i++)
		names[i] = verbs[i].name;
	const char *near = nearest_word(slice_of(word), names, count);
	if (near)
		err_set(&err, "there is no '%s'; did you mean '%s'?", word, near);
	else
		err_set(&err, "there is no '%s', only init, show, rotate and patch", word);
	return manual_bad_usage(program, err.text);
}

static bool name_objects(const struct certs_arguments *args)
{
	return kube_name_ok(args->namespace) && kube_name_ok(args->configurations) && (!args->secret || kube_name_ok(args->secret));
}

/* What is wrong with a verb and its options together; NULL = nothing. */
static const char *what_is_wrong(const struct verb *verb, const struct certs_arguments *args, size_t words)
{
	if (words > 1 || (words == 1) == (args->secret != NULL))
		return verb->run_cluster ? "give one directory, or --secret NAME" : "give one directory";
	if (args->secret && !verb->run_cluster)
		return "a Secret is made by `sparkgate serve --certs-secret`";
	if (args->name_count > 0 && !verb->takes_names)
		return "--name belongs to init";
	if (args->ca && !verb->takes_ca)
		return "--ca belongs to rotate";
	if (args->context && !args->kubeconfig && !args->secret && verb->run != certs_cluster_patch)
		return "--context needs --kubeconfig";
	if (!name_objects(args))
		return "--namespace, --secret and --webhook-configurations take object names";
	return NULL;
}

/* Said before anything is made: a name that no certificate can have is a slip on the command line. */
static int check_names(const struct certs_arguments *args, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct names names = {.arena = &arena};
	int rc = material_names(args->names, args->name_count, &names, err);

	arena_release(&arena);
	return rc < 0 ? err_wrap(err, "--name") : 0;
}

static int run(struct certs_arguments *args, const struct option_list *words)
{
	struct err err = {""};

	if (words->count == 0)
		return manual_bad_usage(args->program, "say what to do: init, show, rotate or patch");
	const struct verb *verb = find_verb(words->items[0]);
	if (!verb)
		return unknown_verb(args->program, words->items[0]);
	const char *wrong = what_is_wrong(verb, args, words->count - 1);
	if (wrong)
		return manual_bad_usage(args->program, wrong);
	if (check_names(args, &err) < 0)
		return manual_bad_usage(args->program, err.text);
	if (args->secret)
		return verb->run_cluster(args);
	args->dir = words->items[1];
	return verb->run(args);
}

int command_certs(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct certs_arguments args = {.program = argv[0], .namespace = "sparkgate", .configurations = "sparkgate"};
	struct option_list words = {.arena = &arena};
	const struct option options[] = CERTS_OPTIONS(&args);
	struct err err = {""};
	int code = 0;

	if (options_parse(options, COUNT_OF(options), argc, argv, &words, &err) < 0)
		code = manual_bad_usage(argv[0], err.text);
	else if (args.help)
		certs_manual(manual_help, argv[0]);
	else
		code = run(&args, &words);
	arena_release(&arena);
	return code;
}
