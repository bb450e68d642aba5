#include "policy/store.h"

#include "base/again.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/file.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

struct policy_store {
	struct arena arena; /* of paths */
	const char **paths;
	size_t path_count;
	pthread_mutex_t loading; /* one load at a time; held before lock, guards the next seven */
	char signature[65];      /* of the files when they were last loaded */
	struct again again;
	struct arena layer_arena;
	struct policy_layer layer; /* above the files */
	char layer_signature[65];
	struct err layer_error; /* why what is there now is not a layer; "" = it is one */
	struct policy_guard guard; /* NULL functions = none */
	pthread_mutex_t lock;    /* guards all below */
	struct policy *current;
	struct policy *next;     /* in force from next_at on; NULL = none */
	struct policy *former;   /* until former_until; NULL = none */
	int64_t next_at, former_until, settle;
	struct err error;
};

/* ---- what the files look like ---- */

static void add_stamp(struct buf *out, const char *path)
{
	struct file_stamp s = file_stamp(path);

	buf_printf(out, "%s %d %ju %ju %jd %jd.%09ld\n", path, s.exists, (uintmax_t)s.device, (uintmax_t)s.inode,
		   (intmax_t)s.size, (intmax_t)s.changed.tv_sec, s.changed.tv_nsec);
}

/* One digest of everything that, if it changes, means: load again. */
static void sign_files(const struct policy_store *store, char signature[65])
{
	struct arena a = ARENA_INIT;
	struct buf all = buf_in(&a);

	for (size_t i = 0; i < store->path_count; i++) {
		struct file_list files = {0};
		struct err ignored; /* a directory that cannot be read has a stamp of its own */
		add_stamp(&all, store->paths[i]);
		if (file_is_directory(store->paths[i]) &&
		    file_list(&a, store->paths[i], NULL, &files, &ignored) == 0)
			for (size_t j = 0; j < files.count; j++)
				add_stamp(&all, files.paths[j]);
	}
	sha256_hex(buf_slice(&all), signature);
	arena_release(&a);
}

/* ---- which is in force; under lock ---- */

static void put_in_force(struct policy_store *store, struct policy *fresh)
{
	policy_unref(store->former);
	store->former = store->current;
	store->former_until = clock_mono_ns() + POLICY_GRACE_NS;
	store->current = fresh;
}

static void take_fresh(struct policy_store *store, struct policy *fresh)
{
	if (!store->current || store->settle == 0) {
		put_in_force(store, fresh);
		return;
	}
	if (!store->next)
		store->next_at = clock_mono_ns() + store->settle; /* one that is replaced meanwhile is no reason to wait longer */
	policy_unref(store->next);
	store->next = fresh;
}

/* Put into force, and forget, what is due. */
static void move_on(struct policy_store *store)
{
	if (!store->next && !store->former)
		return;
	int64_t now = clock_mono_ns();
	if (store->next && now >= store->next_at) {
		put_in_force(store, store->next);
		store->next = NULL;
	}
	if (store->former && now >= store->former_until) {
		policy_unref(store->former);
		store->former = NULL;
	}
}

/* ---- loading ---- */

/* The last good policy, with a reference; NULL = there was none yet. */
static struct policy *newest(struct policy_store *store)
{
	pthread_mutex_lock(&store->lock);
	struct policy *p = store->next ? store->next : store->current;
	p = p ? policy_ref(p) : NULL;
	pthread_mutex_unlock(&store->lock);
	return p;
}

static int load(struct policy_store *store, struct policy **ret, struct err *err)
{
	const struct policy_guard *guard = &store->guard;
	const struct policy_options options = {.paths = (const char *const *)store->paths,
					       .path_count = store->path_count,
					       .above = &store->layer,
					       .may_be_empty = true,
					       .wider_selectors = guard->knows && guard->knows(guard->closure)};
	struct policy *fresh;

	if (store->layer_error.text[0]) {
		*err = store->layer_error;
		return -1;
	}
	if (policy_load(&options, &fresh, err) < 0)
		return -1;
	struct policy *old = newest(store);
	int rc = options.wider_selectors && old ? guard->judge(guard->closure, fresh, old, err) : 0;
	policy_unref(old);
	if (rc < 0)
		policy_unref(fresh);
	else
		*ret = fresh;
	return rc;
}

static enum policy_poll reload(struct policy_store *store, bool changed, struct err *err)
{
	struct policy *fresh = NULL;

	/* Signed before it is read: what changes meanwhile is seen by the next poll. */
	sign_files(store, store->signature);
	int failed = load(store, &fresh, err);
	pthread_mutex_lock(&store->lock);
	if (failed == 0)
		take_fresh(store, fresh);
	store->error = failed < 0 ? *err : (struct err){""};
	pthread_mutex_unlock(&store->lock);
	if (again_note(&store->again, failed, err) && !changed)
		return POLICY_UNCHANGED;
	return failed < 0 ? POLICY_FAILED : POLICY_RELOADED;
}

