/*
 * The keeper's thread: watches, and three things to look after in each round (the Secret, caBundle, our Lease). Each
 * write is waited for; meanwhile the watches go on, since they share the client. So whoever writes works on copies, and
 * looks again afterwards.
 */
#include "certs/keeper_state.h"

#include "certs/inspect.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- pace, and words for people ---- */

bool keeper_is_due(const struct pace *pace)
{
	return pace->due <= clock_mono_ns();
}

static void note_trouble(struct certs_keeper *k, const struct pace *pace)
{
	pthread_mutex_lock(&k->lock);
	k->state.trouble = pace->wrong;
	pthread_mutex_unlock(&k->lock);
}

void keeper_right(struct certs_keeper *k, struct pace *pace, int64_t ns)
{
	if (pace->wrong.text[0]) {
		pace->wrong.text[0] = '\0';
		note_trouble(k, pace);
		keeper_tell(k, LOG_INFO, "CertificatesWell", pace->what);
	}
	pace->failures = 0;
	pace->due = clock_mono_ns() + ns;
}

void keeper_wrong(struct certs_keeper *k, struct pace *pace, const struct err *err)
{
	int64_t pause = KEEPER_PAUSE_NS << (pace->failures < 10 ? pace->failures : 10);
	struct err news = *err;

	pace->failures++;
	pace->due = clock_mono_ns() + kube_jitter(pause < KEEPER_PAUSE_MAX_NS ? pause : KEEPER_PAUSE_MAX_NS);
	if (strcmp(pace->wrong.text, err->text) == 0)
		return;
	pace->wrong = *err;
	(void)err_wrap(&news, "%s", pace->what);
	note_trouble(k, &(struct pace){.wrong = news});
	keeper_tell(k, LOG_ERROR, "CertificatesTrouble", news.text);
}

void keeper_tell(struct certs_keeper *k, enum log_level level, const char *reason, const char *note)
{
	struct log_line line;

	log_open(&line, k->options->log, level, "certificates");
	log_text(&line, "reason", reason);
	log_text(&line, "note", note);
	log_close(&line);
	if (k->options->say && level != LOG_DEBUG)
		k->options->say(k->options->closure, level >= LOG_WARN, reason, note);
}

void keeper_repaired(struct certs_keeper *k, enum keeper_repair repair, const char *note)
{
	atomic_fetch_add(&k->repairs[repair], 1);
	keeper_tell(k, repair == REPAIR_MADE ? LOG_INFO : LOG_WARN,
		    repair == REPAIR_MADE ? "CertificatesMade" : "CertificatesRepaired", note);
}

int keeper_write(struct certs_keeper *k, struct arena *a, enum kube_method method, const char *path, struct slice send,
		 int *status, struct slice *ret, struct err *err)
{
	int rc = kube_write(k->client, a, method, path, send, status, ret, err);

	atomic_fetch_add(&k->writes[rc < 0], 1);
	return rc;
}

/* ---- what is served ---- */

void keeper_serves(struct certs_keeper *k, X509 *leaf)
{
	unsigned char digest[32];
	unsigned len = 0;

	X509_up_ref(leaf);
	X509_digest(leaf, EVP_sha256(), digest, &len);
	pthread_mutex_lock(&k->lock);
	X509 *before = k->leaf;
	k->leaf = leaf;
	k->state.serving = true;
	for (unsigned i = 0; i < len && i < sizeof(digest); i++)
		snprintf(k->state.certificate + (size_t)2 * i, 3, "%02x", digest[i]);
	pthread_mutex_unlock(&k->lock);
	X509_free(before);
}

void certs_keeper_serves(struct certs_keeper *k, struct slice cert)
{
	CLEANUP(chain) STACK_OF(X509) *chain = NULL;
	struct err ignored = {""};

	if (chain_parse(cert, &chain, &ignored) < 0)
		return; /* whoever serves it has looked already */
	keeper_serves(k, sk_X509_value(chain, 0));
	atomic_store(&k->serves_another, true);
	kube_client_wake(k->client);
}

/* ---- the thread ---- */

static int64_t tick_watches(struct certs_keeper *k)
{
	int64_t until = clock_mono_ns() + KEEPER_LOOK_NS;
	struct kube_watch *watches[] = {k->secret_watch, k->configurations[KEEPER_MUTATING].watch,
					k->configurations[KEEPER_VALIDATING].watch};

	for (size_t i = 0; i < sizeof(watches) / sizeof(*watches); i++) {
		int64_t due = watches[i] ? kube_watch_tick(watches[i]) : until;
		until = due < until ? due : until;
	}
	return until;
}

static void *run(void *closure)
{
	struct certs_keeper *k = closure;

	while (!atomic_load(&k->stopping)) {
		int64_t until = tick_watches(k);
		k->news = false;
		if (k->options->secret) {
			keeper_look_after_secret(k);
			keeper_look_after_lease(k);
		}
		keeper_look_after_bundles(k);
		kube_client_poll(k->client, k->news ? 0 : until);
	}
	if (k->options->secret)
		keeper_leave(k);
	return NULL;
}

/* ---- open, close, ask ---- */

int certs_keeper_open(const struct kube_config *config, const struct certs_keeper_options *options,
		      struct certs_keeper **ret, struct err *err)
{
	struct certs_keeper *k = calloc(1, sizeof(*k));

	if (!k)
		abort(); /* as base/arena.h */
	k->own = *options;
	k->options = &k->own;
	k->client = kube_client_new(config, options->user_agent);
	k->secret_pace.what = "the Secret of the certificates";
	k->lease_pace.what = "the Lease that says what is served";
	pthread_mutex_init(&k->lock, NULL);
	if (options->secret)
		keeper_watch_secret(k);
	if (options->configurations)
		keeper_watch_configurations(k);
	if (pthread_create(&k->thread, NULL, run, k) != 0) {
		k->never_ran = true;
		certs_keeper_close(k);
		return err_set(err, "cannot start a thread");
	}
	*ret = k;
	return 0;
}

void certs_keeper_close(struct certs_keeper *k)
{
	if (!k)
		return;
	if (!k->never_ran) {
		atomic_store(&k->stopping, true);
		kube_client_wake(k->client);
		pthread_join(k->thread, NULL);
	}
	kube_watch_free(k->secret_watch);
	for (size_t i = 0; i < KEEPER_CONFIGURATIONS; i++) {
		kube_watch_free(k->configurations[i].watch);
		arena_release(&k->configurations[i].arena);
	}
	kube_client_free(k->client);
	material_release(&k->material);
	material_release(&k->served);
	X509_free(k->leaf);
	arena_release(&k->bundle_arena);
	arena_release(&k->arena);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

struct certs_keeper_state certs_keeper_state(struct certs_keeper *k)
{
	pthread_mutex_lock(&k->lock);
	struct certs_keeper_state state = k->state;
	pthread_mutex_unlock(&k->lock);
	return state;
}
