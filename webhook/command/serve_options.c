#include "command/serve_options.h"

#include "base/clock.h"
#include "base/limits.h"
#include "facts/live.h"
#include "http/server.h"
#include "kube/client.h"
#include "policy/words.h"

#include <getopt.h>
#include <sched.h>
#include <stdlib.h>

const char serve_usage[] =
	"usage: sparkgate serve (--certs DIR | --tls-cert FILE --tls-key FILE |\n"
	"                        --certs-secret NAME) [OPTION]...\n"
	"\n"
	"Answers the Kubernetes API server over HTTPS:\n"
	"  POST /mutate     puts Connect pods and ConfigMaps on the backend of their\n"
	"                   namespace, hardens pods\n"
	"  POST /validate   refuses what is on the wrong backend or not Pod Security\n"
	"                   restricted\n"
	"  GET  /livez, /readyz[?verbose]\n"
	"\n"
	"Where\n"
	"  --listen HOST:PORT          [127.0.0.1:8443]; :8443 is all addresses, port 0\n"
	"                              any free one\n"
	"  --metrics-listen HOST:PORT  plain HTTP for Prometheus: /metrics, /livez,\n"
	"                              /readyz [none]\n"
	"Certificates\n"
	"  --certs DIR                 make and keep our own in DIR: ca.crt is what\n"
	"                              clients trust\n"
	"  --tls-cert FILE, --tls-key FILE\n"
	"                              or these (PEM, leaf first)\n"
	"  --certs-secret NAME         or make and keep them in this Secret of our own\n"
	"                              namespace, all replicas together, and caBundle of\n"
	"                              the webhook configurations right\n"
	"  --webhook-configurations NAME\n"
	"                              which configurations [sparkgate]; with --tls-cert\n"
	"                              their caBundle is compared only [none]\n"
	"  --service NAME              with --certs-secret: the Service that API servers\n"
	"                              call, NAME.NAMESPACE.svc [sparkgate]\n"
	"  --rotation-pause TIME       with --certs-secret: between the steps of a change\n"
	"                              of the CA, when all are in step [30s]\n"
	"  --client-ca FILE            demand a client certificate of this CA at /mutate\n"
	"                              and /validate (read at the start only)\n"
	"  --client-cn NAME            with this common name\n"
	"What is decided by\n"
	"  --namespaces FILE           Namespaces and ConfigMaps (YAML or JSON): no\n"
	"                              cluster needed\n"
	"  --kubeconfig FILE           those of this cluster, live; without either: of\n"
	"                              the cluster this pod runs in\n"
	"  --context NAME              of the kubeconfig [its current-context]\n"
	"  --policies FILE|DIR         a layer above the shipped policies (repeatable)\n"
	"  --policies-configmap NAME   and one above those: each key *.yaml, *.yml and\n"
	"                              *.json of this ConfigMap of our own namespace\n"
	"  --facts-stale-after TIME    warn when the API server was silent for so long;\n"
	"                              a quiet one is heard once a minute [3m]\n"
	"Running\n"
	"  --max-inflight-bytes SIZE   what all request bodies may hold at once [48Mi];\n"
	"                              beyond: 503\n"
	"  --shutdown-delay TIME       on SIGTERM stay unready and serve so long [10s]\n"
	"  --threads N                 serving threads [one a processor, at most 4]\n"
	"  --log-format json|text      [json]\n"
	"  --log-level debug|info|warn|error\n"
	"                              [info]\n"
	"\n"
	"Certificates, policies and the facts file are read again when they change\n"
	"(SIGHUP: now); what cannot be read leaves the old in force. The first SIGTERM\n"
	"or SIGINT drains, a second one ends at once. One line a decision goes to\n"
	"standard output.\n"
	"\n"
	"Example:\n"
	"  sparkgate serve --certs /tmp/certs --namespaces namespaces.yaml &\n"
	"  curl --cacert /tmp/certs/ca.crt 'https://localhost:8443/readyz?verbose'\n"
	"\n"
	"Exit: 0 after a clean drain, 1 something failed, 2 bad usage or input.\n";

struct unit {
	const char *name;
	size_t bytes;
};

static const struct unit units[] = {
	{"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {"Ki", 1u << 10}, {"Mi", 1u << 20}, {"Gi", 1u << 30},
};

int serve_parse_bytes(const char *text, size_t *ret, struct err *err)
{
	size_t value = 0, digits = 0;

	for (; text[digits] >= '0' && text[digits] <= '9'; digits++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (size_t)(text[digits] - '0'), &value))
			return err_set(err, "'%s' is too large", text);
	for (size_t i = 0; digits > 0 && i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(text + digits, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(value, units[i].bytes, &value))
			return err_set(err, "'%s' is too large", text);
		*ret = value;
		return 0;
	}
	return err_set(err, "expected a size such as 48Mi, got '%s'", text);
}

