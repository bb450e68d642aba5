/* sparkgate version: what this program is, and what it knows of others. */
#include "command/command.h"

#include "base/json_write.h"
#include "policy/load.h"
#include "pss/pss.h"

static const char *const usage[] = {"[-o table|json]", NULL};

static const char *const about[] = {
	"Says which release this is, the hash of the shipped policy (logs and /readyz?verbose name the one in force), the versions of "
	"Spark that it has rules for, and of Kubernetes the newest whose Pod Security Standards it knows. Asks nothing of a cluster: "
	"command `status` tells what runs there.",
	NULL};

static const struct manual_example examples[] = {
	{"For a script", "$0 version -o json"},
	{NULL, NULL},
};

static const char *const output_words[] = {"table", "json", NULL};

struct arguments {
	int output;
	bool help;
};

#define VERSION_OPTIONS(args) \
	{ \
		{.name = "output", .letter = 'o', .choice = &(args)->output, .words = output_words, \
		 .help = "for people or machines (default: table)"}, \
		{.name = "help", .letter = 'h', .flag = &(args)->help, .help = "this text"}, \
	}

void version_manual(manual_visit *visit, void *context)
{
	struct arguments nobody;
	const struct option options[] = VERSION_OPTIONS(&nobody);

	visit(&(struct manual){.usage = usage, .about = about, MANUAL_OPTIONS(options), .examples = examples,
			       .exits = {"done", NULL, "bad usage"}}, context);
}

static void print_table(const struct policy *p)
{
	printf("sparkgate %s\n", SPARKGATE_VERSION);
	printf("  policy      %s, shipped: %zu rules, %zu checks\n", p->hash, p->rule_count, p->check_count);
	printf("  Spark       ");
	for (size_t i = 0; i < p->spark_versions.count; i++)
		printf("%s%s", i > 0 ? ", " : "", p->spark_versions.items[i]);
	printf("\n  Kubernetes  Pod Security Standards up to v1.%u\n", PSS_NEWEST_MINOR);
}

static void print_json(const struct policy *p, struct arena *a)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '{');
	json_write_member(&w, "version", SPARKGATE_VERSION);
	json_write_member(&w, "policy", p->hash);
	json_write_member_open(&w, "spark", '[');
	for (size_t i = 0; i < p->spark_versions.count; i++)
		json_write_string(&w, slice_of(p->spark_versions.items[i]));
	json_write_close(&w, ']');
	json_write_member(&w, "kubernetes", arena_printf(a, "v1.%u", PSS_NEWEST_MINOR));
	json_write_close(&w, '}');
	struct slice text = buf_slice(&out);
	printf("%.*s\n", SLICE_ARG(text));
}

static int print(const char *name, int output)
{
	static const struct policy_options shipped = {.path_count = 0};
	struct arena a = ARENA_INIT;
	struct policy *p;
	struct err err = {""};

	if (policy_load(&shipped, &p, &err) < 0) {
		fprintf(stderr, "%s: %s\n", name, err.text);
		return 1;
	}
	if (output == 0)
		print_table(p);
	else
		print_json(p, &a);
	policy_unref(p);
	arena_release(&a);
	return 0;
}

int command_version(int argc, char **argv)
{
	struct arguments args = {.output = 0};
	const struct option options[] = VERSION_OPTIONS(&args);
	struct err err = {""};

	if (options_parse(options, COUNT_OF(options), argc, argv, NULL, &err) < 0)
		return manual_bad_usage(argv[0], err.text);
	if (!args.help)
		return print(argv[0], args.output);
	version_manual(manual_help, argv[0]);
	return 0;
}
