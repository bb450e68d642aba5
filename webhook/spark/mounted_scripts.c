#include "spark/mounted_scripts.h"

#include "spark/mounts.h"
#include "spark/word_roles.h"

#include <stdlib.h>

struct script_volume {
	const char *name;
	const struct json *volume;
	bool read;            /* what follows is known */
	struct slice *names;  /* of items, sorted */
	size_t count, cap;
	unsigned maps;        /* a bit for each of lookups of which it has all keys */
	struct slice sparks;  /* a file of it that Spark's scripts run, in a folder bin or sbin; SLICE_NONE: none */
	struct slice at_root; /* the same at its root, which may be such a folder */
};

/* What Spark's own scripts run, or read as a script, whichever is started; and what runs it. */
static const char *const run_by_spark[] = {"spark-daemon.sh", "spark-submit", "spark-class", "load-spark-env.sh", "spark-config.sh",
					   "find-spark-home", "java"};

static bool is_run(struct slice name)
{
	return SLICE_IS_ONE_OF(name, run_by_spark);
}

/* Where Spark and a JVM have their programs. */
static bool is_program_folder(struct slice name)
{
	return slice_is(name, "bin") || slice_is(name, "sbin");
}

static struct slice folder_of(struct slice path)
{
	struct slice name = path_last(path);

	return name.len > 0 ? (struct slice){path.ptr, (size_t)(name.ptr - path.ptr)} : SLICE_NONE;
}

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

/* ---- once a volume ---- */

static int by_bytes(const void *a, const void *b)
{
	return slice_order(*(const struct slice *)a, *(const struct slice *)b);
}

static bool has_key(const struct lookup *map, const char *key)
{
	return json_get(json_get(map->object, "data"), key) || json_get(json_get(map->object, "binaryData"), key);
}

static void note_item(struct arena *a, struct script_volume *v, struct slice path)
{
	struct slice name = path_last(path), folder = folder_of(path);

	*ARENA_PUSH(a, v->names, &v->cap, v->count) = name;
	if (is_run(name) && is_program_folder(path_last(folder)))
		v->sparks = name;
	else if (is_run(name) && path_last(folder).len == 0)
		v->at_root = name;
}

/* source: of a volume, or of a projected one. What a Secret holds is not known but by its items. */
static void note_source(const struct mounted_scripts *m, struct arena *a, struct script_volume *v, const struct json *source)
{
	const struct json *items = source_items(source);
	const struct lookup *map = items ? NULL : lookup_found(m->lookups, json_text(json_get(source, "name"), NULL));

	JSON_EACH(item, items)
		note_item(a, v, json_slice(json_get(item, "path")));
	if (map)
		v->maps |= 1u << (map - m->lookups->items);
}

static void read_volume(const struct mounted_scripts *m, struct arena *a, struct script_volume *v)
{
	if (v->read)
		return;
	v->read = true;
	note_source(m, a, v, json_get(v->volume, "configMap"));
	note_source(m, a, v, json_get(v->volume, "secret"));
	JSON_EACH(source, json_get(json_get(v->volume, "projected"), "sources")) {
		note_source(m, a, v, json_get(source, "configMap"));
		note_source(m, a, v, json_get(source, "secret"));
	}
	if (v->count > 1)
		qsort(v->names, v->count, sizeof(*v->names), by_bytes);
}

/* ---- each program ---- */

/* One look: what is asked of every mount. */
struct look {
	struct mounted_scripts *m;
	struct arena *a;
	struct slice name;   /* of the program; SLICE_NONE of java's, which is the name of many a text */
	unsigned named;      /* the ConfigMaps that have a key of that name */
	unsigned run;        /* those that have one that Spark's scripts run: */
	struct slice sparks;
};

static struct look look_for(struct mounted_scripts *m, struct arena *a, struct slice name)
{
	struct look l = {.m = m, .a = a, .name = slice_is(name, "java") ? SLICE_NONE : name};
	const char *text = arena_dup(a, name);

	for (size_t i = 0; m->lookups && i < m->lookups->count; i++) {
		const struct lookup *map = &m->lookups->items[i];
		if (map->state != LOOKUP_FOUND)
			continue;
		l.named |= (unsigned)(l.name.ptr && has_key(map, text)) << i;
		for (size_t k = 0; k < COUNT_OF(run_by_spark); k++)
			if (has_key(map, run_by_spark[k])) {
				l.run |= 1u << i;
				l.sparks = slice_of(run_by_spark[k]);
			}
	}
	return l;
}

/* Under a subPath a key has any name. */
static struct slice found_as_file(const struct look *l, struct slice path)
{
	struct slice name = path_last(path);

	if ((l->name.ptr && slice_eq(name, l->name)) || (is_run(name) && is_program_folder(path_last(folder_of(path)))))
		return name;
	return SLICE_NONE;
}

static struct slice found_in_volume(const struct look *l, const struct script_volume *v, struct slice path)
{
	bool programs = is_program_folder(path_last(path));

	if (v->maps & l->named || (l->name.ptr && v->count > 0 && bsearch(&l->name, v->names, v->count, sizeof(l->name), by_bytes)))
		return l->name;
	if (v->sparks.ptr || (programs && v->at_root.ptr))
		return v->sparks.ptr ? v->sparks : v->at_root;
	return programs && v->maps & l->run ? l->sparks : SLICE_NONE;
}

static struct slice found_at(const struct look *l, const struct json *mount)
{
	struct script_volume *v = volume_of(l->m, mount);
	struct slice path = json_slice(json_get(mount, "mountPath"));

	if (!v || !path.ptr)
		return SLICE_NONE;
	if (json_get(mount, "subPath") || json_get(mount, "subPathExpr"))
		return found_as_file(l, path);
	read_volume(l->m, l->a, v);
	return found_in_volume(l, v, path);
}

/* Without a slash it is looked for in PATH; "$DIR/start-connect-server.sh" may be anywhere. What /proc leads to is not known. */
static bool lies_among_scripts(const struct look *l, const struct json *container, const struct word *program)
{
	struct slice path = program->resolved.ptr ? program->resolved : program->value;

	if (!slice_has(path, "/") || slice_starts(path, "$"))
		return false;
	path = path_resolve(l->a, json_slice(json_get(container, "workingDir")), path);
	const struct json *mount = l->m->volume_count > 0 ? mount_of(container, path) : NULL;
	return slice_starts(path, "/proc/") || (mount && volume_of(l->m, mount));
}

struct slice mounted_scripts_have(struct mounted_scripts *m, struct arena *a, const struct json *container, const struct word *program)
{
	struct slice name = word_base(program), found;

	if (m->looks++ >= MOUNTED_LOOKS_MAX)
		return name;
	if (!m->volumes)
		collect_volumes(m, a);
	struct look l = look_for(m, a, name);
	if (lies_among_scripts(&l, container, program))
		return name;
	JSON_EACH(mount, json_get(container, "volumeMounts"))
		if ((found = found_at(&l, mount)).ptr)
			return found;
	return SLICE_NONE;
}
