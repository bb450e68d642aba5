/* Are they audit logs? Told by the first event within a few lines, so that a log needs no flag and no name. */
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

	if (file_tree(a, path, manifests, &list, err) < 0)
		return -1;
	if (list.count == 0 && file_tree(a, path, logs, &list, err) < 0)
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

/* After a first line that was cut (rotation, tail -c) the next one is whole, and a few lines may be another program's. */
#define LOOK_LINES 64
#define LOOK_BYTES (1u * 1024 * 1024)

enum sort {
	SORT_EMPTY,    /* nothing but blanks: neither */
	SORT_UNCLEAR,  /* none of these within the lines looked at: taken to be as the others are */
	SORT_MANIFEST,
	SORT_LOG
};

/* The first event of what a line holds; NULL where it holds none. */
static const struct json *first_event(const struct json *root)
{
	const struct json *item = audit_is_event_list(root) ? json_first(json_get(root, "items")) : root;

	return audit_is_event(root) || (item && item != root && audit_is_list_item(item)) ? item : NULL;
}

/* YAML, or JSON that is printed over several lines: a log's line, even without its beginning, ends as an object does. */
static bool is_part_of_manifest(struct slice line)
{
	static const char *const starts[] = {"---", "apiVersion:", "kind:"};
	static const char *const ends[] = {"{", "[", ","};

	while (line.len > 0 && strchr(" \t\r", line.ptr[line.len - 1]))
		line.len--;
	for (size_t i = 0; i < COUNT_OF(starts); i++)
		if (slice_starts(line, starts[i]) || slice_ends(line, ends[i]))
			return true;
	return false;
}

static enum sort sort_of_line(struct arena *a, struct slice line, const struct json **event)
{
	const struct json *root;
	struct err ignored;

	/* Most first lines are not a log's, and need not be parsed to see that. */
	if (!slice_starts(line, "{") || json_parse_limited(a, line, AUDIT_JSON_NODES, &root, &ignored) < 0)
		return is_part_of_manifest(line) ? SORT_MANIFEST : SORT_UNCLEAR;
	*event = first_event(root);
	if (*event)
		return SORT_LOG;
	return json_text(json_get(root, "kind"), NULL) && !audit_is_event_list(root) ? SORT_MANIFEST : SORT_UNCLEAR;
}

static int no_archive(const char *path, struct slice line, struct err *err)
{
	if (!slice_starts(line, "\x1f\x8b"))
		return 0;
	return err_set(err, "'%s' is compressed with gzip: zcat %s | sparkgate review -f -", path,
		       strcmp(path, "-") == 0 ? "FILE" : path);
}

/* Look at the first lines, until one says what all are. The first event's moment is file->time, of arena a. */
static int look_at_lines(struct arena *a, struct replay_file *file, struct lines *lines, enum sort *ret, struct err *err)
{
	struct arena scratch = ARENA_INIT;
	const struct json *event = NULL;
	enum lines_state state = LINES_LINE;
	enum sort sort = SORT_EMPTY;
	size_t at = 0;
	int rc = 0;

	for (unsigned i = 0; i < LOOK_LINES && at < LOOK_BYTES && sort <= SORT_UNCLEAR && rc == 0; i++) {
		struct slice line = {"", 0};
		state = lines_peek(lines, &at, &line, err);
		if (state == LINES_END || state == LINES_FAILED)
			break;
		rc = i == 0 ? no_archive(file->path, line, err) : 0;
		sort = state == LINES_LINE ? sort_of_line(&scratch, line, &event) : SORT_UNCLEAR;
		if (event)
			file->time = arena_dup(a, slice_of(json_text(json_get(event, "requestReceivedTimestamp"), "")));
		arena_reset(&scratch);
		if (state == LINES_LONG)
			break;
	}
	arena_release(&scratch);
	*ret = sort;
	return state == LINES_FAILED ? -1 : rc;
}

/* What is file? What cannot be read again stays open, or in head; where it is unclear both, until all files are known. */
static int look(struct arena *a, struct replay_file *file, enum sort *sort, uint64_t *size, struct err *err)
{
	struct lines *lines;

	if (lines_open(file->path, AUDIT_LINE_MAX, &lines, err) < 0)
		return -1;
	if (look_at_lines(a, file, lines, sort, err) < 0) {
		lines_close(lines);
		return -1;
	}
	*size = lines_size(lines);
	file->head = *sort == SORT_LOG ? file->head : arena_copy(a, lines_taken(lines));
	if (*sort != SORT_MANIFEST && *size == 0)
		file->lines = lines;
	else
		lines_close(lines);
	return 0;
}

/* ---- all together ---- */

static int by_time(const void *a, const void *b)
{
	const struct replay_file *x = a, *y = b;
	int order = strcmp(x->time, y->time);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static int mixed(const struct replay_file *log, const struct replay_file *other, struct err *err)
{
	return err_set(err,
		       "'%s' is an audit log, '%s' is not: review them one after the other; Namespaces and ConfigMaps for a log "
		       "are given by --namespaces",
		       log->path, other->path);
}

static void release(struct replay_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		lines_close(files->items[i].lines);
		files->items[i].lines = NULL;
	}
}

/* One kind of files, and an unclear one is a log beside logs: its bad lines are counted then. */
static int agree(struct replay_files *files, const struct replay_file *log, const struct replay_file *manifest, struct err *err)
{
	if (log && manifest)
		return mixed(log, manifest, err);
	files->logs = log != NULL;
	if (log)
		qsort(files->items, files->count, sizeof(*files->items), by_time);
	else
		release(files);
	return 0;
}

int replay_files_find(struct arena *a, const struct option_list *paths, struct replay_files *ret, struct err *err)
{
	const struct replay_file *log = NULL, *manifest = NULL;
	bool sized = true;

	*ret = (struct replay_files){.logs = false};
	if (add_paths(a, paths, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < ret->count; i++) {
		struct replay_file *file = &ret->items[i];
		enum sort sort = SORT_MANIFEST;
		uint64_t size = 0;
		if (!file_is_directory(file->path) && look(a, file, &sort, &size, err) < 0)
			return -1;
		log = sort == SORT_LOG ? file : log;
		manifest = sort == SORT_MANIFEST ? file : manifest;
		sized = sized && (size > 0 || sort == SORT_EMPTY);
		ret->bytes += size;
	}
	ret->bytes = sized ? ret->bytes : 0;
	return agree(ret, log, manifest, err);
}

void replay_files_close(struct replay_files *files)
{
	release(files);
	files->count = 0;
}
