#include "command/serve_keeper.h"

#include "base/file.h"
#include "command/command.h"
#include "command/shed.h"
#include "policy/store.h"

#include <stdio.h>

#define PEM_MAX (256u * 1024)

static int serve(void *closure, struct slice cert, struct slice key, struct err *err)
{
	struct serve_keeper *k = closure;

	if (tls_store_load(k->service->certificates, cert, key, err) < 0)
		return -1;
	shed_pages();
	return 0;
}

static const char *policy_hash(void *closure, char hash[16])
{
	struct serve_keeper *k = closure;
	struct policy *policy = policy_store_get(k->service->policies);

	snprintf(hash, 16, "%s", policy->hash);
	policy_unref(policy);
	return hash;
}

static void say(void *closure, bool warning, const char *reason, const char *note)
{
	struct serve_keeper *k = closure;

	kube_recorder_post(k->recorder, warning ? RECORDER_WARNING : RECORDER_NORMAL, reason, "KeepCertificates",
			   note);
}

static const char *configuration_trouble(const struct certs_keeper_state *s)
{
	if (!s->there[0] || !s->there[1])
		return s->there[0] ? "there is no ValidatingWebhookConfiguration of that name yet"
				   : "there is no MutatingWebhookConfiguration of that name yet";
	return s->mutating ? "the ValidatingWebhookConfiguration does not have our CA yet"
			   : "the MutatingWebhookConfiguration does not have our CA yet";
}

/* Do API servers trust us? Waited for once: later a repair is on its way, and an outage of all replicas helps nobody.
 */
static bool trust_ok(void *context, char note[HEALTH_NOTE])
{
	struct serve_keeper *k = context;
	struct certs_keeper_state state = certs_keeper_state(k->keeper);
	bool now = state.mutating && state.validating;

	if (now)
		atomic_store(&k->trusted, true);
	if (now)
		snprintf(note, HEALTH_NOTE, "caBundle of both configurations");
	else
		snprintf(note, HEALTH_NOTE, "%s%s", configuration_trouble(&state),
			 state.troubled ? "; see the log" : "");
	return now || atomic_load(&k->trusted);
}

int serve_keeper_open(struct serve_keeper *k, const struct serve_options *o, const struct kube_config *config,
		      struct service *service, struct kube_recorder *recorder, struct arena *a, struct err *err)
{
	*k = (struct serve_keeper){.service = service, .recorder = recorder};
	if (!o->certs_secret && !o->configurations)
		return 0;
	if (kube_identity_read(a, KUBE_ACCOUNT_DIR, &k->me, err) < 0)
		return err_wrap(err, o->certs_secret ? "--certs-secret" : "--webhook-configurations");
	struct certs_keeper_options options = {
		.secret = o->certs_secret,
		.configurations = o->configurations,
		.service = o->service,
		.me = &k->me,
		.pause = o->rotation_pause,
		.user_agent = "sparkgate/" SPARKGATE_VERSION,
		.log = service->log,
		.serve = serve,
		.policy = policy_hash,
		.say = say,
		.closure = k,
	};
	if (certs_keeper_open(config, &options, &k->keeper, err) < 0)
		return -1;
	if (o->configurations)
		health_add(&service->health, (struct health_check){"trust", trust_ok, k});
	return 0;
}

void serve_keeper_close(struct serve_keeper *k)
{
	certs_keeper_close(k->keeper);
	k->keeper = NULL;
}

void serve_keeper_file(struct serve_keeper *k, const char *path)
{
	struct arena arena = ARENA_INIT;
	struct err ignored = {""};
	struct slice cert;

	if (k->keeper && path[0] && file_read(&arena, path, PEM_MAX, &cert, &ignored) == 0)
		certs_keeper_serves(k->keeper, cert);
	arena_release(&arena);
}
