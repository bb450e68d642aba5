/* ConfigMaps: admission writes them. What it will write is known before the first write, so that an undo puts back what is ours,
 * and nothing that somebody has edited since. */
#include "switch/steps.h"


/* ---- how it stands ---- */

static bool same_data(struct arena *a, const struct json *x, const struct json *y)
{
	if (json_count(x) != json_count(y))
		return false;
	JSON_EACH(member, x) {
		const struct json *other = json_get_slice(y, json_key_slice(member));
		if (!other || !slice_eq(json_print(a, member), json_print(a, other)))
			return false;
	}
	return true;
}

enum standing { AS_BEFORE, AS_WRITTEN, EDITED };

static enum standing standing_of(struct arena *a, const struct json *object, const struct switch_map *map)
{
	if (same_data(a, json_get(object, "data"), map->data) && same_data(a, json_get(object, "binaryData"), map->binary))
		return AS_BEFORE;
	const char *digest = switch_map_digest(a, object);
	return (map->wrote && strcmp(digest, map->wrote) == 0) || (map->back && strcmp(digest, map->back) == 0) ? AS_WRITTEN : EDITED;
}

static int edited(const struct switch_map *map, struct err *err)
{
	return err_set(err, "ConfigMap %s: somebody has changed its text since the plan; look at it, and give the command again", map->name);
}

/* ---- writing ---- */

static const char *path_of(struct switch_turn *turn, struct arena *a, const struct switch_map *map)
{
	return switch_path(a, turn->namespace, "ConfigMap", map->name);
}

/* A patch that changes nothing: admission writes what there is to write. */
static struct slice touch(struct arena *a, const struct json *object)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '[');
	switch_patch_test(a, &w, object, "uid");
	switch_patch_test(a, &w, object, "resourceVersion");
	json_write_close(&w, ']');
	return buf_slice(&out);
}

/* *ret NULL where something else was written in between: to be read again. */
static int patch(struct switch_turn *turn, struct arena *a, const struct switch_map *map, const char *path, struct slice text,
		 const struct json **ret, struct err *err)
{
	struct err why = {""};
	int status;

	if (switch_ask(turn, a, KUBE_PATCH, path, text, &status, ret, &why) == 0)
		return 0;
	if (status != 409 && status != 422)
		return err_set(err, "ConfigMap %s: %s", map->name, why.text);
	*ret = NULL;
	return 0;
}

/* *ret NULL where it is gone, or was replaced by another of that name. */
static int get(struct switch_turn *turn, struct arena *a, const struct switch_map *map, const struct json **ret, struct err *err)
{
	struct err why = {""};
	int status;

	if (switch_ask(turn, a, KUBE_GET, path_of(turn, a, map), SLICE_NONE, &status, ret, &why) < 0) {
		if (status != 404)
			return err_set(err, "ConfigMap %s: %s", map->name, why.text);
		*ret = NULL;
	}
	if (strcmp(json_text(json_get(json_get(*ret, "metadata"), "uid"), ""), map->uid) != 0)
		*ret = NULL;
	return 0;
}

static int get_ours(struct switch_turn *turn, struct arena *a, const struct switch_map *map, const struct json **ret, struct err *err)
{
	if (get(turn, a, map, ret, err) < 0)
		return -1;
	return *ret ? 0 : err_set(err, "ConfigMap %s is gone, or was replaced after the switch began (its uid differs)", map->name);
}

/* note: map->wrote or map->back. */
static void take_note(struct switch_turn *turn, struct arena *a, const struct json *object, const char **note)
{
	*note = arena_dup(turn->a, slice_of(switch_map_digest(a, object)));
}

/* ---- there ---- */

int switch_map_foresee(struct switch_turn *turn, struct arena *a, struct switch_map *map, bool *done, struct err *err)
{
	const struct json *object;

	*done = false;
	if (get_ours(turn, a, map, &object, err) < 0)
		return -1;
	enum standing standing = standing_of(a, object, map);
	if (standing == EDITED)
		return edited(map, err);
	*done = standing == AS_WRITTEN; /* an earlier run was killed after the write */
	if (*done)
		return 0;
	if (patch(turn, a, map, arena_join(a, path_of(turn, a, map), "?dryRun=All"), touch(a, object), &object, err) < 0)
		return -1;
	if (!object)
		return 0;
	take_note(turn, a, object, &map->wrote);
	return switch_settled(turn, a, object, &turn->record->after, done, err);
}

