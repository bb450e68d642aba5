#include "base/clock.h"
#include "command/serve_options.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define NEEDED "--certs", "c", "--namespaces", "n"
#define ARGS_MAX 16

static enum serve_parsed parse(const char *const *words, struct serve_options *o, struct err *err)
{
	static char program[] = "serve";
	static char text[ARGS_MAX][64]; /* the options point into it */
	char *argv[ARGS_MAX + 2] = {program};
	int argc = 1;

	for (; words[argc - 1]; argc++) {
		snprintf(text[argc - 1], sizeof(text[0]), "%s", words[argc - 1]);
		argv[argc] = text[argc - 1];
	}
	return serve_options_parse(argc, argv, o, err);
}

Test(serve_options, defaults)
{
	struct serve_options o;
	struct err err;
	const char *const words[] = {NEEDED, NULL};

	cr_assert_eq(parse(words, &o, &err), SERVE_RUN);
	cr_expect_str_eq(o.listen, "127.0.0.1:8443");
	cr_expect_null(o.metrics_listen);
	cr_expect_eq(o.shutdown_delay, 10 * CLOCK_SECOND);
	cr_expect_eq(o.max_inflight, 48u << 20);
	cr_expect_eq(o.log_format, LOG_JSON);
	cr_expect(o.threads >= 1 && o.threads <= 4);
}

Test(serve_options, all)
{
	struct serve_options o;
	struct err err;
	const char *const words[] = {NEEDED,  "--policies=a", "--policies", "b", "--max-inflight-bytes", "1Gi",
				     "--threads", "2", "--shutdown-delay", "1m", "--log-format", "text", NULL};

	cr_assert_eq(parse(words, &o, &err), SERVE_RUN);
	cr_expect_eq(o.policy_count, 2);
	cr_expect_eq(o.max_inflight, 1u << 30);
	cr_expect_eq(o.threads, 2);
	cr_expect_eq(o.shutdown_delay, 60 * CLOCK_SECOND);
	cr_expect_eq(o.log_format, LOG_PEOPLE);
}

static const struct {
	const char *address, *complaint; /* NULL = fine */
} addresses[] = {
	{":8443", NULL},
	{"[::1]:0", NULL},
	{"localhost:65535", NULL},
	{"127.0.0.1:65536", "--listen: expected a port of 0 to 65535, got '127.0.0.1:65536'"},
	{"127.0.0.1:99999", "--listen: expected a port of 0 to 65535, got '127.0.0.1:99999'"},
	{":https", "--listen: expected a port of 0 to 65535, got ':https'"},
	{"foo", "--listen: expected host:port or [ipv6]:port, got 'foo'"},
	{"", "--listen: expected host:port or [ipv6]:port, got ''"},
};

Test(serve_options, addresses)
{
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		const char *const words[] = {NEEDED, "--listen", addresses[i].address, NULL};
		struct serve_options o;
		struct err err = {""};
		cr_expect_eq(parse(words, &o, &err), addresses[i].complaint ? SERVE_BAD : SERVE_RUN);
		cr_expect_str_eq(err.text, addresses[i].complaint ? addresses[i].complaint : "");
	}
}

static const struct {
	const char *words[10];
	const char *complaint, *secret, *configurations; /* complaint NULL = fine */
} certificates[] = {
	{{"--certs-secret", "s", "--kubeconfig", "k", NULL}, NULL, "s", "sparkgate"},
	{{"--certs-secret", "s", "--webhook-configurations", "w", "--kubeconfig", "k", NULL}, NULL, "s", "w"},
	{{"--tls-cert", "c", "--tls-key", "k", "--kubeconfig", "k", NULL}, NULL, NULL, NULL},
	{{"--tls-cert", "c", "--tls-key", "k", "--webhook-configurations", "w", "--kubeconfig", "k", NULL}, NULL, NULL, "w"},
	{{NULL}, "no certificates", NULL, NULL},
	{{"--certs-secret", "s", "--certs", "d", NULL}, "not several", NULL, NULL},
	{{"--certs-secret", "s", "--tls-cert", "c", "--tls-key", "k", NULL}, "not several", NULL, NULL},
	{{"--certs-secret", "s", "--namespaces", "n", NULL}, "--certs-secret needs a cluster", NULL, NULL},
	{{"--certs", "d", "--webhook-configurations", "w", "--namespaces", "n", NULL}, "--webhook-configurations needs a cluster", NULL, NULL},
	{{"--certs-secret", "../x", NULL}, "--certs-secret: '../x' is not a valid object name", NULL, NULL},
	{{"--certs-secret", "s", "--webhook-configurations", "A", NULL}, "is not a valid object name", NULL, NULL},
	{{"--certs-secret", "s", "--service", "a/b", NULL}, "--service: 'a/b' is not a valid object name", NULL, NULL},
	{{"--certs-secret", "s", "--rotation-pause", "soon", NULL}, "--rotation-pause", NULL, NULL},
};

