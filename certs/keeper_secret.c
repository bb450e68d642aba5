/* The Secret: read it, serve it, repair it, change it. */
#include "certs/keeper_state.h"

#include "base/digest.h"
#include "certs/inspect.h"
#include "certs/issue.h"
#include "certs/secret.h"

#include <stdio.h>

/* A replica that serves nothing yet leaves the repair of a damaged Secret to those that do for this long. */
#define AFTER_YOU_NS (3 * CLOCK_SECOND)
/* Between two renewals by the same replica. */
#define RENEW_AGAIN_NS (60 * CLOCK_SECOND)

/* ---- what it should hold ---- */

/* localhost and the like, and what API servers call. */
static int wanted_names(const struct certs_keeper *k, struct names *ret, struct err *err)
{
	const char *service = k->options->service, *namespace = k->options->me->namespace;
	const char *const names[] = {
		arena_join(ret->arena, service, ".", namespace),
		arena_join(ret->arena, service, ".", namespace, ".svc"),
		arena_join(ret->arena, service, ".", namespace, ".svc.cluster.local"),
	};

	return material_names(names, COUNT_OF(names), ret, err);
}

static bool lacks_names(const struct certs_keeper *k, const struct material *m)
{
	struct arena a = ARENA_INIT;
	struct names wanted = {.arena = &a}, had = {.arena = &a};
	struct err ignored = {""};
	bool lacks = wanted_names(k, &wanted, &ignored) == 0 && names_add_of(&had, m->leaf, &ignored) == 0 &&
		     !names_cover(&had, &wanted);

	arena_release(&a);
	return lacks;
}

static bool still_good(const struct material *m, int64_t now)
{
	return m->leaf && cert_not_after(m->leaf) > now && cert_not_after(m->ca) > now &&
	       cert_not_before(m->leaf) <= now + BACKDATE_SECONDS && cert_not_before(m->ca) <= now + BACKDATE_SECONDS;
}

/* ---- serving what it holds ---- */

static bool same_leaf(const struct material *a, const struct material *b)
{
	return a->leaf && b->leaf && X509_cmp(a->leaf, b->leaf) == 0;
}

static int hand_over(struct certs_keeper *k, const struct material *m, struct err *err)
{
	struct arena a = ARENA_INIT;
	CLEANUP(bio) BIO *bio = NULL;
	struct slice cert;
	char *key = NULL;
	int rc = chain_print(&a, m->leaves, &cert, err);

	if (rc == 0)
		rc = key_print(m->leaf_key, &bio, err);
	if (rc == 0) {
		long len = BIO_get_mem_data(bio, &key);
		rc = k->options->serve(k->options->closure, cert, (struct slice){key, (size_t)len}, err);
	}
	arena_release(&a);
	return rc;
}

/* What is served must stay good: an old copy that somebody put back is renewed first. */
static int serve(struct certs_keeper *k, struct err *err)
{
	int64_t now = keeper_now(k);
	MATERIAL copy = MATERIAL_NONE;
	char sha256[SHA256_HEX];

	if (same_leaf(&k->material, &k->served) || (still_good(&k->served, now) && !still_good(&k->material, now)))
		return 0;
	if (cert_sha256(k->material.leaf, sha256, err) < 0 || hand_over(k, &k->material, err) < 0 || material_copy(&k->material, &copy, err) < 0)
		return -1;
	material_release(&k->served);
	k->served = material_take(&copy);
	keeper_serves(k, k->served.leaf, sha256);
	atomic_store(&k->serves_another, true);
	k->lease_pace.due = 0; /* the others wait to learn it */
	return 0;
}

/* ca.crt as caBundle has it. */
static int set_bundle(struct certs_keeper *k, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct slice pem;

	arena_reset(&k->bundle_arena);
	k->bundle64 = SLICE_NONE;
	if (chain_print(&a, k->material.cas, &pem, err) < 0) {
		arena_release(&a);
		return -1;
	}
	struct buf out = buf_in(&k->bundle_arena);
	base64_encode(&out, pem);
	k->bundle64 = buf_slice(&out);
	arena_release(&a);
	return 0;
}

static int take_material(struct certs_keeper *k, struct material *fresh, struct err *err)
{
	material_release(&k->material);
	k->material = material_take(fresh);
	k->names_missing = lacks_names(k, &k->material);
	pthread_mutex_lock(&k->lock);
	k->state.step = material_step(&k->material);
	pthread_mutex_unlock(&k->lock);
	if (set_bundle(k, err) < 0)
		return -1;
	return serve(k, err);
}

/* ---- what the watch says ---- */

