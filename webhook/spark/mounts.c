#include "spark/mounts.h"

#include "base/buf.h"

struct slice path_next(struct slice *path)
{
	const char *at = path->ptr, *end = at + path->len, *start;

	do {
		while (at < end && *at == '/')
			at++;
		for (start = at; at < end && *at != '/';)
			at++;
	} while (at - start == 1 && *start == '.');
	size_t taken = (size_t)(at - path->ptr) + (at < end);
	*path = slice_from(*path, taken);
	return (struct slice){start, (size_t)(at - start)};
}

bool path_same(struct slice a, struct slice b)
{
	if (slice_eq(a, b))
		return true;
	for (;;) {
		struct slice x = path_next(&a), y = path_next(&b);
		if (!slice_eq(x, y))
			return false;
		if (x.len == 0)
			return true;
	}
}

bool path_climbs(struct slice path)
{
	if (!slice_has(path, ".."))
		return false;
	for (struct slice part = path_next(&path); part.len > 0; part = path_next(&path))
		if (slice_is(part, ".."))
			return true;
	return false;
}

static void add_parts(struct buf *out, struct slice path)
{
	for (struct slice part = path_next(&path); part.len > 0; part = path_next(&path)) {
		if (slice_is(part, "..")) {
			while (out->len > 0 && out->ptr[--out->len] != '/')
				;
			continue;
		}
		buf_addc(out, '/');
		buf_add(out, part);
	}
}

struct slice path_resolve(struct arena *a, struct slice from, struct slice path)
{
	bool relative = !slice_starts(path, "/");
	struct buf out = buf_in(a);

	if (relative ? !slice_starts(from, "/") : !path_climbs(path))
		return path;
	if (relative)
		add_parts(&out, from);
	add_parts(&out, path);
	return buf_slice(&out);
}

static bool is_dot_or_slash(char c)
{
	return c == '/' || c == '.';
}

/* Nearly always both are written alike. What ends in a slash or in a dot may have no component there. */
static bool skip_alike(struct slice *path, struct slice mount)
{
	struct slice rest = *path;

	if (mount.len == 0 || is_dot_or_slash(mount.ptr[mount.len - 1]) || !slice_skip(&rest, mount) || (rest.len > 0 && *rest.ptr != '/'))
		return false;
	*path = slice_from(rest, rest.len > 0);
	return true;
}

/* "/opt/spark" and "/tmp", as most differ: no component has to be read. */
static bool begin_unlike(struct slice a, struct slice b)
{
	return a.len > 1 && b.len > 1 && a.ptr[0] == '/' && b.ptr[0] == '/' && a.ptr[1] != b.ptr[1] && !is_dot_or_slash(a.ptr[1]) &&
	       !is_dot_or_slash(b.ptr[1]);
}

/* Is *path the mount itself or something below it? Then keep only what is below. */
static bool skip_mount(struct slice *path, struct slice mount)
{
	struct slice rest = *path;

	if (begin_unlike(*path, mount))
		return false;
	if (skip_alike(path, mount))
		return true;
	for (struct slice part = path_next(&mount); part.len > 0; part = path_next(&mount))
		if (!slice_eq(path_next(&rest), part))
			return false;
	*path = rest;
	return true;
}

const struct json *mount_of(const struct json *container, struct slice path)
{
	const struct json *best = NULL;
	size_t least = SIZE_MAX; /* of what is below a mount: that of the deepest; of two mounts at one place the later counts */

	if (!slice_starts(path, "/"))
		return NULL; /* relative to a working directory that only the image may know */
	JSON_EACH(m, json_get(container, "volumeMounts")) {
		struct slice mount = json_slice(json_get(m, "mountPath")), rest = path;
		if (mount.ptr && skip_mount(&rest, mount) && rest.len <= least) {
			best = m;
			least = rest.len;
		}
	}
	return best;
}

const struct json *mounts_climb(const struct json *container)
{
	JSON_EACH(m, json_get(container, "volumeMounts")) {
		struct slice mount = json_slice(json_get(m, "mountPath"));
		if (mount.ptr && path_climbs(mount))
			return m;
	}
	return NULL;
}

struct slice path_in_volume(struct arena *a, const struct json *mount, struct slice path)
{
	struct slice sub = json_slice(json_get(mount, "subPath"));
	struct buf out = buf_in(a);

	if (json_get(mount, "subPathExpr"))
		return SLICE_NONE;
	skip_mount(&path, json_slice(json_get(mount, "mountPath")));
	if (sub.ptr)
		buf_add(&out, sub);
	buf_addc(&out, '/');
	buf_add(&out, path);
	return buf_slice(&out);
}

const struct json *volume_named(const struct json *spec, const char *name)
{
	JSON_EACH(v, json_get(spec, "volumes"))
		if (strcmp(json_text(json_get(v, "name"), ""), name) == 0)
			return v;
	return NULL;
}

const struct json *source_items(const struct json *source)
{
	const struct json *items = json_get(source, "items");

	return json_count(items) > 0 ? items : NULL;
}

struct slice source_key_at(const struct json *source, struct slice path)
{
	const struct json *items = source_items(source);
	struct slice key = SLICE_NONE;

	if (!items) {
		struct slice first = path_next(&path);
		return path_next(&path).len == 0 ? first : key;
	}
	JSON_EACH(item, items)
		if (path_same(slice_of(json_text(json_get(item, "path"), "")), path))
			key = json_slice(json_get(item, "key"));
	return key;
}

const char *volume_opaque(struct arena *a, const struct json *volume)
{
	const char *secret = json_text(json_get(json_get(volume, "secret"), "secretName"), NULL);
	const struct json *claim = json_get(volume, "persistentVolumeClaim");

	if (secret)
		return arena_printf(a, "Secret '%s'", secret);
	if (claim)
		return arena_printf(a, "PersistentVolumeClaim '%s'", json_text(json_get(claim, "claimName"), ""));
	JSON_EACH(source, json_get(json_get(volume, "projected"), "sources"))
		if (json_get(source, "secret"))
			return arena_printf(a, "Secret '%s'", json_text(json_get(json_get(source, "secret"), "name"), ""));
	if (json_get(volume, "configMap") || json_get(volume, "emptyDir") || json_get(volume, "projected"))
		return NULL;
	return arena_printf(a, "volume '%s'", json_text(json_get(volume, "name"), ""));
}

bool mounts_volume(const struct json *container, const char *volume)
{
	JSON_EACH(m, json_get(container, "volumeMounts"))
		if (strcmp(json_text(json_get(m, "name"), ""), volume) == 0)
			return true;
	return false;
}
