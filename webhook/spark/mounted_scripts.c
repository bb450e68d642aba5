#include "spark/mounted_scripts.h"

#include "spark/mounts.h"
#include "spark/word_roles.h"

#include <stdlib.h>

struct script_volume {
	const char *name;
	const struct json *volume;
	const struct json *noted; /* the container for which its files were noted last */
	bool java;                /* it has a file of that name at its root */
};

/* What Spark's own scripts run, or read as a script, whichever is started. */
static const char *const run_by_spark[] = {"spark-daemon.sh", "spark-submit", "spark-class", "load-spark-env.sh", "spark-config.sh",
					   "find-spark-home"};

/* ---- once a pod ---- */

static int by_name(const void *a, const void *b)
{
	const struct script_volume *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static bool holds_scripts(const struct json *volume)
{
	return json_get(volume, "configMap") || json_get(volume, "secret") || json_get(volume, "projected");
}

static void collect_volumes(struct mounted_scripts *m, struct arena *a)
{
	const struct json *volumes = json_get(m->spec, "volumes");

	m->volumes = ARENA_ARRAY(a, json_count(volumes), struct script_volume);
	JSON_EACH(v, volumes)
		if (holds_scripts(v))
			m->volumes[m->volume_count++] = (struct script_volume){.name = json_text(json_get(v, "name"), ""), .volume = v};
	if (m->volume_count > 1)
		qsort(m->volumes, m->volume_count, sizeof(*m->volumes), by_name);
}

/* The volume of a mount; NULL where it holds no scripts. */
static struct script_volume *volume_of(const struct mounted_scripts *m, const struct json *mount)
{
	const struct script_volume wanted = {.name = json_text(json_get(mount, "name"), "")};

	return m->volume_count > 0 ? bsearch(&wanted, m->volumes, m->volume_count, sizeof(wanted), by_name) : NULL;
}

/* ---- once a container ---- */

static int by_bytes(const void *a, const void *b)
{
	return slice_order(*(const struct slice *)a, *(const struct slice *)b);
}

/* java is a JVM where it lies in a folder bin; elsewhere many a text is called so. */
static void note_file(struct mounted_scripts *m, struct arena *a, struct slice path)
{
	struct slice name = path_last(path);

	*ARENA_PUSH(a, m->names, &m->cap, m->count) = name;
	if (SLICE_IS_ONE_OF(name, run_by_spark) || slice_ends(path, "bin/java"))
		m->sparks = name;
}

static bool has_key(const struct lookup *map, const char *key)
{
	return json_get(json_get(map->object, "data"), key) || json_get(json_get(map->object, "binaryData"), key);
}

static void note_map(struct mounted_scripts *m, const struct lookup *map)
{
	for (size_t i = 0; i < m->map_count; i++)
		if (m->maps[i] == map)
			return;
	m->maps[m->map_count++] = map;
	for (size_t i = 0; i < COUNT_OF(run_by_spark); i++)
		if (has_key(map, run_by_spark[i]))
			m->sparks = slice_of(run_by_spark[i]);
}

/* source: of a volume, or of a projected one. What a Secret holds is not known but by its items. */
static void note_source(struct mounted_scripts *m, struct arena *a, struct script_volume *v, const struct json *source)
{
	const struct json *items = source_items(source);
	const struct lookup *map = items ? NULL : lookup_found(m->lookups, json_text(json_get(source, "name"), NULL));

	JSON_EACH(item, items) {
		struct slice path = json_slice(json_get(item, "path"));
		note_file(m, a, path);
		v->java |= slice_is(path, "java");
	}
	if (map) {
		note_map(m, map);
		v->java |= has_key(map, "java");
	}
}

static void note_volume(struct mounted_scripts *m, struct arena *a, struct script_volume *v)
{
	if (v->noted == m->container)
		return;
	v->noted = m->container;
	note_source(m, a, v, json_get(v->volume, "configMap"));
	note_source(m, a, v, json_get(v->volume, "secret"));
	JSON_EACH(source, json_get(json_get(v->volume, "projected"), "sources")) {
		note_source(m, a, v, json_get(source, "configMap"));
		note_source(m, a, v, json_get(source, "secret"));
	}
}

/* Under a subPath a key has any name; without one it is a folder that has it. */
static void note_mount(struct mounted_scripts *m, struct arena *a, const struct json *mount)
{
	struct script_volume *v = volume_of(m, mount);
	struct slice path = json_slice(json_get(mount, "mountPath"));

	if (!v)
		return;
	if (json_get(mount, "subPath") || json_get(mount, "subPathExpr")) {
		note_file(m, a, path);
		return;
	}
	note_volume(m, a, v);
	if (v->java && slice_is(path_last(path), "bin"))
		m->sparks = SLICE_LIT("java");
}

static void collect_files(struct mounted_scripts *m, struct arena *a, const struct json *container)
{
	if (!m->volumes)
		collect_volumes(m, a);
	m->container = container;
	m->count = m->map_count = 0;
	m->sparks = SLICE_NONE;
	JSON_EACH(mount, json_get(container, "volumeMounts"))
		note_mount(m, a, mount);
	if (m->count > 1)
		qsort(m->names, m->count, sizeof(*m->names), by_bytes);
}

/* ---- each program ---- */

static bool has_file(const struct mounted_scripts *m, const char *name)
{
	struct slice wanted = slice_of(name);

	if (strcmp(name, "java") == 0)
		return false;
	for (size_t i = 0; i < m->map_count; i++)
		if (has_key(m->maps[i], name))
			return true;
	return m->count > 0 && bsearch(&wanted, m->names, m->count, sizeof(wanted), by_bytes);
}

/* Without a slash it is looked for in PATH; "$DIR/start-connect-server.sh" may be anywhere. What /proc leads to is not known. */
static bool lies_among_scripts(const struct mounted_scripts *m, struct arena *a, const struct json *container, const struct word *program)
{
	struct slice path = program->resolved.ptr ? program->resolved : program->value;

	if (!slice_has(path, "/") || slice_starts(path, "$"))
		return false;
	path = path_resolve(a, json_slice(json_get(container, "workingDir")), path);
	const struct json *mount = m->volume_count > 0 ? mount_of(container, path) : NULL;
	return slice_starts(path, "/proc/") || (mount && volume_of(m, mount));
}

struct slice mounted_scripts_have(struct mounted_scripts *m, struct arena *a, const struct json *container, const struct word *program)
{
	struct slice name = word_base(program);

	if (m->looks++ >= MOUNTED_LOOKS_MAX)
		return name;
	if (m->container != container)
		collect_files(m, a, container);
	if (lies_among_scripts(m, a, container, program) || has_file(m, arena_dup(a, name)))
		return name;
	return m->sparks;
}