static void take_secret(struct certs_keeper *k, const struct json *object)
{
	MATERIAL fresh = MATERIAL_NONE;
	const char *version = json_text(json_get(json_get(object, "metadata"), "resourceVersion"), "");

	if (k->secret_there && strcmp(version, k->version) == 0)
		return;
	snprintf(k->version, sizeof(k->version), "%s", version);
	k->turn++;
	k->news = true;
	k->secret_there = true;
	k->settled_since = 0;
	k->replicas_agree = false;
	k->secret_wrong.text[0] = '\0';
	enum secret_state state = secret_read(object, &fresh, &k->secret_wrong);
	k->secret_foreign = state == SECRET_FOREIGN;
	k->secret_pace.due = 0;
	if (state == SECRET_GOOD && take_material(k, &fresh, &k->secret_wrong) == 0)
		return;
	material_release(&k->material);
	if (!k->served.leaf)
		k->secret_pace.due = clock_mono_ns() + AFTER_YOU_NS;
}

static void lose_secret(struct certs_keeper *k)
{
	k->secret_there = k->secret_foreign = false;
	k->turn++;
	k->news = true;
	k->secret_wrong.text[0] = '\0';
	k->settled_since = 0;
	k->secret_pace.due = 0;
	material_release(&k->material);
}

static void on_begun(void *closure)
{
	((struct certs_keeper *)closure)->secret_seen = false;
}

/* Field selectors are honoured by every API server; a name costs nothing to compare. */
static bool is_ours(const struct certs_keeper *k, const struct json *object)
{
	return strcmp(json_text(json_get(json_get(object, "metadata"), "name"), ""), k->options->secret) == 0;
}

static void on_present(void *closure, const struct json *object)
{
	struct certs_keeper *k = closure;

	if (!is_ours(k, object))
		return;
	k->secret_seen = true;
	take_secret(k, object);
}

static void on_gone(void *closure, const struct json *object)
{
	struct certs_keeper *k = closure;

	if (is_ours(k, object))
		lose_secret(k);
}

static void on_listed(void *closure)
{
	struct certs_keeper *k = closure;

	k->secret_listed = k->news = true;
	if (!k->secret_seen && k->secret_there)
		lose_secret(k);
}

static void on_trouble(void *closure, const struct err *why)
{
	struct certs_keeper *k = closure;

	if (!k->secret_listed)
		keeper_wrong(k, &k->secret_pace, why);
}

void keeper_watch_secret(struct certs_keeper *k)
{
	struct arena *a = &k->arena;

	k->secret_collection = arena_join(a, "/api/v1/namespaces/", k->options->me->namespace, "/secrets");
	k->secret_path = arena_join(a, k->secret_collection, "/", k->options->secret);
	k->secret_watch = kube_watch_new(
		k->client, arena_join(a, k->secret_collection, "?fieldSelector=metadata.name%3D", k->options->secret),
		&(struct kube_watch_handler){on_begun, on_present, on_gone, on_listed, on_trouble, k});
}

/* ---- writing ---- */

/* Another replica was faster, or the Secret has another version by now: what it holds is on its way to us. */
static bool lost_the_race(const struct certs_keeper *k, int status)
{
	return status == 409 || (status == 404 && k->secret_there);
}

static int send_secret(struct certs_keeper *k, const struct material *m, struct arena *a, int *status, struct err *err)
{
	const struct json *stored;
	struct slice body, answer;
	bool there = k->secret_there;
	unsigned turn = k->turn;

	*status = 0;
	if (k->secret_foreign)
		return err_set(err, "the Secret is somebody else's");
	if (secret_print(a, k->options->me->namespace, k->options->secret, there ? k->version : NULL, m, &body, err) <
		    0 ||
	    keeper_write(k, a, there ? KUBE_PUT : KUBE_POST, there ? k->secret_path : k->secret_collection, body,
			 status, &answer, err) < 0 ||
	    json_parse(a, answer, &stored, err) < 0)
		return -1;
	if (!is_ours(k, stored))
		return err_set(err, "the API server answered with a different object");
	if (turn == k->turn) /* else the watch has brought it already, or what came after it */
		take_secret(k, stored);
	return 0;
}

/* true: it is written, and what it holds is what we have now. */
static bool write_secret(struct certs_keeper *k, const struct material *m)
{
	struct arena a = ARENA_SECRET;
	struct err err = {""};
	int status;
	int rc = send_secret(k, m, &a, &status, &err);

	if (rc == 0)
		keeper_right(k, &k->secret_pace, 0);
	else if (lost_the_race(k, status))
		k->secret_pace.due = clock_mono_ns() + kube_jitter(KEEPER_PAUSE_NS);
	else
		keeper_wrong(k, &k->secret_pace, &err);
	arena_release(&a);
	return rc == 0;
}

static int make(struct certs_keeper *k, struct material *ret, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct names wanted = {.arena = &a};
	enum certs_outcome ignored;
	int rc = wanted_names(k, &wanted, err);

	if (rc == 0)
		rc = material_ensure(ret, &wanted, keeper_now(k), &ignored, err);
	arena_release(&a);
	return rc;
}

/* No Secret, and yet a configuration has a CA: other replicas serve by it, and write it back. */
static bool others_come_first(struct certs_keeper *k)
{
	if (k->secret_there || k->served.leaf || k->waited || !keeper_has_been_trusted(k))
		return false;
	k->waited = true;
	k->secret_pace.due = clock_mono_ns() + AFTER_YOU_NS;
	return true;
}