Test(serve_options, of_certificates_in_a_cluster)
{
	for (size_t i = 0; i < sizeof(certificates) / sizeof(*certificates); i++) {
		struct serve_options o = {.certs_secret = NULL};
		struct err err = {""};
		enum serve_parsed said = parse(certificates[i].words, &o, &err);
		const char *complaint = certificates[i].complaint;
		if (complaint) {
			cr_expect(said == SERVE_BAD && strstr(err.text, complaint), "%zu: %s", i, err.text);
			continue;
		}
		cr_assert_eq(said, SERVE_RUN, "%zu: %s", i, err.text);
		cr_expect_eq(o.rotation_pause, 30 * CLOCK_SECOND, "%zu", i);
		cr_expect_eq(o.certs_secret != NULL, certificates[i].secret != NULL, "%zu", i);
		cr_expect_eq(o.configurations != NULL, certificates[i].configurations != NULL, "%zu", i);
		if (o.configurations && certificates[i].configurations)
			cr_expect_str_eq(o.configurations, certificates[i].configurations, "%zu", i);
	}
}

Test(serve_options, of_a_cluster)
{
	struct serve_options o;
	struct err err;
	const char *const words[] = {"--certs", "c", "--kubeconfig", "k", "--policies-configmap", "p",
				     "--facts-stale-after", "5s", NULL};
	const char *const no_cluster[] = {NEEDED, "--policies-configmap", "p", NULL};
	const char *const no_name[] = {"--certs", "c", "--kubeconfig", "k", "--policies-configmap", "a/b", NULL};

	cr_assert_eq(parse(words, &o, &err), SERVE_RUN, "%s", err.text);
	cr_expect_not_null(o.policies_configmap);
	cr_expect_eq(o.stale_after, 5 * CLOCK_SECOND);
	cr_assert_eq(parse(no_cluster, &o, &err), SERVE_BAD);
	cr_expect_str_eq(err.text, "--policies-configmap needs a cluster, not --namespaces");
	cr_assert_eq(parse(no_name, &o, &err), SERVE_BAD);
	cr_expect_str_eq(err.text, "--policies-configmap: 'a/b' is not a valid object name");
}

Test(serve_options, help)
{
	struct serve_options o;
	struct err err;
	const char *const words[] = {"--help", NULL};

	cr_assert_eq(parse(words, &o, &err), SERVE_HELP);
}

struct bytes_case {
	const char *text;
	size_t bytes; /* 0 = an error */
};

static const struct bytes_case sizes[] = {
	{"1", 1},
	{"48Mi", 48u << 20},
	{"3k", 3000},
	{"3Ki", 3072},
	{"2M", 2000000},
	{"1G", 1000000000},
	{"4Gi", 4ull << 30},
	{"", 0},
	{"Mi", 0},
	{"-1", 0},
	{"1.5Mi", 0},
	{"1mi", 0},
	{"1 Mi", 0},
	{"1MiB", 0},
	{"0x10", 0},
	{"99999999999999999999", 0},
	{"18446744073709551615Ki", 0},
};

Test(serve_options, bytes)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t got = 0;
		struct err err;
		int rc = serve_parse_bytes(sizes[i].text, &got, &err);

		cr_expect_eq(rc, sizes[i].bytes ? 0 : -1, "%s", sizes[i].text);
		cr_expect_eq(got, sizes[i].bytes, "%s", sizes[i].text);
	}
}
