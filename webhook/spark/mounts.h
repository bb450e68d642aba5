/*
 * mounts.h - what a container has mounted at a path, and where in the volume that path is.
 *
 * Paths are compared component by component, as the kubelet and the runtime clean them: "opt//spark/./conf" is
 * "/opt/spark/conf". Nothing is allocated for that: a pod can have 40,000 mounts. Only path_resolve() interprets
 * ".."; mounts_climb() finds a mount that has one.
 *
 * Ownership: slices into what is given; where a function takes an arena, what it had to put together is there. Threads: no state.
 */
#ifndef SPARK_MOUNTS_H
#define SPARK_MOUNTS_H

#include "base/arena.h"
#include "base/json.h"

/* Take the next component of *path, skipping "." and empty ones; len 0 at the end. */
struct slice path_next(struct slice *path);

bool path_same(struct slice a, struct slice b);

/* Does it have a component ".."? */
bool path_climbs(struct slice path);

/* The path that a program in folder `from` (not absolute: not known, and a relative path stays as it is) means by path,
 * with ".." resolved in the text alone: a symbolic link on the way would make it another path. */
struct slice path_resolve(struct arena *a, struct slice from, struct slice path);

/* The last component, without slashes and "/." behind it. */
static inline struct slice path_last(struct slice path)
{
	while (slice_ends(path, "/") || slice_ends(path, "/."))
		path.len--;
	return slice_last(path, '/');
}

/* The mount of container that covers path: the deepest one; NULL where none does. */
const struct json *mount_of(const struct json *container, struct slice path);

/* The first mount whose own path has a ".."; NULL where none has. */
const struct json *mounts_climb(const struct json *container);

/* The place within the mounted volume of path, which is below the mount; ptr NULL where only the kubelet knows it. */
struct slice path_in_volume(struct arena *a, const struct json *mount, struct slice path);

const struct json *volume_named(const struct json *spec, const char *name);

/* The keys that a source in a volume picks; NULL where it has all of them: a list without one says nothing to Kubernetes. */
const struct json *source_items(const struct json *source);

/* The ConfigMap key that a source in a volume puts at path; ptr NULL where it puts none there. Of two items with the
 * same path the later is written last. */
struct slice source_key_at(const struct json *source, struct slice path);

/* Describes a volume that we cannot look into: "Secret 's'"; NULL where we can, or where something in the pod fills it. */
const char *volume_opaque(struct arena *a, const struct json *volume);

/* Does container mount the volume of the pod? */
bool mounts_volume(const struct json *container, const char *volume);

#endif
