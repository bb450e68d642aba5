#include "command/serve_state.h"

#include "base/clock.h"
#include "base/log_writer.h"
#include "base/plural.h"
#include "command/command.h"
#include "command/serve_note.h"
#include "command/shed.h"
#include "http/handshake.h"

#include <stdio.h>
#include <unistd.h>

/* The reason is in the log, not in an answer that anybody can ask for. */
static const char NOT_IN_FORCE[] = "; what was written since is not in force, see the log";

static bool policy_ok(void *context, char note[HEALTH_NOTE])
{
	struct policy *policy = policy_store_get(context);
	struct err stale = {""};

	policy_store_error(context, &stale);
	snprintf(note, HEALTH_NOTE, "%s%s", policy->hash, stale.text[0] ? NOT_IN_FORCE : "");
	policy_unref(policy);
	return true;
}

static bool certificate_ok(void *context, char note[HEALTH_NOTE])
{
	int64_t until = tls_store_not_after(context);
	bool valid = until > clock_unix();
	char text[CLOCK_TEXT_SIZE];

	if (until == 0) {
		snprintf(note, HEALTH_NOTE, "there is none yet: the Secret was not read or made, see the log");
		return false;
	}

	clock_print(until, text);
	snprintf(note, HEALTH_NOTE, "%s %s", valid ? "expires" : "expired", text);
	return valid;
}

static bool facts_ok(void *context, char note[HEALTH_NOTE])
{
	struct facts_files *files = context;
	size_t namespaces, config_maps;
	struct err why;

	if (!facts_ready(facts_files_source(files), note, HEALTH_NOTE))
		return false;
	facts_files_count(files, &namespaces, &config_maps);
	snprintf(note, HEALTH_NOTE, "%zu namespace%s, %zu ConfigMap%s%s", namespaces, plural(namespaces), config_maps, plural(config_maps),
		 facts_files_stale(files, &why) ? NOT_IN_FORCE : "");
	return true;
}

static bool live_ok(void *context, char note[HEALTH_NOTE])
{
	struct facts_live *live = context;
	struct facts_live_state state = facts_live_state(live);

	if (!facts_ready(facts_live_source(live), note, HEALTH_NOTE))
		return false;
	snprintf(note, HEALTH_NOTE, "%zu namespace%s", state.namespaces, plural(state.namespaces));
	if (state.stale)
		snprintf(note, HEALTH_NOTE, "%zu namespace%s, stale: the API server was last heard %lld s ago",
			 state.namespaces, plural(state.namespaces), (long long)(state.age / CLOCK_SECOND));
	return true;
}

static bool handshake_ok(void *context, char note[HEALTH_NOTE])
{
	_Atomic bool *greeted = context;
	bool ok = atomic_load(greeted);

	snprintf(note, HEALTH_NOTE, "%s", ok ? "" : "no TLS handshake with our own listener yet, see the log");
	return ok;
}

/* What http/ cannot count. */
static void print_metrics(void *context, struct buf *out)
{
	struct serve_state *s = context;

	if (s->live)
		serve_cluster_metrics(&s->cluster, out);
	if (s->keeper.keeper)
		certs_keeper_metrics(s->keeper.keeper, out);
}

static void fill_service(struct serve_state *s)
{
	const struct serve_options *o = s->options;
	struct service *service = &s->service;

	service->certificates = s->certificate.store;
	service->facts = s->live ? facts_live_source(s->live) : facts_files_source(s->files);
	service->log = &s->log;
	service->budget.limit = o->max_inflight;
	service->clients = s->client_ca.clients;
	service->client_name = o->client_cn;
	service->metrics = (struct service_metrics){print_metrics, s};
	service->version = SPARKGATE_VERSION;
	service->started = clock_unix();
	health_add(&service->health, (struct health_check){"policy", policy_ok, service->policies});
	health_add(&service->health, (struct health_check){"certificate", certificate_ok, service->certificates});
	if (s->live)
		health_add(&service->health, (struct health_check){"facts", live_ok, s->live});
	else
		health_add(&service->health, (struct health_check){"facts", facts_ok, s->files});
	health_add(&service->health, (struct health_check){"handshake", handshake_ok, &s->greeted});
}

