/* Are they audit logs? Told by the first event, so that a log needs no flag and no name. */
#include "command/replay.h"

#include "base/file.h"

#include <stdlib.h>

static struct replay_file *add(struct arena *a, struct replay_files *files, const char *path)
{
	files->items = arena_grow(a, files->items, &files->cap, files->count + 1, sizeof(*files->items));
	struct replay_file *file = &files->items[files->count];
	*file = (struct replay_file){.path = path, .time = "", .head = {"", 0}, .order = files->count};
	files->count++;
	return file;
}

/* ---- directories ---- */

/* The logs of a directory that holds no manifest: rotated ones, audit.log and audit-2025-01-31T...log. */
static int add_directory(struct arena *a, struct replay_files *files, const char *path, struct err *err)
{
	static const char *const manifests[] = {".yaml", ".yml", ".json", NULL}, *const logs[] = {".log", ".jsonl", NULL};
	struct file_list list;

	if (file_list(a, path, manifests, &list, err) < 0)
		return -1;
	if (list.count == 0 && file_list(a, path, logs, &list, err) < 0)
		return -1;
	/* Manifests, or nothing at all: review_input_add() reads them, or says what is missing. */
	if (list.count == 0 || !(slice_ends(slice_of(list.paths[0]), ".log") || slice_ends(slice_of(list.paths[0]), ".jsonl"))) {
		add(a, files, path);
		return 0;
	}
	for (size_t i = 0; i < list.count; i++)
		add(a, files, list.paths[i]);
	return 0;
}

static int add_paths(struct arena *a, const struct option_list *paths, struct replay_files *files, struct err *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		if (!file_is_directory(paths->items[i]))
			add(a, files, paths->items[i]);
		else if (add_directory(a, files, paths->items[i], err) < 0)
			return -1;
	}
	return 0;
}

/* ---- what they are ---- */

/* The first event of a line; NULL where it holds none. */
static const struct json *first_event(struct arena *a, struct slice line)
{
	const struct json *root;
	struct err ignored;

	/* Most first lines are no log's, and need not be parsed to see that. */
	if (!slice_starts(line, "{") || !slice_has(line, "audit.k8s.io/") ||
	    json_parse_limited(a, line, AUDIT_JSON_NODES, &root, &ignored) < 0)
		return NULL;
	return audit_is_event(root) ? root : audit_is_event_list(root) ? json_first(json_get(root, "items")) : NULL;
}

static int no_archive(const char *path, struct slice line, struct err *err)
{
	if (!slice_starts(line, "\x1f\x8b"))
		return 0;
	return err_set(err, "'%s' is compressed with gzip: zcat %s | sparkgate review -f -", path,
		       strcmp(path, "-") == 0 ? "FILE" : path);
}

/* Is it a log? What cannot be read again stays open, or in head. */
static int look(struct arena *a, struct replay_file *file, bool *log, uint64_t *size, struct err *err)
{
	struct slice line = {"", 0};
	struct arena scratch = ARENA_INIT;
	struct lines *lines;

	if (lines_open(file->path, AUDIT_LINE_MAX, &lines, err) < 0)
		return -1;
	if (lines_peek(lines, &line, err) == LINES_FAILED || no_archive(file->path, line, err) < 0) {
		lines_close(lines);
		return -1;
	}
	const struct json *event = first_event(&scratch, line);
	*log = event != NULL;
	*size = lines_size(lines);
	if (event)
		file->time = arena_dup(a, slice_of(json_text(json_get(event, "requestReceivedTimestamp"), "")));
	arena_release(&scratch);
	file->head = *log ? file->head : arena_copy(a, lines_taken(lines));
	if (*log && *size == 0)
		file->lines = lines;
	else
		lines_close(lines);
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct replay_file *x = a, *y = b;
	int order = strcmp(x->time, y->time);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static int mixed(const struct replay_file *log, const struct replay_file *other, struct err *err)
{
	return err_set(err,
		       "'%s' is an audit log, '%s' is none: review them one after the other; Namespaces and ConfigMaps for a log "
		       "are given by --namespaces",
		       log->path, other->path);
}

int replay_files_find(struct arena *a, const struct option_list *paths, struct replay_files *ret, struct err *err)
{
	const struct replay_file *log = NULL, *other = NULL;
	bool sized = true;

	*ret = (struct replay_files){.logs = false};
	if (add_paths(a, paths, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < ret->count; i++) {
		struct replay_file *file = &ret->items[i];
		bool is_log = false;
		uint64_t size = 0;
		if (!file_is_directory(file->path) && look(a, file, &is_log, &size, err) < 0)
			return -1;
		*(is_log ? &log : &other) = file;
		sized = sized && size > 0;
		ret->bytes += size;
	}
	if (log && other)
		return mixed(log, other, err);
	ret->logs = log != NULL;
	ret->bytes = sized ? ret->bytes : 0;
	if (ret->logs)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_time);
	return 0;
}

void replay_files_close(struct replay_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		lines_close(files->items[i].lines);
	files->count = 0;
}
