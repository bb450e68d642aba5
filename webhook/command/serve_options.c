#include "command/serve_options.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/number.h"
#include "command/command.h"
#include "facts/live.h"
#include "http/listen.h"
#include "http/server.h"
#include "kube/client.h"

#include <sched.h>
#include <stdlib.h>

struct unit {
	const char *name;
	size_t bytes;
};

static const struct unit units[] = {
	{"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {"Ki", 1u << 10}, {"Mi", 1u << 20}, {"Gi", 1u << 30},
};

/* More than any node gives to a webhook. */
#define INFLIGHT_MAX ((size_t)16 << 30)

static int too_many_bytes(const char *text, struct err *err)
{
	return err_set(err, "at most 16Gi, got '%s'", text);
}

int serve_parse_bytes(const char *text, size_t *ret, struct err *err)
{
	size_t value = 0, digits = 0;

	for (; text[digits] >= '0' && text[digits] <= '9'; digits++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (size_t)(text[digits] - '0'), &value))
			return too_many_bytes(text, err);
	for (size_t i = 0; digits > 0 && i < COUNT_OF(units); i++) {
		if (strcmp(text + digits, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(value, units[i].bytes, &value))
			return too_many_bytes(text, err);
		*ret = value;
		return 0;
	}
	return err_set(err, "expected a size such as 48Mi, got '%s'", text);
}

/* One thread answers 30,000 requests a second: more than a few only cost memory. */
static unsigned default_threads(void)
{
	cpu_set_t cpus;
	int count = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;

	return count < 1 ? 1 : count > 4 ? 4 : (unsigned)count;
}

static int set_threads(const char *text, void *to, struct err *err)
{
	unsigned *ret = to;
	int64_t n;

	if (number_parse(slice_of(text), SERVER_THREADS_MAX, &n) < 0 || n < 1)
		return err_set(err, "expected 1 to %d, got '%s'", SERVER_THREADS_MAX, text);
	*ret = (unsigned)n;
	return 0;
}

static int set_inflight(const char *text, void *to, struct err *err)
{
	size_t *ret = to, bytes;

	if (serve_parse_bytes(text, &bytes, err) < 0)
		return -1;
	if (bytes < LIMIT_BODY_BYTES)
		return err_set(err, "a single review may have 3Mi; '%s' is less", text);
	if (bytes > INFLIGHT_MAX)
		return too_many_bytes(text, err);
	*ret = bytes;
	return 0;
}

/* How long a pod's end, or a step among replicas, may take. */
static int set_pause(const char *text, void *to, struct err *err)
{
	int64_t *ret = to;

	return clock_parse_duration_within(slice_of(text), 1, ret, err);
}

static int set_stale_after(const char *text, void *to, struct err *err)
{
	int64_t *ret = to;

	return clock_parse_duration_within(slice_of(text), 24, ret, err);
}

static int set_address(const char *text, void *to, struct err *err)
{
	const char **ret = to;

	*ret = text;
	return listen_check(text, err);
}

static int add_policy(const char *path, void *to, struct err *err)
{
	struct serve_options *o = to;

	if (!path[0])
		return err_set(err, "is empty");
	if (o->policy_count == SERVE_POLICIES_MAX)
		return err_set(err, "more than %d", SERVE_POLICIES_MAX);
	o->policies[o->policy_count++] = path;
	return 0;
}

/* ---- the table ---- */

/* In the order of their enums (base/log.h). */
static const char *const format_words[] = {"json", "text", NULL};
static const char *const on_words[] = {"on", "off", NULL};
static const char *const level_words[] = {"debug", "info", "warn", "error", NULL};

struct arguments {
	struct serve_options o;
	int log_format, log_level, events, seccomp;
	bool help;
};

#define SERVE_OPTIONS(args) \
	{ \
		{.name = "listen", .parse = set_address, .to = &(args)->o.listen, .value = "HOST:PORT", .group = "Where", \
		 .help = "[127.0.0.1:8443]; :8443 is all addresses, port 0 any free one"}, \
		{.name = "metrics-listen", .parse = set_address, .to = &(args)->o.metrics_listen, .value = "HOST:PORT", \
		 .help = "plain HTTP for Prometheus: /metrics, /livez, /readyz [none]"}, \
		{.name = "certs", .text = &(args)->o.certs, .value = "DIR", .group = "Certificates", \
		 .help = "make and keep our own in DIR: ca.crt is what clients trust"}, \
		{.name = "tls-cert", .text = &(args)->o.tls_cert, .value = "FILE", .help = "or this one (PEM, leaf first)"}, \
		{.name = "tls-key", .text = &(args)->o.tls_key, .value = "FILE", .help = "and its key"}, \
		{.name = "certs-secret", .text = &(args)->o.certs_secret, .value = "NAME", \
		 .help = "or make and keep them in this Secret of our own namespace, all replicas together, and caBundle of the " \
			 "webhook configurations right"}, \
		{.name = "webhook-configurations", .text = &(args)->o.configurations, .value = "NAME", \
		 .help = "which configurations [sparkgate]; with --tls-cert their caBundle is compared only [none]"}, \
		{.name = "service", .text = &(args)->o.service, .value = "NAME", \
		 .help = "with --certs-secret: the Service that API servers call, NAME.NAMESPACE.svc [sparkgate]"}, \
		{.name = "rotation-pause", .parse = set_pause, .to = &(args)->o.rotation_pause, .value = "TIME", \
		 .help = "with --certs-secret: between the steps of a change of the CA, when all are in step, at most 1h [30s]"}, \
		{.name = "client-ca", .text = &(args)->o.client_ca, .value = "FILE", \
		 .help = "demand a client certificate of this CA at /mutate and /validate"}, \
		{.name = "client-cn", .text = &(args)->o.client_cn, .value = "NAME", .help = "with this common name"}, \
		{.name = "namespaces", .text = &(args)->o.namespaces, .value = "FILE", .group = "What is decided by", \
		 .help = "Namespaces and ConfigMaps (YAML or JSON): no cluster needed"}, \
		{.name = "kubeconfig", .text = &(args)->o.kubeconfig, .value = "FILE", \
		 .help = "those of this cluster, live; without either: of the cluster this pod runs in"}, \
		{.name = "context", .text = &(args)->o.context, .value = "CONTEXT", \
		 .help = "of the kubeconfig [its current-context]"}, \
		{.name = "policies", .parse = add_policy, .to = &(args)->o, .repeats = true, .value = "FILE|DIR", \
		 .help = "a layer above the shipped policies (repeatable)"}, \
		{.name = "policies-configmap", .text = &(args)->o.policies_configmap, .value = "NAME", \
		 .help = "and one above those: each key *.yaml, *.yml and *.json of this ConfigMap of our own namespace"}, \
		{.name = "facts-stale-after", .parse = set_stale_after, .to = &(args)->o.stale_after, .value = "TIME", \
		 .help = "warn when the API server has been silent for this long; a quiet one is heard once a minute, at most 24h [3m]"}, \
		{.name = "events", .choice = &(args)->events, .words = on_words, \
		 .help = "in a cluster: Kubernetes Events about what was refused or rewritten [on]"}, \
		{.name = "max-inflight-bytes", .parse = set_inflight, .to = &(args)->o.max_inflight, .value = "SIZE", \
		 .group = "Running", .help = "what all request bodies may hold at once, 3Mi to 16Gi [48Mi]; beyond: 503"}, \
		{.name = "shutdown-delay", .parse = set_pause, .to = &(args)->o.shutdown_delay, .value = "TIME", \
		 .help = "on SIGTERM stay unready and go on serving for this long, at most 1h [10s]"}, \
		{.name = "threads", .parse = set_threads, .to = &(args)->o.threads, .value = "N", \
		 .help = "serving threads [one a processor, at most 4]"}, \
		{.name = "seccomp", .choice = &(args)->seccomp, .words = on_words, \
		 .help = "off for strace, gdb and perf: system calls are not filtered, core dumps and debuggers are let in [on]"}, \
		{.name = "log-format", .choice = &(args)->log_format, .words = format_words, .help = "[json]"}, \
		{.name = "log-level", .choice = &(args)->log_level, .words = level_words, .help = "[info]"}, \
		{.name = "help", .letter = 'h', .flag = &(args)->help, .help = "this text"}, \
	}

/* ---- the manual ---- */

static const char *const usage[] = {
	"(--certs DIR | --tls-cert FILE --tls-key FILE | --certs-secret NAME) [OPTION]...", NULL};

static const char *const about[] = {
	"Answers the Kubernetes API server over HTTPS:",
	"\tPOST /mutate     puts Connect pods and ConfigMaps on the backend of their\n"
	"\t                 namespace, hardens pods\n"
	"\tPOST /validate   refuses what is on the wrong backend or not Pod Security\n"
	"\t                 restricted\n"
	"\tGET  /livez, /readyz[?verbose]",
	NULL};

static const char *const notes[] = {
	"Certificates, the CA of clients, policies and the facts file are read again when they change (SIGHUP: now); what cannot be read leaves the old "
	"in force. The first SIGTERM or SIGINT drains, a second one ends at once. One line a decision goes to standard output.",
	NULL};

static const struct manual_example examples[] = {
	{"On this machine, without a cluster",
	 "$0 serve --certs /tmp/certs --namespaces namespaces.yaml &\n"
	 "curl --cacert /tmp/certs/ca.crt 'https://localhost:8443/readyz?verbose'"},
	{"For the cluster of a kubeconfig, from outside of it, with metrics",
	 "$0 serve --listen :8443 --certs /tmp/certs --kubeconfig ~/.kube/config --metrics-listen :9090"},
	{NULL, NULL},
};

void serve_manual(manual_visit *visit, void *context)
{
	struct arguments nobody;
	const struct option options[] = SERVE_OPTIONS(&nobody);

	visit(&(struct manual){.usage = usage, .about = about, MANUAL_OPTIONS(options), .notes = notes, .examples = examples,
			       .exits = {"after a clean drain", "something failed", "bad usage or input"}}, context);
}

/* ---- what is given ---- */

static int check_name(const char *flag, const char *name, struct err *err)
{
	return !name || kube_name_ok(name) ? 0 : err_set(err, "--%s: '%s' is not a valid object name", flag, name);
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

/* What cannot be checked flag by flag. */
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
	struct arguments args = {
		.o = {.listen = "127.0.0.1:8443",
		      .service = "sparkgate",
		      .rotation_pause = 30 * CLOCK_SECOND,
		      .stale_after = LIVE_STALE_NS,
		      .shutdown_delay = 10 * CLOCK_SECOND,
		      .max_inflight = 48u << 20,
		      .threads = default_threads()},
		.log_level = LOG_INFO,
	};
	const struct option options[] = SERVE_OPTIONS(&args);
	struct serve_options *o = &args.o;

	if (options_parse(options, COUNT_OF(options), argc, argv, NULL, err) < 0)
		return SERVE_BAD;
	if (args.help)
		return SERVE_HELP;
	if (check(o, err) < 0)
		return SERVE_BAD;
	if (o->certs_secret && !o->configurations)
		o->configurations = "sparkgate";
	o->seccomp = args.seccomp == 0;
	o->events = args.events == 0 && !o->namespaces;
	o->log_format = (enum log_format)args.log_format;
	o->log_level = (enum log_level)args.log_level;
	*ret = *o;
	return SERVE_RUN;
}
