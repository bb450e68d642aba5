#include "spark/files.h"

#include "spark/env_text.h"
#include "spark/lookups.h"
#include "spark/mounts.h"
#include "spark/script_conf.h"

/* A pod reads one or two; whoever mounts more is told that the rest was not seen. The bounds hold over all volumes: one
 * ConfigMap can be mounted 40,000 times. */
#define FILES_MAX 64
#define BYTES_MAX (2u * 1024 * 1024)

/* Each is a look at every mount and volume. */
#define LOOKS_MAX 8

/* Below which path a key is seen: itself without `items`; NULL where `items` leaves it out. */
static const char *path_of(const struct json *source, const char *key)
{
	const struct json *items = source_items(source);

	if (!items)
		return key;
	JSON_EACH(item, items)
		if (strcmp(json_text(json_get(item, "key"), ""), key) == 0)
			return json_text(json_get(item, "path"), key);
	return NULL;
}

static void too_much(struct arena *a, const char *name, struct pod_files *files)
{
	if (!files->missing)
		files->missing = arena_printf(a, "ConfigMap '%s' (too many files)", name);
}

/* A pod has a few that are not ConfigMaps; each is a look at every mount. */
#define SHARED_MAX 16

static bool is_writable(const struct json *volume)
{
	static const char *const fixed[] = {"configMap", "secret", "projected", "downwardAPI"};

	for (size_t i = 0; i < COUNT_OF(fixed); i++)
		if (json_get(volume, fixed[i]))
			return false;
	return true;
}

/* Two volumes of a pod may be one claim, or one folder of the node. */
static bool is_one_store(const struct json *v, const struct json *w)
{
	struct slice claim = json_slice(json_get(json_get(v, "persistentVolumeClaim"), "claimName"));
	struct slice folder = json_slice(json_get(json_get(v, "hostPath"), "path"));

	return (claim.ptr && slice_eq(claim, json_slice(json_get(json_get(w, "persistentVolumeClaim"), "claimName")))) ||
	       (folder.ptr && slice_eq(folder, json_slice(json_get(json_get(w, "hostPath"), "path"))));
}

static bool has_second_name(const struct pod_files *files, const struct json *volume)
{
	JSON_EACH(other, json_get(files->spec, "volumes"))
		if (other != volume && is_one_store(volume, other) && volume_uses_mounted(files->uses, json_text(json_get(other, "name"), "")))
			return true;
	return false;
}

/* Do other containers share something with this one where they can leave what they read, be it rendered? */
static bool is_fed(const struct pod_files *files)
{
	size_t looks = 0;

	JSON_EACH(v, json_get(files->spec, "volumes")) {
		const char *name = json_text(json_get(v, "name"), "");
		if (!is_writable(v) || !volume_uses_mounted(files->uses, name))
			continue;
		if (++looks > SHARED_MAX)
			return true;
		if (mounts_volume(files->container, name) && (volume_uses_shared(files->uses, name) || has_second_name(files, v)))
			return true;
	}
	return false;
}

/* Can what the volume holds be read by the container that runs Spark? What only a side-car mounts that shares nothing cannot. */
static bool reaches(const struct pod_files *files, const char *volume)
{
	return mounts_volume(files->container, volume) || (files->fed && volume_uses_mounted(files->uses, volume));
}

/* `items` may give Spark's own file the name of any key. */
static bool may_be_read(const struct policy *p, const char *key, const char *path, struct slice text)
{
	return data_key_may_be_read(p, slice_of(key), text) || slice_is(path_last(slice_of(path)), "spark-defaults.conf");
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
		struct pod_file file = {.volume = volume, .config_map = lookup->name, .key = key, .path = path};

		if (!path)
			continue;
		if (files->binary_count == FILES_MAX) {
			too_much(a, lookup->name, files);
			return;
		}
		*ARENA_PUSH(a, files->binary, &files->binary_cap, files->binary_count) = file;
		if (!files->missing && may_be_read(p, key, path, SLICE_LIT("")))
			files->missing = name_of_binary(a, &file);
	}
}

static void add_texts(const struct policy *p, struct arena *a, const char *volume, const struct json *source,
		      const struct lookup *lookup, struct pod_files *files)
{
	if (json_count(json_get(source, "items")) > FILES_MAX) {
		too_much(a, lookup->name, files);
		return;
	}
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
			(struct pod_file){volume, lookup->name, json_key(m), path, text, lookup->object};
	}
}

