/*
 * mounts.h - what a container has mounted at a path, and where in the volume that path is.
 *
 * Paths are compared part by part, as the kubelet and the runtime clean them: "opt//spark/./conf" is "/opt/spark/conf".
 * Nothing is allocated for it: a pod can have 40,000 mounts. Only path_resolve() takes ".." for
 * something: mounts_climb() says where there is one.
 *
 * Ownership: slices into what is given. Threads: no state.
 */
#ifndef SPARK_MOUNTS_H
#define SPARK_MOUNTS_H

#include "base/arena.h"
#include "base/json.h"

/* Take the next part of *path, without "." and empty ones; len 0 at the end. */
struct slice path_next(struct slice *path);

bool path_same(struct slice a, struct slice b);

/* Has it a part ".."? */
bool path_climbs(struct slice path);

/* The path that a program in folder `from` (not absolute: nobody knows which) means by path, with ".." taken by its words:
 * where a part is a symbolic link, it is another one. */
struct slice path_resolve(struct arena *a, struct slice from, struct slice path);

/* What stands behind the last slash. */
struct slice path_last(struct slice path);

/* The mount of container that covers path: the deepest one; NULL where none does. */
const struct json *mount_of(const struct json *container, struct slice path);

/* The first mount whose own path has a ".."; NULL where none has. */
const struct json *mounts_climb(const struct json *container);

/* Where path, which lies below a mount, is in the mounted volume; ptr NULL where only the kubelet knows. */
struct slice path_in_volume(struct arena *a, const struct json *mount, struct slice path);

const struct json *volume_named(const struct json *spec, const char *name);

/* The key of a ConfigMap that its source in a volume puts at path; ptr NULL where none stands there. Of two items for one
 * path the later is written last. */
struct slice source_key_at(const struct json *source, struct slice path);

/* What a volume is that we cannot look into: "Secret 's'"; NULL where we can, or where something in the pod fills it. */
const char *volume_opaque(struct arena *a, const struct json *volume);

#endif
