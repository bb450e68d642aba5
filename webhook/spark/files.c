#include "spark/files.h"

#include "spark/mounts.h"

/* A pod reads one or two; whoever mounts more is told that the rest was not seen. The bounds hold over all volumes: one
 * ConfigMap can be mounted 40,000 times. */
#define FILES_MAX 64
#define SOURCES_MAX 64
#define BYTES_MAX (2u * 1024 * 1024)

const struct lookup *lookup_of(const struct lookups *lookups, const char *name)
{
	for (size_t i = 0; i < lookups->count; i++)
		if (strcmp(lookups->items[i].name, name) == 0)
			return &lookups->items[i];
	return NULL;
}

const char *lookup_why(const struct lookup *lookup)
{
	return lookup && lookup->state == LOOKUP_MISSING ? "not found" : "not read";
}

/* Below which path a key is seen: itself without `items`; NULL where `items` leaves it out. */
static const char *path_of(const struct json *source, const char *key)
{
	const struct json *items = json_get(source, "items");

	if (!items)
		return key;
	JSON_EACH(item, items)
		if (strcmp(json_text(json_get(item, "key"), ""), key) == 0)
			return json_text(json_get(item, "path"), key);
	return NULL;
}

static struct slice base_name(struct slice path)
{
	while (path.len > 0) {
		struct slice rest = path;
		struct slice head = slice_cut(&rest, '/');
		if (head.len == path.len)
			return path;
		path = rest;
	}
	return path;
}

static void too_much(struct arena *a, const char *name, struct pod_files *files)
{
	files->missing = arena_printf(a, "ConfigMap '%s' (too many files)", name);
}

static bool mounts(const struct json *containers, const char *volume)
{
	JSON_EACH(c, containers)
		JSON_EACH(m, json_get(c, "volumeMounts"))
			if (strcmp(json_text(json_get(m, "name"), ""), volume) == 0)
				return true;
	return false;
}

/* In any container: one may fill a folder for another. */
static bool is_mounted(const struct json *spec, const char *volume)
{
	return mounts(json_get(spec, "containers"), volume) || mounts(json_get(spec, "initContainers"), volume);
}

/* `items` may give Spark's own file the name of any key. */
static bool may_be_read(const struct policy *p, const char *key, const char *path, struct slice text)
{
	return data_key_may_be_read(p, slice_of(key), text) || slice_is(base_name(slice_of(path)), "spark-defaults.conf");
}

static const char *name_of_binary(struct arena *a, const struct pod_file *file)
{
	return arena_printf(a, "ConfigMap '%s', key '%s' (binaryData)", file->config_map, file->key);
}

/* Of these only the names are known: one that Spark looks for is a file that was not seen. */
static void add_binary(const struct policy *p, struct arena *a, const char *volume, const struct json *source,
		       const struct lookup *lookup, struct pod_files *files)
{
	JSON_EACH(m, json_get(lookup->object, "binaryData")) {
		const char *key = json_key(m), *path = path_of(source, key);
		struct pod_file file = {.volume = volume, .config_map = lookup->name, .key = key, .path = path, .mounted = true};

		if (!path)
			continue;
		if (files->binary_count == FILES_MAX) {
			too_much(a, lookup->name, files);
			return;
		}
		files->binary = arena_grow(a, files->binary, &files->binary_cap, files->binary_count + 1, sizeof(file));
		files->binary[files->binary_count++] = file;
		if (!files->missing && may_be_read(p, key, path, SLICE_LIT("")))
			files->missing = name_of_binary(a, &file);
	}
}

static void add_texts(const struct policy *p, struct arena *a, const struct json *spec, const char *volume,
		      const struct json *source, const struct lookup *lookup, struct pod_files *files)
{
	if (++files->sources > SOURCES_MAX || json_count(json_get(source, "items")) > FILES_MAX) {
		too_much(a, lookup->name, files);
		return;
	}
	bool mounted = is_mounted(spec, volume);
	if (mounted)
		add_binary(p, a, volume, source, lookup, files);
	JSON_EACH(m, json_get(lookup->object, "data")) {
		struct slice text = json_slice(m);
		const char *path = path_of(source, json_key(m));
		if (!text.ptr || !path || !may_be_read(p, json_key(m), path, text))
			continue;
		if (files->count == FILES_MAX || text.len > BYTES_MAX - files->bytes) {
			too_much(a, lookup->name, files);
			return;
		}
		files->bytes += text.len;
		files->items = arena_grow(a, files->items, &files->cap, files->count + 1, sizeof(*files->items));
		files->items[files->count++] =
			(struct pod_file){volume, lookup->name, json_key(m), path, text, lookup->object, mounted};
	}
}