/* The facts file, or where the cluster is. */
static int open_facts(struct serve_state *s, const struct serve_options *o, struct err *err)
{
	if (o->namespaces)
		return facts_files_open(o->namespaces, &s->files, err) < 0 ? err_wrap(err, "--namespaces") : 0;
	if (o->kubeconfig && kube_config_read(&s->arena, o->kubeconfig, o->context, &s->kube, err) < 0)
		return err_wrap(err, "--kubeconfig");
	if (!o->kubeconfig && kube_config_in_cluster(&s->arena, KUBE_ACCOUNT_DIR, &s->kube, err) < 0)
		return -1;
	return 0;
}

int serve_state_open(struct serve_state *s, const struct serve_options *o, struct err *err)
{
	*s = (struct serve_state){.options = o, .log = {STDOUT_FILENO, o->log_format, o->log_level, NULL}};
	if (log_writer_start(&s->log, err) < 0)
		return -1;
	if (policy_store_open(o->policies, o->policy_count, &s->service.policies, err) < 0)
		return err_wrap(err, "policies");
	if (open_facts(s, o, err) < 0)
		return -1;
	if (certificate_files_open(&s->certificate, o, err) < 0)
		return err_wrap(err, "certificates");
	if (client_ca_file_open(&s->client_ca, o->client_ca, err) < 0)
		return err_wrap(err, "--client-ca");
	if (!s->files)
		s->live = facts_live_new(&s->kube, &s->log, "sparkgate/" SPARKGATE_VERSION, o->stale_after);
	fill_service(s);
	if (serve_cluster_open(&s->cluster, o, s->live, &s->service, &s->arena, err) < 0)
		return -1;
	/* After everything that its thread uses: it begins to log. */
	if (s->live && facts_live_start(s->live, err) < 0)
		return -1;
	if (serve_keeper_open(&s->keeper, o, &s->kube, &s->service, s->cluster.recorder, &s->arena, err) < 0)
		return -1;
	serve_keeper_file(&s->keeper, s->certificate.cert);
	return 0;
}

void serve_state_greet(struct serve_state *s, const char *address)
{
	struct log_line line;
	struct err err = {""};

	if (atomic_load(&s->greeted) || tls_store_not_after(s->certificate.store) == 0)
		return; /* without a certificate there is nothing to try, and its own check says so */
	if (handshake_check(address, s->certificate.store, &err) == 0) {
		atomic_store(&s->greeted, true);
		return;
	}
	if (strcmp(err.text, s->greeting_error.text) == 0)
		return; /* already reported; it is tried every few moments */
	s->greeting_error = err;
	log_open(&line, &s->log, LOG_WARN, "no TLS handshake with our own listener");
	log_text(&line, "error", err.text);
	log_close(&line);
}

void serve_state_quiet(struct serve_state *s)
{
	facts_live_stop(s->live);
}

void serve_state_close(struct serve_state *s)
{
	serve_keeper_close(&s->keeper);
	certificate_files_close(&s->certificate);
	client_ca_file_close(&s->client_ca);
	facts_live_stop(s->live);
	serve_cluster_close(&s->cluster);
	facts_live_close(s->live);
	facts_files_close(s->files);
	policy_store_close(s->service.policies);
	arena_release(&s->arena);
	log_writer_free(&s->log);
}

void serve_state_reload(struct serve_state *s, bool force)
{
	struct service *service = &s->service;
	struct err err = {""};

	struct policy_store *store = service->policies;
	enum policy_poll policy = force ? policy_store_reload(store, &err) : policy_store_poll(store, &err);
	serve_note_policy(service, s->cluster.recorder, policy, &err);
	if (s->files)
		serve_note(&s->log, "facts", facts_files_reload(s->files, &err), &service->facts_reloads, &err);
	int certificate = certificate_files_reload(&s->certificate, force, &err);
	serve_note(&s->log, "certificate", certificate, &service->certificate_reloads, &err);
	if (certificate > 0) {
		serve_keeper_file(&s->keeper, s->certificate.cert);
		shed_pages();
	}
	serve_note(&s->log, "client-ca", client_ca_file_reload(&s->client_ca, force, &err), &service->client_ca_reloads, &err);
	serve_exemptions_tell(&s->exemptions, store, &s->log, clock_unix());
}
