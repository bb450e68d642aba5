/*
 * sparkgate certs: make, show and rotate the webhook's certificates (certs/certs.h).
 */
#include "command/command.h"

#include "base/clock.h"
#include "command/certs.h"

#include <getopt.h>
#include <stdio.h>

#define DAY_SECONDS (24 * 3600)

static const char usage_text[] =
	"usage: sparkgate certs init DIR [--name NAME]...\n"
	"       sparkgate certs show (DIR | --secret NAME)\n"
	"       sparkgate certs rotate (DIR | --secret NAME) [--ca]\n"
	"       sparkgate certs patch (DIR | --secret NAME)\n"
	"\n"
	"The webhook's own certificates: a CA (10 years) and a server certificate\n"
	"(1 year), both EC P-256; in a directory, or in a Secret of a cluster, which\n"
	"`serve --certs-secret` makes and keeps.\n"
	"\n"
	"  init    make what is missing; what is there and valid stays as it is, a\n"
	"          server certificate near its end (a third of its life) is renewed.\n"
	"          DIR is made with mode 0700.\n"
	"            --name NAME   a DNS name or IP address more; localhost, 127.0.0.1,\n"
	"                          ::1 and sparkgate.sparkgate.svc are always in it\n"
	"  show    subject, names, end, fingerprint and key of every certificate; exit 1\n"
	"          if one has expired; of a Secret also who trusts it (caBundle) and\n"
	"          which replica serves what, exit 1 if they are not in step\n"
	"  rotate  a new server certificate with a new key, the same names, from the\n"
	"          same CA\n"
	"            --ca          a new CA instead, in front of the old one in ca.crt:\n"
	"                          hand the new ca.crt out, then run rotate without --ca;\n"
	"                          of a Secret the replicas do the rest by themselves\n"
	"  patch   make ca.crt the caBundle of both webhook configurations\n"
	"\n"
	"Of a cluster\n"
	"  --secret NAME [sparkgate-certs], --namespace NAME [sparkgate]\n"
	"  --webhook-configurations NAME [sparkgate]\n"
	"  --kubeconfig FILE, --context NAME; without: of the cluster this pod runs in\n"
	"\n"
	"Files in DIR: ca.crt (for clients; caBundle of the webhook configurations),\n"
	"ca.key, tls.crt, tls.key. `sparkgate serve --certs DIR` does what init does, and\n"
	"takes up changed files without a restart.\n"
	"\n"
	"Example:\n"
	"  sparkgate certs init /tmp/certs --name webhook.example.org\n"
	"  sparkgate serve --certs /tmp/certs --namespaces namespaces.yaml &\n"
	"  curl --cacert /tmp/certs/ca.crt https://localhost:8443/livez\n"
	"  sparkgate certs show --secret sparkgate-certs --kubeconfig ~/.kube/config\n"
	"\n"
	"Exit: 0 done, 1 something is wrong with the certificates, 2 bad usage.\n";

static int bad_usage(const char *text)
{
	fprintf(stderr, "sparkgate certs: %s\nTry `sparkgate certs --help`.\n", text);
	return EXIT_USAGE;
}

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
		printf("%s: new CA in front of ca.crt, the old one behind it. Now hand ca.crt out (caBundle), then "
		       "run\n"
		       "  sparkgate certs rotate %s\n",
		       args->dir, args->dir);
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
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

static bool add_name(struct certs_arguments *args, const char *name)
{
	if (args->name_count == NAME_OPTIONS_MAX) {
		bad_usage("too many names");
		return false;
	}
	args->names[args->name_count++] = name;
	return true;
}

static const struct option options[] = {
	{"name", required_argument, NULL, 'n'},
	{"ca", no_argument, NULL, 'c'},
	{"secret", required_argument, NULL, 's'},
	{"namespace", required_argument, NULL, 'N'},
	{"kubeconfig", required_argument, NULL, 'k'},
	{"context", required_argument, NULL, 'x'},
	{"webhook-configurations", required_argument, NULL, 'w'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* Where the text of an option goes; NULL for those that are no text. */
static const char **text_of(int option, struct certs_arguments *args)
{
	switch (option) {
	case 's':
		return &args->secret;
	case 'N':
		return &args->namespace;
	case 'k':
		return &args->kubeconfig;
	case 'x':
		return &args->context;
	case 'w':
		return &args->configurations;
	default:
		return NULL;
	}
}

/* 0 go on, else leave: 1 help was shown, -1 bad usage was reported. */
static int parse_options(int argc, char **argv, struct certs_arguments *args)
{
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		const char **text = text_of(c, args);
		if (c == 'h') {
			fputs(usage_text, stdout);
			return 1;
		}
		if (c == '?') {
			bad_usage("unknown option");
			return -1;
		}
		if (text)
			*text = optarg;
		else if (c == 'c')
			args->ca = true;
		else if (!add_name(args, optarg))
			return -1;
	}
	return 0;
}

/* What a verb and its options make of each other; NULL = fine. */
static const char *what_is_wrong(const struct verb *verb, const struct certs_arguments *args, int words)
{
	if (words > 1 || (words == 1) == (args->secret != NULL))
		return verb->run_cluster ? "give one directory, or --secret NAME" : "give one directory";
	if (args->secret && !verb->run_cluster)
		return "a Secret is made by `sparkgate serve --certs-secret`";
	if (args->name_count > 0 && !verb->takes_names)
		return "--name belongs to init";
	if (args->ca && !verb->takes_ca)
		return "--ca belongs to rotate";
	if (args->context && !args->kubeconfig)
		return "--context needs --kubeconfig";
	return NULL;
}

int command_certs(int argc, char **argv)
{
	struct certs_arguments args = {.namespace = "sparkgate", .configurations = "sparkgate"};
	int rc = parse_options(argc, argv, &args);

	if (rc != 0)
		return rc > 0 ? 0 : EXIT_USAGE;
	if (optind == argc)
		return bad_usage("say what to do: init, show, rotate or patch");

	const struct verb *verb = find_verb(argv[optind]);
	if (!verb)
		return bad_usage("there is only init, show, rotate and patch");
	const char *wrong = what_is_wrong(verb, &args, argc - optind - 1);
	if (wrong)
		return bad_usage(wrong);
	if (args.secret)
		return verb->run_cluster(&args);
	args.dir = argv[optind + 1];
	return verb->run(&args);
}