enum flag {
	FLAG_LISTEN = 256, FLAG_METRICS_LISTEN, FLAG_CERTS, FLAG_CERTS_SECRET, FLAG_CONFIGURATIONS, FLAG_SERVICE,
	FLAG_ROTATION_PAUSE, FLAG_TLS_CERT, FLAG_TLS_KEY, FLAG_CLIENT_CA, FLAG_CLIENT_CN, FLAG_NAMESPACES,
	FLAG_KUBECONFIG, FLAG_CONTEXT, FLAG_POLICIES, FLAG_POLICIES_CONFIGMAP, FLAG_STALE_AFTER, FLAG_MAX_INFLIGHT,
	FLAG_SHUTDOWN_DELAY, FLAG_THREADS, FLAG_LOG_FORMAT, FLAG_LOG_LEVEL, FLAG_HELP
};

static const struct option flags[] = {
	{"listen", required_argument, NULL, FLAG_LISTEN},
	{"metrics-listen", required_argument, NULL, FLAG_METRICS_LISTEN},
	{"certs", required_argument, NULL, FLAG_CERTS},
	{"certs-secret", required_argument, NULL, FLAG_CERTS_SECRET},
	{"webhook-configurations", required_argument, NULL, FLAG_CONFIGURATIONS},
	{"service", required_argument, NULL, FLAG_SERVICE},
	{"rotation-pause", required_argument, NULL, FLAG_ROTATION_PAUSE},
	{"tls-cert", required_argument, NULL, FLAG_TLS_CERT},
	{"tls-key", required_argument, NULL, FLAG_TLS_KEY},
	{"client-ca", required_argument, NULL, FLAG_CLIENT_CA},
	{"client-cn", required_argument, NULL, FLAG_CLIENT_CN},
	{"namespaces", required_argument, NULL, FLAG_NAMESPACES},
	{"kubeconfig", required_argument, NULL, FLAG_KUBECONFIG},
	{"context", required_argument, NULL, FLAG_CONTEXT},
	{"policies", required_argument, NULL, FLAG_POLICIES},
	{"policies-configmap", required_argument, NULL, FLAG_POLICIES_CONFIGMAP},
	{"facts-stale-after", required_argument, NULL, FLAG_STALE_AFTER},
	{"max-inflight-bytes", required_argument, NULL, FLAG_MAX_INFLIGHT},
	{"shutdown-delay", required_argument, NULL, FLAG_SHUTDOWN_DELAY},
	{"threads", required_argument, NULL, FLAG_THREADS},
	{"log-format", required_argument, NULL, FLAG_LOG_FORMAT},
	{"log-level", required_argument, NULL, FLAG_LOG_LEVEL},
	{"help", no_argument, NULL, FLAG_HELP},
	{NULL, 0, NULL, 0},
};

/* One thread answers 30,000 requests a second: more than a few only cost memory. */
static unsigned default_threads(void)
{
	cpu_set_t cpus;
	int count = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;

	return count < 1 ? 1 : count > 4 ? 4 : (unsigned)count;
}

static int set_threads(const char *text, unsigned *ret, struct err *err)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || n < 1 || n > SERVER_THREADS_MAX)
		return err_set(err, "expected 1 to %d, got '%s'", SERVER_THREADS_MAX, text);
	*ret = (unsigned)n;
	return 0;
}

static int set_level(const char *text, enum log_level *ret, struct err *err)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum log_level)i;
			return 0;
		}
	return err_set(err, "expected debug, info, warn or error, got '%s'", text);
}

static int set_inflight(const char *text, size_t *ret, struct err *err)
{
	size_t bytes;

	if (serve_parse_bytes(text, &bytes, err) < 0)
		return -1;
	if (bytes < LIMIT_BODY_BYTES)
		return err_set(err, "a single review may have 3Mi; '%s' is less", text);
	*ret = bytes;
	return 0;
}

static int add_policy(const char *path, struct serve_options *o, struct err *err)
{
	if (o->policy_count == SERVE_POLICIES_MAX)
		return err_set(err, "more than %d", SERVE_POLICIES_MAX);
	o->policies[o->policy_count++] = path;
	return 0;
}

/* The flag that only stores its text; NULL for the others. */
static const char **text_of(int flag, struct serve_options *o)
{
	switch (flag) {
	case FLAG_LISTEN:
		return &o->listen;
	case FLAG_METRICS_LISTEN:
		return &o->metrics_listen;
	case FLAG_CERTS:
		return &o->certs;
	case FLAG_CERTS_SECRET:
		return &o->certs_secret;
	case FLAG_CONFIGURATIONS:
		return &o->configurations;
	case FLAG_SERVICE:
		return &o->service;
	case FLAG_TLS_CERT:
		return &o->tls_cert;
	case FLAG_TLS_KEY:
		return &o->tls_key;
	case FLAG_CLIENT_CA:
		return &o->client_ca;
	case FLAG_CLIENT_CN:
		return &o->client_cn;
	case FLAG_NAMESPACES:
		return &o->namespaces;
	case FLAG_KUBECONFIG:
		return &o->kubeconfig;
	case FLAG_CONTEXT:
		return &o->context;
	case FLAG_POLICIES_CONFIGMAP:
		return &o->policies_configmap;
	default:
		return NULL;
	}
}