/* One ConfigMap of a volume: `source` is its configMap member. */
static void add_source(const struct policy *p, struct arena *a, const char *volume, const struct json *source,
		       struct pod_files *files)
{
	const char *name = json_text(json_get(source, "name"), NULL);
	const struct lookup *lookup = lookup_of(files->lookups, name);

	if (!name || lookup_is_root_ca(name))
		return;
	if (++files->sources > SOURCES_MAX) {
		too_much(a, name, files);
		return;
	}
	if (!reaches(files, volume))
		return;
	if (lookup && lookup->state == LOOKUP_FOUND)
		add_texts(p, a, volume, source, lookup, files);
	else if (!files->missing)
		files->missing = arena_printf(a, "ConfigMap '%s' (%s)", name, lookup_why(lookup));
}

void pod_files_find(const struct policy *p, struct arena *a, struct pod_files *ret)
{
	ret->fed = is_fed(ret);
	JSON_EACH(volume, json_get(ret->spec, "volumes")) {
		const char *name = json_text(json_get(volume, "name"), "");
		add_source(p, a, name, json_get(volume, "configMap"), ret);
		JSON_EACH(source, json_get(json_get(volume, "projected"), "sources"))
			add_source(p, a, name, json_get(source, "configMap"), ret);
	}
}

/* ---- texts of any kind ---- */

/* The text of a key that stands at path of volume: false where it has none, or more than is read. */
static bool make_file(const struct lookup *config_map, const char *key, const char *volume, const char *path, struct pod_file *ret)
{
	struct slice text = json_slice(json_get(json_get(config_map->object, "data"), key));

	if (!text.ptr || text.len > BYTES_MAX)
		return false;
	*ret = (struct pod_file){volume, config_map->name, key, path, text, config_map->object};
	return true;
}

static const struct pod_file *same_text(const struct pod_files *files, const struct pod_file *file)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].text.ptr == file->text.ptr && files->items[i].object == file->object)
			return &files->items[i];
	return NULL;
}

const struct pod_file *pod_files_text(struct arena *a, const struct pod_files *files, const struct held_key *held)
{
	const struct pod_file *known;
	struct pod_file file, *made;

	if (!make_file(held->config_map, arena_dup(a, held->key), held->volume, arena_dup(a, held->path), &file))
		return NULL;
	known = same_text(files, &file);
	if (known)
		return known;
	made = ARENA_ARRAY(a, 1, struct pod_file);
	*made = file;
	return made;
}

static const struct lookup *found_source(const struct json *source, const struct lookups *lookups)
{
	return lookup_found(lookups, json_text(json_get(source, "name"), NULL));
}

/* Does source put a text at held->path? Then it is the one that is held. */
static void hold(const struct json *source, const struct lookups *lookups, struct held_key *held)
{
	const struct lookup *config_map = found_source(source, lookups);
	struct slice key = source_key_at(source, held->path);

	if (config_map && key.ptr && json_get_slice(json_get(config_map->object, "data"), key)) {
		held->config_map = config_map;
		held->key = key;
	}
}

/* What a path names is read as properties, be it a script or YAML by its name or its look: such texts are among the files
 * of no pod otherwise. */
const struct pod_file *pod_files_at(struct arena *a, const struct json *container, const struct pod_files *files,
				    struct slice path)
{
	const struct json *mount = mount_of(container, path);
	const char *name = json_text(json_get(mount, "name"), "");
	const struct json *volume = mount && files->spec ? volume_named(files->spec, name) : NULL;
	const struct json *sources = json_get(json_get(volume, "projected"), "sources");
	struct held_key held = {.volume = name};

	if (!volume || json_count(sources) > SOURCES_MAX)
		return NULL;
	held.path = path_in_volume(a, mount, path);
	if (!held.path.ptr)
		return NULL;
	hold(json_get(volume, "configMap"), files->lookups, &held);
	JSON_EACH(source, sources)
		hold(json_get(source, "configMap"), files->lookups, &held);
	return held.config_map ? pod_files_text(a, files, &held) : NULL;
}

