#include "facts/files.h"

#include "base/again.h"
#include "base/file.h"
#include "base/limits.h"
#include "facts/index.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct facts_files {
	struct facts_source source; /* first: a source is cast back to its files */
	char *path;
	struct file_stamp stamp;    /* of what was last looked at, good or bad */
	struct again again;
	pthread_mutex_t lock;       /* guards the three below */
	struct facts_index *index;
	bool stale;
	struct err error;
};

static int load(const char *path, struct facts_index **ret, struct err *err)
{
	struct facts_index *index = facts_index_new();
	struct arena arena = ARENA_INIT;
	struct slice text;

	int failed = file_read(&arena, path, LIMIT_FILE_BYTES, &text, err);
	if (failed == 0 && facts_index_add_text(index, text, YAML_MANIFEST, err) < 0)
		failed = err_wrap(err, "%s", path);
	arena_release(&arena); /* the index has copies of all it needs */
	if (failed < 0) {
		facts_index_unref(index);
		return -1;
	}
	*ret = index;
	return 0;
}

static struct facts_index *current(struct facts_files *files)
{
	pthread_mutex_lock(&files->lock);
	struct facts_index *index = facts_index_ref(files->index);
	pthread_mutex_unlock(&files->lock);
	return index;
}

/* ---- the source ---- */

static enum facts_outcome get(struct facts_source *source, const struct needs *needs, struct facts_wait *wait,
			      struct facts *ret, struct facts_lease *lease)
{
	struct facts_index *index = current((struct facts_files *)source);

	(void)wait; /* everything is here already */
	*ret = (struct facts){.now = clock_unix()};
	facts_index_fill(index, needs, LOOKUP_MISSING, ret);
	lease->snapshot = index;
	return FACTS_READY;
}

static void put(struct facts_source *source, struct facts_lease *lease)
{
	(void)source;
	facts_index_unref(lease->snapshot);
	lease->snapshot = NULL;
}

/* Opening read the file; a bad file later leaves the old facts in force. */
static bool ready(struct facts_source *source, char *why, size_t size)
{
	(void)source;
	if (size > 0)
		why[0] = '\0';
	return true;
}

static const struct facts_source_class files_class = {.get = get, .put = put, .ready = ready};

struct facts_source *facts_files_source(struct facts_files *files)
{
	return &files->source;
}

/* ---- open, reload, close ---- */

int facts_files_open(const char *path, struct facts_files **ret, struct err *err)
{
	struct file_stamp stamp = file_stamp(path); /* before reading: a change in between is seen by reload */
	struct facts_index *index;

	if (load(path, &index, err) < 0)
		return -1;

	struct facts_files *files = calloc(1, sizeof(*files));
	char *copy = strdup(path);
	if (!files || !copy)
		out_of_memory();
	*files = (struct facts_files){.source = {&files_class}, .path = copy, .stamp = stamp, .index = index};
	pthread_mutex_init(&files->lock, NULL);
	*ret = files;
	return 0;
}

void facts_files_close(struct facts_files *files)
{
	if (!files)
		return;
	facts_index_unref(files->index);
	pthread_mutex_destroy(&files->lock);
	free(files->path);
	free(files);
}

/* Put index in force, or keep the old one and its error. */
static void install(struct facts_files *files, struct facts_index *index, const struct err *error)
{
	struct facts_index *old = NULL;

	pthread_mutex_lock(&files->lock);
	if (index) {
		old = files->index;
		files->index = index;
	} else {
		files->error = *error;
	}
	files->stale = !index;
	pthread_mutex_unlock(&files->lock);
	facts_index_unref(old);
}

int facts_files_reload(struct facts_files *files, struct err *err)
{
	struct file_stamp stamp = file_stamp(files->path);
	struct facts_index *index = NULL;
	bool changed = !file_stamp_eq(&stamp, &files->stamp);

	if (!changed && !again_due(&files->again))
		return 0;
	files->stamp = stamp;
	int failed = load(files->path, &index, err);
	install(files, index, err);
	if (again_note(&files->again, failed, err) && !changed)
		return 0;
	return failed < 0 ? -1 : 1;
}

void facts_files_count(struct facts_files *files, size_t *namespaces, size_t *config_maps)
{
	struct facts_index *index = current(files);

	*namespaces = facts_index_namespace_count(index);
	*config_maps = facts_index_config_map_count(index);
	facts_index_unref(index);
}

bool facts_files_stale(struct facts_files *files, struct err *ret)
{
	pthread_mutex_lock(&files->lock);
	bool stale = files->stale;
	if (stale)
		*ret = files->error;
	pthread_mutex_unlock(&files->lock);
	return stale;
}
