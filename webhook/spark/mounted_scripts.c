#include "spark/mounted_scripts.h"

#include "spark/mounts.h"
#include "spark/word_roles.h"

/* Volumes that have a file of the name: each is a look at every mount. */
#define FOUND_MAX 16

static bool holds_scripts(const struct json *volume)
{
	return json_get(volume, "configMap") || json_get(volume, "secret") || json_get(volume, "projected");
}

static bool is_of_scripts(const struct mounted_scripts *m, const struct json *mount)
{
	return mount && holds_scripts(volume_named(m->spec, json_text(json_get(mount, "name"), "")));
}

/* ---- a file of that name ---- */

/* source: of a volume, or of a projected one. What a Secret holds is not known but by its items. */
static bool source_has(const struct mounted_scripts *m, const struct json *source, const char *name)
{
	const struct lookup *map = lookup_found(m->lookups, json_text(json_get(source, "name"), NULL));

	JSON_EACH(item, source_items(source))
		if (slice_is(path_last(json_slice(json_get(item, "path"))), name))
			return true;
	return map && !source_items(source) && (json_get(json_get(map->object, "data"), name) || json_get(json_get(map->object, "binaryData"), name));
}

static bool volume_has(const struct mounted_scripts *m, const struct json *volume, const char *name)
{
	JSON_EACH(source, json_get(json_get(volume, "projected"), "sources"))
		if (source_has(m, json_get(source, "configMap"), name) || source_has(m, json_get(source, "secret"), name))
			return true;
	return source_has(m, json_get(volume, "configMap"), name) || source_has(m, json_get(volume, "secret"), name);
}

/* What Spark's own scripts run, or read as a script, whichever is started. */
static bool is_run_by_spark(struct slice name)
{
	static const char *const names[] = {"spark-daemon.sh", "spark-submit", "spark-class", "load-spark-env.sh", "spark-config.sh",
					    "find-spark-home"};

	return SLICE_IS_ONE_OF(name, names);
}

/* Under a subPath a key has any name; without one it is a folder that has it. */
static bool is_mounted_as(const struct mounted_scripts *m, const struct json *container, const char *name)
{
	JSON_EACH(mount, json_get(container, "volumeMounts")) {
		struct slice file = path_last(json_slice(json_get(mount, "mountPath")));

		if ((json_get(mount, "subPath") || json_get(mount, "subPathExpr")) && (slice_is(file, name) || is_run_by_spark(file)) &&
		    is_of_scripts(m, mount))
			return true;
	}
	return false;
}

/* A file of that name in a volume of this container: commands may copy it. java is the JVM's name, and many a text's. */
static bool holds_one(const struct mounted_scripts *m, const struct json *container, const char *name)
{
	size_t found = 0;

	if (strcmp(name, "java") == 0)
		return false;
	JSON_EACH(volume, json_get(m->spec, "volumes"))
		if (volume_has(m, volume, name) && (++found > FOUND_MAX || mounts_volume(container, json_text(json_get(volume, "name"), ""))))
			return true;
	return false;
}

/* ---- all together ---- */

/* Without a slash it is looked for in PATH; "$DIR/start-connect-server.sh" may be anywhere. */
static bool lies_among_scripts(const struct mounted_scripts *m, struct arena *a, const struct json *container, const struct word *program)
{
	struct slice path = program->resolved.ptr ? program->resolved : program->value;

	if (!slice_has(path, "/") || slice_starts(path, "$"))
		return false;
	return is_of_scripts(m, mount_of(container, path_resolve(a, json_slice(json_get(container, "workingDir")), path)));
}

bool mounted_scripts_have(struct mounted_scripts *m, struct arena *a, const struct json *container, const struct word *program)
{
	const char *name = arena_dup(a, word_base(program));

	return m->looks++ >= MOUNTED_LOOKS_MAX || lies_among_scripts(m, a, container, program) || is_mounted_as(m, container, name) ||
	       holds_one(m, container, name);
}