/* Within the bounds, since each command line may name others. */
static void add_likely(struct arena *a, const struct pod_file *file, struct pod_files *files)
{
	if (!same_text(files, file)) {
		if (files->count >= FILES_MAX || file->text.len > BYTES_MAX - files->bytes) {
			too_much(a, file->config_map, files);
			return;
		}
		files->bytes += file->text.len;
	}
	pod_files_put_last(a, files, file);
}

static void add_key(struct arena *a, const struct lookup *config_map, const char *key, const char *volume, const char *path,
		    struct pod_files *files)
{
	struct pod_file file;

	if (make_file(config_map, key, volume, path, &file))
		add_likely(a, &file, files);
}

/* Without `items` a key is a file of its own name. */
static void add_keys_named(struct arena *a, const struct json *source, const struct lookup *config_map, const char *volume,
			   struct slice name, struct pod_files *files)
{
	const struct json *items = source_items(source);

	if (!items) {
		const char *key = arena_dup(a, name);
		add_key(a, config_map, key, volume, key, files);
		return;
	}
	if (json_count(items) > FILES_MAX)
		return; /* add_texts() said so */
	JSON_EACH(item, items) {
		const char *path = json_text(json_get(item, "path"), "");
		if (slice_eq(path_last(slice_of(path)), name))
			add_key(a, config_map, json_text(json_get(item, "key"), ""), volume, path, files);
	}
}

void pod_files_add_mounted_as(struct arena *a, const struct json *container, struct pod_files *files, struct slice name)
{
	size_t looks = 0;

	JSON_EACH(m, json_get(container, "volumeMounts")) {
		struct slice path = json_slice(json_get(m, "mountPath"));
		if (!json_get(m, "subPath") || !path.ptr || !slice_eq(path_last(path), name))
			continue;
		if (++looks > LOOKS_MAX) {
			files->missing = files->missing ? files->missing : "one of many files that are mounted under its name";
			return;
		}
		const struct pod_file *found = pod_files_at(a, container, files, path);
		if (!found)
			continue;
		struct pod_file file = *found;
		file.path = arena_dup(a, name);
		add_likely(a, &file, files);
	}
}

/* Of more sources add_texts() has said that there are too many. */
static void add_source_named(struct arena *a, const struct json *source, const char *volume, struct slice name,
			     size_t *sources, struct pod_files *files)
{
	const struct lookup *config_map = found_source(source, files->lookups);

	if (config_map && ++*sources <= SOURCES_MAX && reaches(files, volume))
		add_keys_named(a, source, config_map, volume, name, files);
}

void pod_files_add_named(struct arena *a, const struct json *container, struct pod_files *files, struct slice name)
{
	size_t sources = 0;

	if (name.len == 0)
		return;
	JSON_EACH(volume, json_get(files->spec, "volumes")) {
		const char *volume_name = json_text(json_get(volume, "name"), "");
		add_source_named(a, json_get(volume, "configMap"), volume_name, name, &sources, files);
		JSON_EACH(source, json_get(json_get(volume, "projected"), "sources"))
			add_source_named(a, json_get(source, "configMap"), volume_name, name, &sources, files);
	}
	pod_files_add_mounted_as(a, container, files, name);
}

/* ---- what could not be seen ---- */

/* The last key of binaryData that stands at path of container. */
static const struct pod_file *binary_at(struct arena *a, const struct json *container, const struct pod_files *files,
					struct slice path)
{
	const struct json *mount = files->binary_count > 0 ? mount_of(container, path) : NULL;
	const char *volume = json_text(json_get(mount, "name"), "");
	const struct pod_file *found = NULL;

	if (!mount)
		return NULL;
	struct slice below = path_in_volume(a, mount, path);
	for (size_t i = 0; i < files->binary_count; i++)
		if (strcmp(files->binary[i].volume, volume) == 0 && below.ptr && path_same(below, slice_of(files->binary[i].path)))
			found = &files->binary[i];
	return found;
}

/* Spark's own place for spark-defaults.conf where nothing is named: SPARK_CONF_DIR, else a mount that looks like
 * $SPARK_HOME/conf. Images hold none there of their own (apache/spark-docker). */
