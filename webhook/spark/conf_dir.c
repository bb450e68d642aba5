#include "spark/conf_dir.h"

#include "spark/env_text.h"
#include "spark/lookups.h"
#include "spark/mounts.h"

#define DEFAULTS "spark-defaults.conf"
#define USUAL    "/opt/spark/conf"

/* Each is a look at every mount. A pod has one folder that is Spark's. */
#define GUESSES_MAX 8

/* What a source of a volume has at a path. */
enum held {
	HELD_NOT,
	HELD_SEEN,
	HELD_COVERED
};

/* Of HELD_SEEN: which text; of HELD_COVERED: what covers it. */
struct sight {
	struct held_key held;
	const char *covered;
};

/* ---- sources of a volume ---- */

static enum held in_config_map(const struct conf_search *c, const struct json *source, struct slice path, struct sight *ret)
{
	const char *name = json_text(json_get(source, "name"), "");
	const struct lookup *found = lookup_of(c->lookups, name);
	bool missing = found && found->state == LOOKUP_MISSING;
	struct slice key = source_key_at(source, path);

	if (!key.ptr || lookup_is_root_ca(name) || (missing && json_bool(json_get(source, "optional"), false)))
		return HELD_NOT;
	if (!found || found->state != LOOKUP_FOUND) {
		ret->covered = arena_printf(c->a, "ConfigMap '%s' (%s)", name, lookup_why(found));
		return HELD_COVERED;
	}
	if (json_get_slice(json_get(found->object, "data"), key)) {
		ret->held.config_map = found;
		ret->held.key = key;
		return HELD_SEEN;
	}
	if (!json_get_slice(json_get(found->object, "binaryData"), key))
		return HELD_NOT;
	ret->covered = arena_printf(c->a, "ConfigMap '%s', key '%.*s' (binaryData)", name, SLICE_ARG(key));
	return HELD_COVERED;
}

/* Can a source that is no ConfigMap have something at path? Those that name their paths cannot at another. */
static bool may_hold(const struct json *source, struct slice path)
{
	struct slice only = json_slice(json_get(source, "path"));
	const struct json *items = source_items(source);

	JSON_EACH(item, items)
		if (path_same(slice_of(json_text(json_get(item, "path"), "")), path))
			return true;
	if (items)
		return false;
	return !only.ptr || path_same(only, path);
}

/* One of a projected volume's: {"secret": {...}}. */
static enum held in_source(const struct conf_search *c, const struct json *volume, const struct json *source,
			   struct slice path, struct sight *ret)
{
	const struct json *secret = json_get(source, "secret");

	if (json_get(source, "configMap"))
		return in_config_map(c, json_get(source, "configMap"), path, ret);
	JSON_EACH(member, source)
		if (may_hold(member, path)) {
			ret->covered = secret ? arena_printf(c->a, "Secret '%s'", json_text(json_get(secret, "name"), ""))
					      : arena_printf(c->a, "volume '%s'", json_text(json_get(volume, "name"), ""));
			return HELD_COVERED;
		}
	return HELD_NOT;
}

/* Of several sources the kubelet writes the later over the earlier (pkg/volume/projected, collectData). */
static enum held in_volume(const struct conf_search *c, const struct json *volume, struct slice path, struct sight *ret)
{
	enum held held = HELD_NOT;

	if (json_get(volume, "configMap"))
		return in_config_map(c, json_get(volume, "configMap"), path, ret);
	const struct json *sources = json_get(json_get(volume, "projected"), "sources");
	if (!json_get(volume, "projected") || json_count(sources) > SOURCES_MAX)
		return HELD_COVERED;
	JSON_EACH(source, sources) {
		enum held here = in_source(c, volume, source, path, ret);
		held = here == HELD_NOT ? held : here;
	}
	return held;
}

/* ---- places ---- */

static struct conf_file covered_by(const char *what)
{
	return (struct conf_file){.mounted = true, .covered = what};
}

/* What is mounted there that nobody sees into, for people. */
static const char *name_of_cover(struct arena *a, const struct json *volume, const char *name)
{
	const char *opaque = volume && !json_get(volume, "projected") ? volume_opaque(a, volume) : NULL;

	return opaque ? opaque : arena_printf(a, "volume '%s'", name);
}

/* At a path that lies below mount. */
static struct conf_file below_mount(const struct conf_search *c, const struct json *mount, struct slice path)
{
	const char *name = json_text(json_get(mount, "name"), "");
	const struct json *volume = volume_named(c->spec, name);
	struct sight sight = {.held = {.volume = name, .path = path_in_volume(c->a, mount, path)}};
	struct slice below = sight.held.path;

