/*
 * sparkgate serve: the webhook itself. Loads, starts the threads that serve, and then only waits: for signals, for
 * files that change, for the end.
 *
 * No signal handlers: TERM, INT and HUP are blocked in all threads and taken here, one after the other.
 */
#include "command/command.h"

#include "base/clock.h"
#include "base/log_writer.h"
#include "base/plural.h"
#include "certs/certs.h"
#include "command/confine.h"
#include "command/serve_options.h"
#include "command/serve_state.h"
#include "command/shed.h"
#include "http/metrics_server.h"
#include "policy/store.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* How often files are looked at, and before the first handshake whether there is a certificate. */
#define WATCH_NS CLOCK_SECOND
#define GREET_NS (50 * CLOCK_MS)

/* After the last connection was accepted: how long requests that have begun may run ... */
#define DRAIN_NS (15 * CLOCK_SECOND)
/* ... and how long connections have that may be about to send one. */
#define LINGER_NS (500 * CLOCK_MS)
#define DRAIN_STEP_NS (10 * CLOCK_MS)

struct serving {
	struct serve_state *state;
	struct server *server;
	struct metrics_server *metrics;
	sigset_t signals;
	enum confinement { OPEN, CONFINED, WITH_PLUGIN, IMPOSSIBLE } confinement;
	bool settled; /* ready, and what only the start needed given back */
};

/*
 * Bodies above this size are mapped on their own and go back to the system when they are freed. By default glibc
 * moves the border up after the first such free, and 64 bodies of 3 MiB would stay resident for ever.
 */
#define MMAP_THRESHOLD (256 * 1024)