static struct slice default_directory(struct arena *a, const struct json *container, const struct environment *env, bool *by_variable)
{
	const struct env_item *item = environment_find(env, SLICE_LIT("SPARK_CONF_DIR"));
	struct env_texts texts = env_texts_of(a, env);
	size_t known = 0;
	struct slice dir = item ? env_text(&texts, item, &known) : SLICE_LIT("");

	*by_variable = dir.len > 0; /* empty is as good as unset, as in conf_dir.c */
	if (*by_variable)
		return dir;
	JSON_EACH(m, json_get(container, "volumeMounts")) {
		struct slice mount = json_slice(json_get(m, "mountPath"));
		if (mount.ptr && (slice_ends(mount, "/conf") || slice_ends(mount, "/conf/") ||
				  slice_ends(mount, "/conf/spark-defaults.conf")))
			return mount;
	}
	return SLICE_NONE;
}

/* A file that nothing mounts: something in the pod made it (from texts that we have seen, or not), or it is the
 * image's. A variable's value may be a looked-up ConfigMap's, and so is not shown. */
static const char *unmounted(struct arena *a, const struct pod_files *files, struct slice path, bool by_variable, const char *whose)
{
	if (files->missing)
		return files->missing;
	if (files->count > 0)
		return NULL;
	return by_variable ? "the folder of env SPARK_CONF_DIR" : arena_printf(a, "file '%.*s' %s", SLICE_ARG(path), whose);
}

const char *pod_files_unseen(struct arena *a, const struct json *spec, const struct json *container,
			     const struct environment *env, const struct pod_files *files, struct slice properties_file,
			     struct script_conf *script)
{
	bool by_variable = false;
	struct slice path = properties_file.ptr ? properties_file : default_directory(a, container, env, &by_variable);

	const char *scripted = script && !properties_file.ptr && !files->missing ? script_conf_unseen(a, spec, container, files, script) : NULL;
	if (scripted)
		return scripted;
	if (!path.ptr)
		return files->missing;
	const struct pod_file *binary = binary_at(a, container, files, path);
	if (binary)
		return name_of_binary(a, binary);
	const struct json *mount = mount_of(container, path);
	const struct json *volume = mount ? volume_named(spec, json_text(json_get(mount, "name"), "")) : NULL;
	if (volume && json_get(volume, "emptyDir"))
		return unmounted(a, files, path, by_variable, "(made in the pod)");
	if (!volume)
		return unmounted(a, files, path, by_variable, script ? "(of the image, or made by a command)" : "of the image");
	const char *opaque = volume_opaque(a, volume);
	return opaque ? opaque : files->missing;
}

/* ---- order ---- */

/* How likely is it that the file is what is read under this name? */
static int likeness(const struct pod_file *file, struct slice name)
{
	struct slice key = path_last(slice_of(file->path));

	if (slice_eq(key, name))
		return 2;
	return name.len > 0 && slice_skip(&key, name) ? 1 : 0; /* spark-defaults.conf.template */
}

void pod_files_order(struct pod_files *files, struct slice properties_file)
{
	struct slice name = properties_file.ptr ? path_last(properties_file) : SLICE_LIT("spark-defaults.conf");

	/* Insertion sort by likeness: stable, and a pod names at most a few. */
	for (size_t i = 1; i < files->count; i++)
		for (size_t k = i; k > 0 && likeness(&files->items[k - 1], name) > likeness(&files->items[k], name); k--) {
			struct pod_file swap = files->items[k];
			files->items[k] = files->items[k - 1];
			files->items[k - 1] = swap;
		}
}

void pod_files_put_last(struct arena *a, struct pod_files *files, const struct pod_file *file)
{
	size_t kept = 0;
	struct pod_file last = *file;

	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].object != last.object || files->items[i].text.ptr != last.text.ptr)
			files->items[kept++] = files->items[i];
	*ARENA_PUSH(a, files->items, &files->cap, kept) = last;
	files->count = kept;
}

void pod_files_keep_named(struct pod_files *files, struct slice properties_file)
{
	struct slice name = path_last(properties_file);
	size_t kept = 0;

	for (size_t i = 0; i < files->count; i++)
		if (slice_eq(path_last(slice_of(files->items[i].path)), name))
			files->items[kept++] = files->items[i];
	if (kept > 0)
		files->count = kept;
}