enum policy_poll policy_store_reload(struct policy_store *store, struct err *err)
{
	pthread_mutex_lock(&store->loading);
	enum policy_poll done = reload(store, true, err);
	pthread_mutex_unlock(&store->loading);
	return done;
}

enum policy_poll policy_store_poll(struct policy_store *store, struct err *err)
{
	enum policy_poll done = POLICY_UNCHANGED;
	char signature[65];

	pthread_mutex_lock(&store->loading);
	sign_files(store, signature);
	if (memcmp(signature, store->signature, sizeof(signature)) != 0)
		done = reload(store, true, err);
	else if (again_due(&store->again))
		done = reload(store, false, err);
	pthread_mutex_unlock(&store->loading);
	return done;
}

/* ---- the layer above the files ---- */

static void sign_layer(const struct policy_layer *layer, char signature[65])
{
	struct arena a = ARENA_INIT;
	struct buf all = buf_in(&a);

	for (size_t i = 0; i < layer->count; i++) {
		buf_printf(&all, "%s %zu\n", layer->sources[i].name, layer->sources[i].text.len);
		buf_add(&all, layer->sources[i].text);
	}
	sha256_hex(buf_slice(&all), signature);
	arena_release(&a);
}

static void copy_layer(struct policy_store *store, const struct policy_layer *layer)
{
	struct arena *a = &store->layer_arena;

	arena_release(a);
	struct policy_source *sources = ARENA_ARRAY(a, layer->count, struct policy_source);
	for (size_t i = 0; i < layer->count; i++) {
		sources[i].name = arena_dup(a, slice_of(layer->sources[i].name));
		sources[i].text = arena_copy(a, layer->sources[i].text);
	}
	store->layer = (struct policy_layer){.sources = sources, .count = layer->count};
}

enum policy_poll policy_store_layer(struct policy_store *store, const struct policy_layer *layer, struct err *err)
{
	static const struct policy_layer none = {.count = 0};
	enum policy_poll done = POLICY_UNCHANGED;
	char signature[65];

	layer = layer ? layer : &none;
	sign_layer(layer, signature);
	pthread_mutex_lock(&store->loading);
	if (store->layer_error.text[0] || memcmp(signature, store->layer_signature, sizeof(signature)) != 0) {
		store->layer_error.text[0] = '\0';
		memcpy(store->layer_signature, signature, sizeof(signature));
		copy_layer(store, layer);
		done = reload(store, true, err);
	}
	pthread_mutex_unlock(&store->loading);
	return done;
}

enum policy_poll policy_store_no_layer(struct policy_store *store, const struct err *why)
{
	struct err err;

	pthread_mutex_lock(&store->loading);
	bool known = strcmp(why->text, store->layer_error.text) == 0;
	store->layer_error = *why;
	enum policy_poll done = known ? POLICY_UNCHANGED : reload(store, true, &err);
	pthread_mutex_unlock(&store->loading);
	return done;
}

void policy_store_guard(struct policy_store *store, const struct policy_guard *guard)
{
	store->guard = *guard;
}

/* ---- lifetime ---- */

int policy_store_open(const char *const *paths, size_t count, struct policy_store **ret, struct err *err)
{
	struct policy_store *store = calloc(1, sizeof(*store));

	if (!store)
		out_of_memory();
	store->path_count = count;
	store->paths = ARENA_ARRAY(&store->arena, count, const char *);
	for (size_t i = 0; i < count; i++)
		store->paths[i] = arena_dup(&store->arena, slice_of(paths[i]));
	sign_layer(&store->layer, store->layer_signature);
	pthread_mutex_init(&store->loading, NULL);
	pthread_mutex_init(&store->lock, NULL);
	if (policy_store_reload(store, err) == POLICY_FAILED) {
		policy_store_close(store);
		return -1;
	}
	*ret = store;
	return 0;
}

struct policy *policy_store_get(struct policy_store *store)
{
	struct policy *other, *p = policy_store_pair(store, &other);

	policy_unref(other);
	return p;
}

struct policy *policy_store_pair(struct policy_store *store, struct policy **other)
{
	pthread_mutex_lock(&store->lock);
	move_on(store);
	struct policy *p = policy_ref(store->current), *o = store->next ? store->next : store->former;
	*other = o ? policy_ref(o) : NULL;
	pthread_mutex_unlock(&store->lock);
	return p;
}

void policy_store_settle(struct policy_store *store, int64_t ns)
{
	pthread_mutex_lock(&store->lock);
	store->settle = ns;
	pthread_mutex_unlock(&store->lock);
}

void policy_store_error(struct policy_store *store, struct err *ret)
{
	pthread_mutex_lock(&store->lock);
	*ret = store->error;
	pthread_mutex_unlock(&store->lock);
}

void policy_store_close(struct policy_store *store)
{
	if (!store)
		return;
	policy_unref(store->current);
	policy_unref(store->next);
	policy_unref(store->former);
	pthread_mutex_destroy(&store->lock);
	pthread_mutex_destroy(&store->loading);
	arena_release(&store->layer_arena);
	arena_release(&store->arena);
	free(store);
}