/* What the Secret is to hold. A new certificate is served first: where that fails it is we who are not well, and what others may
 * serve by stays as it is. */
static int replacement(struct certs_keeper *k, struct material *ret, struct err *err)
{
	if (still_good(&k->served, keeper_now(k)))
		return material_copy(&k->served, ret, err);
	return make(k, ret, err) < 0 ? -1 : hand_over(k, ret, err);
}

/* There is no Secret, or nothing good in it. */
static void restore(struct certs_keeper *k)
{
	enum keeper_repair repair = k->secret_there ? REPAIR_DAMAGED : k->served.leaf ? REPAIR_DELETED : REPAIR_MADE;
	struct err why = k->secret_wrong, err = {""};
	MATERIAL next = MATERIAL_NONE;

	if (replacement(k, &next, &err) < 0) {
		keeper_wrong(k, &k->secret_pace, &err);
		return;
	}
	if (write_secret(k, &next))
		keeper_repaired(k, repair,
				why.text[0]                ? why.text
				: repair == REPAIR_DELETED ? "the Secret was gone: made anew with what is served"
							   : "a CA and a server certificate were made");
}

static int apply(struct certs_keeper *k, enum change change, struct material *next, struct arena *a, struct err *err)
{
	switch (change) {
	case CHANGE_ANNOUNCE:
		return material_rotate_ca(next, keeper_now(k), err);
	case CHANGE_MOVE:
	case CHANGE_REDATE:
		return material_rotate(next, a, keeper_now(k), err);
	case CHANGE_DROP:
		return material_drop_old(next, err);
	case CHANGE_ALL:
		material_release(next);
		return make(k, next, err);
	default:
		return make(k, next, err);
	}
}

static void tell_change(struct certs_keeper *k, enum change change)
{
	k->renewed = clock_mono_ns();
	if (change == CHANGE_ALL)
		keeper_repaired(k, REPAIR_EXPIRED, "the CA had expired, or was not valid yet: CA and server certificate were made anew");
	else
		keeper_tell(k, LOG_INFO, "CertificatesChanged", change_name(change));
}

static void carry_out(struct certs_keeper *k, enum change change)
{
	struct arena a = ARENA_INIT;
	struct err err = {""};
	MATERIAL next = MATERIAL_NONE;
	int rc = material_copy(&k->material, &next, &err);

	if (rc == 0)
		rc = apply(k, change, &next, &a, &err);
	arena_release(&a);
	if (rc < 0)
		keeper_wrong(k, &k->secret_pace, &err);
	else if (write_secret(k, &next))
		tell_change(k, change);
}

/* For how long has the condition that the current step waits for held? */
static int64_t settled(struct certs_keeper *k, bool bundles_agree)
{
	enum material_step step = material_step(&k->material);
	int64_t now = clock_mono_ns();

	if (step == STEP_MOVED && keeper_is_due(&k->ask_pace))
		keeper_ask_replicas(k);
	if (!bundles_agree || (step == STEP_MOVED && !k->replicas_agree))
		k->settled_since = 0;
	else if (k->settled_since == 0)
		k->settled_since = now;
	return k->settled_since == 0 ? -1 : now - k->settled_since;
}

/* Two API servers whose clocks differ by more than certificates can bear would have us renew without end. */
static bool is_too_soon(const struct certs_keeper *k, enum change change)
{
	bool by_the_clock = change == CHANGE_REDATE || change == CHANGE_RENEW || change == CHANGE_ALL;

	return by_the_clock && k->renewed != 0 && clock_mono_ns() - k->renewed < RENEW_AGAIN_NS;
}

static void go_on(struct certs_keeper *k)
{
	unsigned turn = k->turn;
	bool bundles = keeper_bundles_agree(k);
	int64_t since = settled(k, bundles);

	/* While replicas were asked, the watch spoke: what we have may be gone, or somebody else's. */
	if (turn != k->turn)
		return;
	struct change_view view = {.material = &k->material,
				   .names_missing = k->names_missing,
				   .now = keeper_now(k),
				   .bundles_agree = bundles,
				   .replicas_agree = k->replicas_agree,
				   .settled = since,
				   .pause = k->options->pause};
	enum change change = change_due(&view);

	if (change != CHANGE_NONE && !is_too_soon(k, change))
		carry_out(k, change);
	else
		keeper_right(k, &k->secret_pace, 0);
}

void keeper_look_after_secret(struct certs_keeper *k)
{
	if (!k->secret_listed || !keeper_is_due(&k->secret_pace))
		return;
	if (k->secret_foreign)
		keeper_wrong(k, &k->secret_pace, &k->secret_wrong);
	else if (!k->material.leaf && !others_come_first(k))
		restore(k);
	else if (!k->material.leaf)
		return;
	else
		go_on(k);
}