bool is_root_ca(const char *name)
{
	return strcmp(name, "kube-root-ca.crt") == 0;
}

/* One ConfigMap of a volume: `source` is its configMap member. */
static void add_source(const struct policy *p, struct arena *a, const struct json *spec, const char *volume,
		       const struct json *source, const struct lookups *lookups, struct pod_files *files)
{
	const char *name = json_text(json_get(source, "name"), NULL);
	const struct lookup *lookup = name ? lookup_of(lookups, name) : NULL;

	if (!name || is_root_ca(name))
		return;
	if (lookup && lookup->state == LOOKUP_FOUND) {
		add_texts(p, a, spec, volume, source, lookup, files);
		return;
	}
	if (!files->missing)
		files->missing = arena_printf(a, "ConfigMap '%s' (%s)", name, lookup_why(lookup));
}

void pod_files_find(const struct policy *p, struct arena *a, const struct json *spec, const struct lookups *lookups,
		    struct pod_files *ret)
{
	*ret = (struct pod_files){.spec = spec, .lookups = lookups};
	JSON_EACH(volume, json_get(spec, "volumes")) {
		const char *name = json_text(json_get(volume, "name"), "");
		add_source(p, a, spec, name, json_get(volume, "configMap"), lookups, ret);
		JSON_EACH(source, json_get(json_get(volume, "projected"), "sources"))
			add_source(p, a, spec, name, json_get(source, "configMap"), lookups, ret);
	}
}

/* ---- what could not be seen ---- */

/* The last of items that stands at path of container. */
static const struct pod_file *last_at(struct arena *a, const struct json *container, const struct pod_file *items, size_t count,
				      struct slice path)
{
	const struct json *mount = mount_of(container, path);
	const char *volume = json_text(json_get(mount, "name"), "");
	const struct pod_file *found = NULL;

	if (!mount)
		return NULL;
	struct slice below = path_in_volume(a, mount, path);
	for (size_t i = 0; i < count; i++)
		if (strcmp(items[i].volume, volume) == 0 && below.ptr && path_same(below, slice_of(items[i].path)))
			found = &items[i];
	return found;
}

/* The text of a ConfigMap at path of a volume, of whatever kind it is; NULL where none stands there. */
static const struct pod_file *text_in(struct arena *a, const struct json *source, const struct lookups *lookups, const char *volume,
				      struct slice path)
{
	const char *name = json_text(json_get(source, "name"), NULL);
	const struct lookup *lookup = name ? lookup_of(lookups, name) : NULL;
	struct slice key = source_key_at(source, path);
	struct pod_file *file;

	if (!key.ptr || !lookup || lookup->state != LOOKUP_FOUND)
		return NULL;
	struct slice text = json_slice(json_get_slice(json_get(lookup->object, "data"), key));
	if (!text.ptr || text.len > BYTES_MAX)
		return NULL;
	file = ARENA_ARRAY(a, 1, struct pod_file);
	*file = (struct pod_file){volume, lookup->name, arena_dup(a, key), arena_dup(a, path), text, lookup->object, true};
	return file;
}

/* What a path names is read as properties, be it a script or YAML by its name or its look: such texts are among the files
 * of no pod otherwise. */
static const struct pod_file *text_at(struct arena *a, const struct json *container, const struct pod_files *files,
				      struct slice path)
{
	const struct json *mount = mount_of(container, path);
	const char *name = json_text(json_get(mount, "name"), "");
	const struct json *volume = mount && files->spec ? volume_named(files->spec, name) : NULL;
	const struct pod_file *found = NULL;

	if (!volume)
		return NULL;
	struct slice below = path_in_volume(a, mount, path);
	if (!below.ptr)
		return NULL;
	if (json_get(volume, "configMap"))
		return text_in(a, json_get(volume, "configMap"), files->lookups, name, below);
	JSON_EACH(source, json_get(json_get(volume, "projected"), "sources")) {
		const struct pod_file *here = text_in(a, json_get(source, "configMap"), files->lookups, name, below);
		found = here ? here : found;
	}
	return found;
}