static int set(int flag, const char *text, struct serve_options *o, struct err *err)
{
	const char **plain = text_of(flag, o);

	if (plain) {
		*plain = text;
		return text[0] ? 0 : err_set(err, "is empty");
	}
	switch (flag) {
	case FLAG_POLICIES:
		return add_policy(text, o, err);
	case FLAG_MAX_INFLIGHT:
		return set_inflight(text, &o->max_inflight, err);
	case FLAG_STALE_AFTER:
		return clock_parse_duration(slice_of(text), &o->stale_after, err);
	case FLAG_SHUTDOWN_DELAY:
		return clock_parse_duration(slice_of(text), &o->shutdown_delay, err);
	case FLAG_ROTATION_PAUSE:
		return clock_parse_duration(slice_of(text), &o->rotation_pause, err);
	case FLAG_THREADS:
		return set_threads(text, &o->threads, err);
	case FLAG_LOG_FORMAT:
		return log_format_parse(text, &o->log_format, err);
	default:
		return set_level(text, &o->log_level, err);
	}
}

static int unknown_flag(const char *word, struct err *err)
{
	const char *names[sizeof(flags) / sizeof(*flags)];
	size_t count = 0;

	for (; flags[count].name; count++)
		names[count] = flags[count].name;
	if (strncmp(word, "--", 2) != 0)
		return err_set(err, "unknown option '%s'", word);
	const char *near = nearest_word(slice_of(word + 2), names, count);
	if (near)
		return err_set(err, "unknown option '%s'; did you mean --%s?", word, near);
	return err_set(err, "unknown option '%s'", word);
}

static int check_name(const char *flag, const char *name, struct err *err)
{
	return !name || kube_name_ok(name) ? 0 : err_set(err, "--%s: '%s' is no name of an object", flag, name);
}

static int check_certificates(const struct serve_options *o, struct err *err)
{
	if (!o->certs && !o->tls_cert && !o->tls_key && !o->certs_secret)
		return err_set(err, "no certificates: give --certs DIR (made if it is not there), --tls-cert and --tls-key, "
				    "or in a cluster --certs-secret NAME");
	if (!o->tls_cert != !o->tls_key)
		return err_set(err, "--tls-cert and --tls-key go together");
	if ((o->certs != NULL) + (o->tls_cert != NULL) + (o->certs_secret != NULL) > 1)
		return err_set(err, "one of --certs, --tls-cert with --tls-key, --certs-secret, not several");
	if ((o->certs_secret || o->configurations) && o->namespaces)
		return err_set(err, "--%s needs a cluster, not --namespaces",
			       o->certs_secret ? "certs-secret" : "webhook-configurations");
	if (check_name("certs-secret", o->certs_secret, err) < 0 ||
	    check_name("webhook-configurations", o->configurations, err) < 0)
		return -1;
	return check_name("service", o->service, err);
}

/* What no single flag can tell. */
static int check(const struct serve_options *o, struct err *err)
{
	if (check_certificates(o, err) < 0)
		return -1;
	if (o->client_cn && !o->client_ca)
		return err_set(err, "--client-cn needs --client-ca");
	if (o->namespaces && o->kubeconfig)
		return err_set(err, "either --namespaces or --kubeconfig, not both");
	if (o->context && !o->kubeconfig)
		return err_set(err, "--context needs --kubeconfig");
	if (o->policies_configmap && o->namespaces)
		return err_set(err, "--policies-configmap needs a cluster, not --namespaces");
	if (check_name("policies-configmap", o->policies_configmap, err) < 0)
		return -1;
	if (!o->namespaces && !o->kubeconfig && !getenv("KUBERNETES_SERVICE_HOST"))
		return err_set(err, "no facts: give --namespaces FILE, the Namespaces (and ConfigMaps) to decide by, or "
				    "--kubeconfig FILE, or run in a pod");
	return 0;
}

enum serve_parsed serve_options_parse(int argc, char **argv, struct serve_options *ret, struct err *err)
{
	struct serve_options o = {
		.listen = "127.0.0.1:8443",
		.service = "sparkgate",
		.rotation_pause = 30 * CLOCK_SECOND,
		.stale_after = LIVE_STALE_NS,
		.shutdown_delay = 10 * CLOCK_SECOND,
		.max_inflight = 48u << 20,
		.threads = default_threads(),
		.log_level = LOG_INFO,
	};
	int flag, index = 0;

	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((flag = getopt_long(argc, argv, ":", flags, &index)) != -1) {
		if (flag == FLAG_HELP)
			return SERVE_HELP;
		if (flag == ':')
			return err_set(err, "option '%s' needs a value", argv[optind - 1]), SERVE_BAD;
		if (flag == '?')
			return unknown_flag(argv[optind - 1], err), SERVE_BAD;
		if (set(flag, optarg, &o, err) < 0)
			return err_wrap(err, "--%s", flags[index].name), SERVE_BAD;
	}
	if (optind < argc)
		return err_set(err, "unexpected argument '%s'", argv[optind]), SERVE_BAD;
	if (check(&o, err) < 0)
		return SERVE_BAD;
	if (o.certs_secret && !o.configurations)
		o.configurations = "sparkgate";
	*ret = o;
	return SERVE_RUN;
}
