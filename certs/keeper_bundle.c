/* caBundle of the two webhook configurations: kept right, or compared. */
#include "certs/keeper_state.h"

#include "base/kubernetes.h"
#include "certs/inspect.h"

static void on_begun(void *closure)
{
	((struct keeper_configuration *)closure)->seen = false;
}

static bool is_ours(const struct keeper_configuration *c, const struct json *object)
{
	return strcmp(json_text(json_get(json_get(object, "metadata"), "name"), ""),
		      c->keeper->options->configurations) == 0;
}

static void on_present(void *closure, const struct json *object)
{
	struct keeper_configuration *c = closure;

	if (!is_ours(c, object))
		return;
	arena_reset(&c->arena);
	bundle_read(&c->arena, object, &c->view);
	c->seen = c->there = c->changed = c->keeper->news = true;
	c->pace.due = 0;
}

static void lose(struct keeper_configuration *c)
{
	c->there = false;
	c->changed = c->keeper->news = true;
	c->view.count = 0;
}

static void on_gone(void *closure, const struct json *object)
{
	if (is_ours(closure, object))
		lose(closure);
}

static void on_listed(void *closure)
{
	struct keeper_configuration *c = closure;

	c->listed = true;
	if (!c->seen)
		lose(c);
}

static void on_trouble(void *closure, const struct err *why)
{
	struct keeper_configuration *c = closure;

	if (!c->listed)
		keeper_wrong(c->keeper, &c->pace, why);
}

static void watch(struct certs_keeper *k, enum keeper_kind which, const char *kind, const char *plural)
{
	struct keeper_configuration *c = &k->configurations[which];
	const char *name = k->options->configurations;

	c->keeper = k;
	c->kind = kind;
	c->pace.what = arena_join(&k->arena, "caBundle of the ", kind, " webhook configuration");
	c->path = arena_join(&k->arena, KUBERNETES_ADMISSION, plural, "/", name);
	c->watch = kube_watch_new(
		k->client, arena_join(&k->arena, KUBERNETES_ADMISSION, plural, "?fieldSelector=metadata.name%3D", name),
		&(struct kube_watch_handler){on_begun, on_present, on_gone, on_listed, on_trouble, c});
}

void keeper_watch_configurations(struct certs_keeper *k)
{
	watch(k, KEEPER_MUTATING, "mutating", KUBERNETES_MUTATING);
	watch(k, KEEPER_VALIDATING, "validating", KUBERNETES_VALIDATING);
}

bool keeper_has_been_trusted(const struct certs_keeper *k)
{
	for (size_t i = 0; i < KEEPER_CONFIGURATIONS; i++) {
		const struct bundle_view *view = &k->configurations[i].view;
		if (view->count > 0 && view->webhooks[0].bundle.len > 0)
			return true;
	}
	return false;
}

bool keeper_bundles_agree(const struct certs_keeper *k)
{
	if (!k->options->configurations)
		return true;
	for (size_t i = 0; i < KEEPER_CONFIGURATIONS; i++)
		if (!k->configurations[i].there || !bundle_is(&k->configurations[i].view, k->bundle64))
			return false;
	return true;
}

/* Not under the lock, which those who answer probes wait for: a chain of certificates a webhook is read and verified. */
static bool accepts_what_is_served(struct certs_keeper *k, const struct keeper_configuration *c)
{
	pthread_mutex_lock(&k->lock);
	X509 *leaf = k->leaf;
	if (leaf)
		X509_up_ref(leaf);
	pthread_mutex_unlock(&k->lock);
	bool yes = leaf && bundle_accepts(&c->view, leaf);
	X509_free(leaf);
	return yes;
}

/* Is what we serve accepted? Kept for callers. A no is checked again in each round: OpenSSL also says it when out of memory. */
static void compare(struct certs_keeper *k, enum keeper_kind which)
{
	struct keeper_configuration *c = &k->configurations[which];
	bool news = c->changed, right = c->there && accepts_what_is_served(k, c);

	pthread_mutex_lock(&k->lock);
	*(which == KEEPER_MUTATING ? &k->state.mutating : &k->state.validating) = right;
	k->state.there[which] = c->there;
	pthread_mutex_unlock(&k->lock);
	c->changed = false;
	c->refused = c->there && !right;
	if (news && c->refused && c->was_right && !k->options->secret)
		keeper_tell(k, LOG_ERROR, "CaBundleOutOfStep", c->pace.what);
	if (right && !c->was_right)
		keeper_tell(k, LOG_INFO, "CaBundleInStep", c->pace.what);
	c->was_right |= right;
}

static void patch(struct certs_keeper *k, struct keeper_configuration *c)
{
	struct arena a = ARENA_INIT;
	struct err err = {""};
	bool repair = c->was_right;
	int status;
	struct slice body = bundle_patch(&a, &c->view, k->bundle64);

	if (keeper_write(k, &a, KUBE_PATCH, c->path, body, &status, NULL, &err) < 0) {
		keeper_wrong(k, &c->pace, &err);
	} else {
		/* The watch brings what is there now; if it does not, the bundle is written again. */
		keeper_right(k, &c->pace, 2 * CLOCK_SECOND);
		if (repair && material_step(&k->material) == STEP_STEADY)
			keeper_repaired(k, REPAIR_BUNDLE, c->pace.what);
	}
	arena_release(&a);
}

/* Is there a caBundle to write? Not while what is served is better than what the Secret holds, and from another CA: until
 * the Secret is put right, no API server would trust us. */
static bool has_bundle(const struct certs_keeper *k)
{
	return k->options->secret && k->bundle64.ptr && k->material.leaf && k->served.leaf &&
	       chain_signed(k->material.cas, k->served.leaf);
}

static void look_after(struct certs_keeper *k, enum keeper_kind which)
{
	struct keeper_configuration *c = &k->configurations[which];

	if (c->changed || c->refused)
		compare(k, which);
	if (c->there && keeper_is_due(&c->pace) && has_bundle(k) && !bundle_is(&c->view, k->bundle64))
		patch(k, c);
}

void keeper_look_after_bundles(struct certs_keeper *k)
{
	bool another = atomic_exchange(&k->serves_another, false);

	if (!k->options->configurations)
		return;
	for (size_t i = 0; i < KEEPER_CONFIGURATIONS; i++) {
		k->configurations[i].changed |= another;
		look_after(k, (enum keeper_kind)i);
	}
}