	enum held held = volume && below.ptr ? in_volume(c, volume, below, &sight) : HELD_COVERED;
	if (held == HELD_COVERED)
		return covered_by(sight.covered ? sight.covered : name_of_cover(c->a, volume, name));
	return (struct conf_file){.mounted = true, .file = held == HELD_SEEN ? pod_files_text(c->a, c->files, &sight.held) : NULL};
}

struct conf_file conf_file_at(const struct conf_search *c, struct slice path)
{
	const struct json *climbing = mounts_climb(c->container);
	const struct json *mount = mount_of(c->container, path);

	if (!slice_starts(path, "/") || path_climbs(path))
		return covered_by(arena_printf(c->a, "file '%.*s'", SLICE_ARG(path)));
	if (climbing)
		return covered_by(arena_printf(c->a, "volume '%s'", json_text(json_get(climbing, "name"), "")));
	return mount ? below_mount(c, mount, path) : (struct conf_file){.mounted = false};
}

static struct slice usual(const struct conf_search *c, const char *name)
{
	return slice_of(arena_join(c->a, USUAL "/", name));
}

/* In the folder that a variable holds. Its value may be a looked-up ConfigMap's, and so is not shown. */
static struct conf_file in_variable(const struct conf_search *c, const struct env_item *item, const char *below, const char *name)
{
	struct env_texts texts = env_texts_of(c->a, c->env);
	size_t known;
	struct slice dir = env_text(&texts, item, &known);

	if (!slice_starts(dir, "/") || known < dir.len || slice_has(dir, "$(") || path_climbs(dir))
		return covered_by(arena_printf(c->a, "the folder of env %.*s", SLICE_ARG(item->name)));
	struct slice path = slice_of(arena_printf(c->a, "%.*s%s%s", SLICE_ARG(dir), below, name));
	struct conf_file found = conf_file_at(c, path);
	if (!found.mounted && !path_same(path, usual(c, name)))
		found.elsewhere = arena_printf(c->a, "the folder of env %.*s, where nothing is mounted,", SLICE_ARG(item->name));
	return found;
}

/* /etc/hadoop/conf, /etc/hive/conf and the like are not Spark's. */
struct slice conf_folder_of(struct slice path, const char *name)
{
	struct slice rest = path, before = {"", 0}, folder = {NULL, 0};
	char last = path.len > 0 ? path.ptr[path.len - 1] : 0;

	if (last != 'f' && last != '/' && last != '.' && last != name[strlen(name) - 1])
		return folder; /* its last part is neither "conf" nor name */
	for (struct slice part = path_next(&rest); part.len > 0; part = path_next(&rest)) {
		if (folder.ptr)
			return slice_is(part, name) && path_next(&rest).len == 0 ? folder : SLICE_NONE;
		if (slice_is(part, "conf") && slice_has(before, "spark"))
			folder = (struct slice){path.ptr, (size_t)(part.ptr + part.len - path.ptr)};
		before = part;
	}
	return folder;
}

/* Which of several folders is Spark's, only the image knows: they must agree. */
static struct conf_file both(struct conf_file x, struct conf_file y)
{
	if (x.covered || y.covered)
		return covered_by(x.covered ? x.covered : y.covered);
	if (x.file && y.file && !slice_eq(x.file->text, y.file->text))
		return covered_by("one of several files " DEFAULTS);
	return (struct conf_file){.mounted = x.mounted || y.mounted, .file = x.file ? x.file : y.file};
}

static struct conf_file guess(const struct conf_search *c, const char *name)
{
	const struct slice folder_of_spark = SLICE_LIT(USUAL);
	struct conf_file found = conf_file_at(c, usual(c, name));
	size_t guesses = 0;

	JSON_EACH(m, json_get(c->container, "volumeMounts")) {
		struct slice mount = json_slice(json_get(m, "mountPath"));
		struct slice folder = mount.ptr ? conf_folder_of(mount, name) : mount;
		if (!folder.ptr || path_same(folder, folder_of_spark))
			continue;
		if (found.covered || ++guesses > GUESSES_MAX)
			return covered_by(found.covered ? found.covered : "one of many folders conf");
		found = both(found, conf_file_at(c, slice_of(arena_printf(c->a, "/%.*s/%s", SLICE_ARG(folder), name))));
	}
	return found;
}

struct conf_file conf_file_in_folder(const struct conf_search *c, const char *name)
{
	const struct env_item *dir = environment_find(c->env, SLICE_LIT("SPARK_CONF_DIR"));
	const struct env_item *home = environment_find(c->env, SLICE_LIT("SPARK_HOME"));

	/* Empty is as good as unset: ${SPARK_CONF_DIR:-...}. */
	if (dir && dir->value.len > 0)
		return in_variable(c, dir, "/", name);
	if (home && home->value.len > 0)
		return in_variable(c, home, "/conf/", name);
	return guess(c, name);
}