/* One replica of the webhook may know less than the one that answered the dry run. */
static int note_otherwise(struct switch_turn *turn, struct arena *a, const struct switch_map *map, const struct json *object,
			  const char **note, struct err *err)
{
	if (turn->dry_run || standing_of(a, object, map) != EDITED)
		return 0;
	take_note(turn, a, object, note);
	return switch_record_store(turn, err);
}

int switch_map_readmit(struct switch_turn *turn, struct arena *a, struct switch_map *map, bool *done, struct err *err)
{
	const struct json *object;

	*done = false;
	if (get_ours(turn, a, map, &object, err) < 0)
		return -1;
	if (standing_of(a, object, map) == EDITED)
		return edited(map, err);
	if (patch(turn, a, map, path_of(turn, a, map), touch(a, object), &object, err) < 0)
		return -1;
	if (!object)
		return 0;
	if (note_otherwise(turn, a, map, object, &map->wrote, err) < 0)
		return -1;
	return switch_settled(turn, a, object, &turn->record->after, done, err);
}

/* ---- and back ---- */

static void data_op(struct arena *a, struct json_writer *w, const struct json *object, const char *key, const struct json *data)
{
	const char *path = arena_join(a, "/", key);

	if (data)
		switch_patch_op(w, "add", path, json_print(a, data));
	else if (json_has(object, key))
		switch_patch_op(w, "remove", path, SLICE_NONE);
}

static struct slice put_back(struct arena *a, const struct json *object, const struct switch_map *map)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '[');
	switch_patch_test(a, &w, object, "resourceVersion");
	data_op(a, &w, object, "data", map->data);
	data_op(a, &w, object, "binaryData", map->binary);
	json_write_close(&w, ']');
	return buf_slice(&out);
}

/* The edit stays. Admission takes back what is ours of the text (all that it writes is marked there), so that the ConfigMap is on
 * the previous backend like everything else. */
static int keep(struct switch_turn *turn, struct arena *a, const struct switch_map *map, const struct json *object, bool *done,
		struct err *err)
{
	if (patch(turn, a, map, path_of(turn, a, map), touch(a, object), &object, err) < 0)
		return -1;
	if (!object)
		return 0;
	if (switch_settled(turn, a, object, &turn->record->before, done, err) < 0)
		return -1;
	if (*done) {
		turn->kept++;
		switch_say(turn, "ConfigMap %s: somebody has edited it since; the edit stays, re-admitted for the previous backend: look at "
				 "it, kubectl get configmap %s -n %s -o yaml", map->name, map->name, turn->namespace);
	}
	return 0;
}

/* What admission makes of it is noted in the record before the write, as on the way there: whoever goes on after a kill would
 * take it for somebody's edit. In addition to the earlier note, since the kill may come between the two. *ret NULL: to be read
 * again. */
static int write_back(struct switch_turn *turn, struct arena *a, struct switch_map *map, const struct json **ret, struct err *err)
{
	const char *path = path_of(turn, a, map);
	struct slice text = put_back(a, *ret, map);

	if (!turn->dry_run && patch(turn, a, map, arena_join(a, path, "?dryRun=All"), text, ret, err) < 0)
		return -1;
	if (!*ret)
		return 0;
	if (note_otherwise(turn, a, map, *ret, &map->back, err) < 0 || patch(turn, a, map, path, text, ret, err) < 0)
		return -1;
	return *ret ? note_otherwise(turn, a, map, *ret, &map->back, err) : 0; /* by another replica */
}

/* While a webhook still knows the other words it writes its own text: tried until the text is the earlier one. A text that
 * admission changes under the old words (it was there before the namespace opted in) cannot come back whole: what
 * admission makes of it is as near as it gets. */
int switch_map_restore(struct switch_turn *turn, struct arena *a, struct switch_map *map, bool *done, struct err *err)
{
	const struct json *object;

	*done = false;
	if (get(turn, a, map, &object, err) < 0)
		return -1;
	enum standing standing = object ? standing_of(a, object, map) : AS_BEFORE;
	if (standing == EDITED)
		return keep(turn, a, map, object, done, err);
	*done = standing == AS_BEFORE;
	if (*done)
		return 0;
	if (write_back(turn, a, map, &object, err) < 0)
		return -1;
	if (!object)
		return 0;
	*done = standing_of(a, object, map) == AS_BEFORE;
	return *done ? 0 : switch_settled(turn, a, object, &turn->record->before, done, err);
}
