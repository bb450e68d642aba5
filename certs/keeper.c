/*
 * The keeper's thread: watches, and three things to look after in each round (the Secret, caBundle, our Lease). Each
 * write is waited for; meanwhile the watches go on, since they share the client. So a function that writes works on copies, and
 * looks again afterwards.
 */
#include "certs/keeper_state.h"

#include "base/thread.h"
#include "certs/inspect.h"

#include <stdlib.h>

void certs_keeper_serves(struct certs_keeper *k, struct slice cert)
{
	CLEANUP(chain) STACK_OF(X509) *chain = NULL;
	struct err ignored = {""};
	char sha256[SHA256_HEX];

	if (chain_parse(cert, &chain, &ignored) < 0 || cert_sha256(sk_X509_value(chain, 0), sha256, &ignored) < 0)
		return; /* the caller has checked it already */
	keeper_serves(k, sk_X509_value(chain, 0), sha256);
	atomic_store(&k->serves_another, true);
	kube_client_wake(k->client);
}

/* ---- the thread ---- */

static int64_t tick_watches(struct certs_keeper *k)
{
	int64_t until = clock_mono_ns() + KEEPER_LOOK_NS;
	struct kube_watch *watches[] = {k->secret_watch, k->configurations[KEEPER_MUTATING].watch,
					k->configurations[KEEPER_VALIDATING].watch};

	for (size_t i = 0; i < COUNT_OF(watches); i++) {
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
		out_of_memory();
	k->own = *options;
	k->options = &k->own;
	k->client = kube_client_new(config, options->user_agent);
	k->secret_pace.what = "the Secret of the certificates";
	k->ask_pace.what = "the Leases of all replicas";
	k->lease_pace.what = "the Lease that says what is served";
	pthread_mutex_init(&k->lock, NULL);
	if (options->secret)
		keeper_watch_secret(k);
	if (options->configurations)
		keeper_watch_configurations(k);
	if (thread_start(&k->thread, run, k, err) < 0) {
		k->never_ran = true;
		certs_keeper_close(k);
		return err_wrap(err, "keeping certificates");
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
	state.troubled = atomic_load(&k->troubles) > 0;
	return state;
}