const struct pod_file *pod_files_at(struct arena *a, const struct json *container, const struct pod_files *files,
				    struct slice path)
{
	const struct pod_file *known = last_at(a, container, files->items, files->count, path);

	return known ? known : text_at(a, container, files, path);
}

static const char *env_value(const struct json *container, const char *name)
{
	JSON_EACH(e, json_get(container, "env"))
		if (strcmp(json_text(json_get(e, "name"), ""), name) == 0)
			return json_text(json_get(e, "value"), NULL);
	return NULL;
}

/* Spark's own place for spark-defaults.conf where nothing is named: SPARK_CONF_DIR, else a mount that looks like
 * $SPARK_HOME/conf. Images hold none there of their own (apache/spark-docker). */
static struct slice default_directory(const struct json *container)
{
	const char *dir = env_value(container, "SPARK_CONF_DIR");

	if (dir)
		return slice_of(dir);
	JSON_EACH(m, json_get(container, "volumeMounts")) {
		struct slice mount = json_slice(json_get(m, "mountPath"));
		if (mount.ptr && (slice_ends(mount, "/conf") || slice_ends(mount, "/conf/") ||
				  slice_ends(mount, "/conf/spark-defaults.conf")))
			return mount;
	}
	return (struct slice){NULL, 0};
}

/* A file that nothing mounts: something in the pod made it (from texts that we have seen, or not), or it is the
 * image's. */
static const char *unmounted(struct arena *a, const struct pod_files *files, struct slice path)
{
	if (files->missing)
		return files->missing;
	if (files->count > 0)
		return NULL;
	return arena_printf(a, "file '%.*s' of the image", SLICE_ARG(path));
}

const char *pod_files_unseen(struct arena *a, const struct json *spec, const struct json *container,
			     const struct pod_files *files, struct slice properties_file)
{
	struct slice path = properties_file.ptr ? properties_file : default_directory(container);

	if (!path.ptr)
		return files->missing;
	const struct pod_file *binary = last_at(a, container, files->binary, files->binary_count, path);
	if (binary)
		return name_of_binary(a, binary);
	const struct json *mount = mount_of(container, path);
	const struct json *volume = mount ? volume_named(spec, json_text(json_get(mount, "name"), "")) : NULL;
	if (!volume || json_get(volume, "emptyDir"))
		return unmounted(a, files, path);
	const char *opaque = volume_opaque(a, volume);
	return opaque ? opaque : files->missing;
}

/* ---- order ---- */

/* How likely is it that the file is what is read under this name? */
static int likeness(const struct pod_file *file, struct slice name)
{
	struct slice key = base_name(slice_of(file->path));

	if (slice_eq(key, name))
		return 2;
	return name.len > 0 && slice_skip(&key, name) ? 1 : 0; /* spark-defaults.conf.template */
}

void pod_files_order(struct pod_files *files, struct slice properties_file)
{
	struct slice name = properties_file.ptr ? base_name(properties_file) : SLICE_LIT("spark-defaults.conf");

	/* Insertion sort by likeness: stable, and a pod names at most a few. */
	for (size_t i = 1; i < files->count; i++)
		for (size_t k = i; k > 0 && likeness(&files->items[k - 1], name) > likeness(&files->items[k], name); k--) {
			struct pod_file swap = files->items[k];
			files->items[k] = files->items[k - 1];
			files->items[k - 1] = swap;
		}
}

void pod_files_put_last(struct pod_files *files, const struct pod_file *file)
{
	size_t kept = 0;
	struct pod_file last = *file;

	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].volume != last.volume || files->items[i].text.ptr != last.text.ptr)
			files->items[kept++] = files->items[i];
	if (kept < files->count)
		files->items[kept++] = last;
	files->count = kept;
}

void pod_files_keep_named(struct pod_files *files, struct slice properties_file)
{
	struct slice name = base_name(properties_file);
	size_t kept = 0;

	for (size_t i = 0; i < files->count; i++)
		if (slice_eq(base_name(slice_of(files->items[i].path)), name))
			files->items[kept++] = files->items[i];
	if (kept > 0)
		files->count = kept;
}