static void block_signals(sigset_t *set)
{
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

/* The signal that came within ns, 0 where none did. */
static int wait_signal(const sigset_t *set, int64_t ns)
{
	struct timespec time = {(time_t)(ns / CLOCK_SECOND), (long)(ns % CLOCK_SECOND)};
	int got = sigtimedwait(set, NULL, &time);

	return got > 0 ? got : 0;
}

static void say_certificate(const struct serve_state *s)
{
	char until[CLOCK_TEXT_SIZE];

	if (s->options->certs_secret) {
		fprintf(stderr, "  certificate  Secret %s in namespace %s, kept by all replicas\n", s->options->certs_secret,
			s->keeper.me.namespace);
		return;
	}
	clock_print(tls_store_not_after(s->certificate.store), until);
	fprintf(stderr, "  certificate  %s, until %s%s\n", s->certificate.cert, until,
		s->options->client_ca ? "; clients need one too" : "");
}

static void say_facts(const struct serve_state *s)
{
	size_t namespaces, config_maps;

	if (s->live) {
		fprintf(stderr, "  facts        %s (context %s), live\n", s->kube.server, s->kube.context);
		return;
	}
	facts_files_count(s->files, &namespaces, &config_maps);
	fprintf(stderr, "  facts        %s: %zu namespace%s, %zu ConfigMap%s\n", s->options->namespaces, namespaces,
		plural(namespaces), config_maps, plural(config_maps));
}

static void say_policy(const struct serve_state *s)
{
	struct policy *p = policy_store_get(s->service.policies);

	fprintf(stderr, "  policy       %s: %zu rules, %zu checks; shipped", p->hash, p->rule_count, p->check_count);
	for (size_t i = 0; i < s->options->policy_count; i++)
		fprintf(stderr, " + %s", s->options->policies[i]);
	if (s->options->policies_configmap)
		fprintf(stderr, " + ConfigMap %s (when it is read)", s->options->policies_configmap);
	fprintf(stderr, "\n");
	for (size_t i = 0; i < p->warnings.count; i++)
		fprintf(stderr, "               warning: %s\n", p->warnings.items[i]);
	policy_unref(p);
}

static void say_process(const struct serving *v)
{
	static const char *const said[] = {
		[OPEN] = "system calls are not filtered, debuggers are let in (--seccomp off)",
		[CONFINED] = "system calls are filtered; no core dumps, no debuggers",
		[WITH_PLUGIN] = "some system calls are refused, to the credential plugin too; no core dumps, no debuggers",
		[IMPOSSIBLE] = "system calls are not filtered, see the log; no core dumps, no debuggers",
	};

	fprintf(stderr, "  process      %s\n", said[v->confinement]);
}

static void say_start(const struct serving *v)
{
	const struct serve_state *s = v->state;
	const char *ca = s->options->certs;

	fprintf(stderr, "sparkgate %s serves\n", SPARKGATE_VERSION);
	fprintf(stderr, "  https        https://%s  /mutate /validate /livez /readyz\n", server_address(v->server));
	if (v->metrics)
		fprintf(stderr, "  metrics      http://%s/metrics\n", metrics_server_address(v->metrics));
	else
		fprintf(stderr, "  metrics      none (--metrics-listen HOST:PORT)\n");
	say_policy(s);
	say_certificate(s);
	say_facts(s);
	say_process(v);
	fprintf(stderr, "Look next at\n  curl %s%s%s 'https://%s/readyz?verbose'\n", ca ? "--cacert " : "-k",
		ca ? ca : "", ca ? "/ca.crt" : "", server_address(v->server));
}

static int start(struct serving *v, struct err *err)
{
	const struct serve_options *o = v->state->options;
	struct server_options options = {.listen = o->listen, .threads = o->threads};

	if (server_start(&options, &v->state->service, &v->server, err) < 0)
		return err_wrap(err, "--listen");
	if (o->metrics_listen && metrics_server_start(o->metrics_listen, v->server, &v->state->service, &v->metrics, err) < 0)
		return err_wrap(err, "--metrics-listen");
	return 0;
}

/* All listeners are open and all threads there. A kernel without filters is no reason not to serve. */
static void confine(struct serving *v)
{
	const struct serve_state *s = v->state;
	struct log_line line;
	struct err err = {""};

	if (!s->options->seccomp)
		return;
	v->confinement = s->kube.exec ? WITH_PLUGIN : CONFINED;
	if (confine_calls(s->kube.exec ? CONFINE_PLUGIN : CONFINE_SERVING, &err) == 0)
		return;
	v->confinement = IMPOSSIBLE;
	log_open(&line, &s->log, LOG_WARN, "system calls are not filtered");
	log_text(&line, "error", err.text);
	log_close(&line);
}

/* Where facts come from an API server, the start is over once they are there. */
static void settle(struct serving *v)
{
	struct arena arena = ARENA_INIT;
	struct buf listing = buf_in(&arena);

	if (!v->settled && health_ready(&v->state->service.health, &listing)) {
		shed_pages();
		v->settled = true;
	}
	arena_release(&arena);
}

/* Serve until TERM or INT. */
static void run(struct serving *v)
{
	for (;;) {
		settle(v);
		int got = wait_signal(&v->signals, atomic_load(&v->state->greeted) ? WATCH_NS : GREET_NS);
		if (got == SIGTERM || got == SIGINT)
			return;
		serve_state_reload(v->state, got == SIGHUP);
		serve_state_greet(v->state, server_address(v->server));
	}
}

/* Wait for ns, or until done says so; reload on HUP. false: TERM or INT came again. */
static bool wait_for(struct serving *v, int64_t ns, int64_t step, bool (*done)(const struct serving *v))
{
	for (int64_t end = clock_mono_ns() + ns, now; (now = clock_mono_ns()) < end && !(done && done(v));) {
		int got = wait_signal(&v->signals, end - now < step ? end - now : step);
		if (got == SIGTERM || got == SIGINT)
			return false;
		if (!done)
			serve_state_reload(v->state, got == SIGHUP);
	}
	return true;
}

static bool no_connections(const struct serving *v)
{
	return server_connections(v->server) == 0;
}

static bool no_requests(const struct serving *v)
{
	return server_in_flight(v->server) == 0;
}

/*
 * Unready, and answers end their connections; after the delay, in which the API server has learnt of it, no new
 * connections; then what has begun is finished.
 */
static int drain(struct serving *v)
{
	struct log_line line;

	log_open(&line, &v->state->log, LOG_INFO, "draining");
	log_int(&line, "delay_ms", v->state->options->shutdown_delay / CLOCK_MS);
	log_close(&line);
	atomic_store(&v->state->service.health.draining, true);
	if (!wait_for(v, v->state->options->shutdown_delay, WATCH_NS, NULL))
		return 1;
	server_stop_accepting(v->server);
	if (!wait_for(v, LINGER_NS, DRAIN_STEP_NS, no_connections) ||
	    !wait_for(v, DRAIN_NS, DRAIN_STEP_NS, no_requests))
		return 1;
	return no_requests(v) ? 0 : 1;
}

static void say_end(size_t requests)
{
	if (requests > 0)
		fprintf(stderr, "sparkgate serve: ended with %zu request%s under way\n", requests, plural(requests));
	else
		fprintf(stderr, "sparkgate serve: ended before the drain was over, with no request under way\n");
}

static int serve(struct serving *v)
{
	struct err err = {""};

	if (start(v, &err) < 0) {
		fprintf(stderr, "sparkgate serve: %s\n", err.text);
		metrics_server_stop(v->metrics);
		serve_state_quiet(v->state);
		server_stop(v->server);
		return 1;
	}
	confine(v);
	serve_state_greet(v->state, server_address(v->server));
	say_start(v);
	run(v);
	int code = drain(v);
	metrics_server_stop(v->metrics);
	if (code != 0) {
		/* A second signal, or a request that hangs: leave the rest to the kernel. */
		say_end(server_in_flight(v->server));
		fflush(NULL);
		log_writer_stop(&v->state->log);
		_exit(code);
	}
	serve_state_quiet(v->state); /* a request suspended when the server stops would never end */
	server_stop(v->server);
	return 0;
}

int command_serve(int argc, char **argv)
{
	struct serve_options options;
	struct serve_state state;
	struct serving v = {.state = &state};
	struct err err = {""};

	switch (serve_options_parse(argc, argv, &options, &err)) {
	case SERVE_HELP:
		serve_manual(manual_help, argv[0]);
		return 0;
	case SERVE_BAD:
		return manual_bad_usage(argv[0], err.text);
	case SERVE_RUN:
		break;
	}
	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	block_signals(&v.signals);
	(void)certs_wipe_freed();
	if (options.seccomp)
		confine_process();
	int code = EXIT_USAGE;
	if (serve_state_open(&state, &options, &err) < 0)
		fprintf(stderr, "sparkgate serve: %s\n", err.text);
	else
		code = serve(&v);
	serve_state_close(&state);
	return code;
}
