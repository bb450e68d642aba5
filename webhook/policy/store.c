#include "policy/store.h"

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
	char signature[65]; /* of the files when they were last loaded; the polling thread's alone */
	pthread_mutex_t lock;
	struct policy *current; /* under lock */
	struct err error;       /* under lock */
};

/* ---- what the files look like ---- */

static void add_stamp(struct buf *out, const char *path)
{
	struct file_stamp s = file_stamp(path);

	buf_printf(out, "%s %d %ju %ju %jd %jd.%09ld\n", path, s.exists, (uintmax_t)s.device, (uintmax_t)s.inode,
		   (intmax_t)s.size, (intmax_t)s.changed.tv_sec, s.changed.tv_nsec);
}

/* One digest of everything a change of which means: load again. */
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

/* ---- loading ---- */

static int load(const struct policy_store *store, struct policy **ret, struct err *err)
{
	const struct policy_options options = {.paths = (const char *const *)store->paths,
					       .path_count = store->path_count};

	return policy_load(&options, ret, err);
}

enum policy_poll policy_store_reload(struct policy_store *store, struct err *err)
{
	struct policy *fresh = NULL;

	/* Signed before it is read: what changes meanwhile is seen by the next poll. */
	sign_files(store, store->signature);
	int failed = load(store, &fresh, err);
	pthread_mutex_lock(&store->lock);
	struct policy *old = failed < 0 ? NULL : store->current;
	store->current = failed < 0 ? store->current : fresh;
	store->error = failed < 0 ? *err : (struct err){""};
	pthread_mutex_unlock(&store->lock);
	policy_unref(old);
	return failed < 0 ? POLICY_FAILED : POLICY_RELOADED;
}

enum policy_poll policy_store_poll(struct policy_store *store, struct err *err)
{
	char signature[65];

	sign_files(store, signature);
	if (memcmp(signature, store->signature, sizeof(signature)) == 0)
		return POLICY_UNCHANGED;
	return policy_store_reload(store, err);
}

/* ---- lifetime ---- */

int policy_store_open(const char *const *paths, size_t count, struct policy_store **ret, struct err *err)
{
	struct policy_store *store = calloc(1, sizeof(*store));

	if (!store)
		abort(); /* as the arenas do */
	store->path_count = count;
	store->paths = ARENA_ARRAY(&store->arena, count, const char *);
	for (size_t i = 0; i < count; i++)
		store->paths[i] = arena_dup(&store->arena, slice_of(paths[i]));
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
	pthread_mutex_lock(&store->lock);
	struct policy *p = policy_ref(store->current);
	pthread_mutex_unlock(&store->lock);
	return p;
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
	pthread_mutex_destroy(&store->lock);
	arena_release(&store->arena);
	free(store);
}
