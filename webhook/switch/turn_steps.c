/* The steps: of each one what it writes, and how it is put back. */
#include "switch/turn.h"

#include "base/json_write.h"
#include "switch/rollout.h"

#include <stdio.h>

static const struct slice nothing = {NULL, 0};

/* ---- JSON Patches ---- */

static void op(struct json_writer *w, const char *verb, const char *path, struct slice json)
{
	json_write_open(w, '{');
	json_write_member(w, "op", verb);
	json_write_member(w, "path", path);
	if (json.ptr) {
		json_write_key(w, SLICE_LIT("value"));
		json_write_raw(w, json);
	}
	json_write_close(w, '}');
}

static struct slice quoted(struct arena *a, const char *text)
{
	return json_print(a, json_new_string(a, slice_of(text)));
}

static const struct json *metadata_of(const struct json *object)
{
	return json_get(object, "metadata");
}

static void test_member(struct arena *a, struct json_writer *w, const struct json *object, const char *key)
{
	op(w, "test", arena_join(a, "/metadata/", key), json_print(a, json_get_slice(metadata_of(object), slice_of(key))));
}

/* ---- the Namespace's words ---- */

static bool same(const char *x, const char *y)
{
	return x == y || (x && y && strcmp(x, y) == 0);
}

static bool same_words(const struct switch_words *x, const struct switch_words *y)
{
	return same(x->mode, y->mode) && same(x->master, y->master);
}

static struct slice words_patch(struct arena *a, const struct json *object, const struct switch_words *words)
{
	const struct json *next = json_get(metadata_of(switch_namespace(a, object, words)), "annotations");
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '[');
	test_member(a, &w, object, "resourceVersion");
	if (json_count(next) > 0)
		op(&w, "add", "/metadata/annotations", json_print(a, next));
	else if (json_has(metadata_of(object), "annotations"))
		op(&w, "remove", "/metadata/annotations", nothing);
	json_write_close(&w, ']');
	return buf_slice(&out);
}

/* Others write Namespaces too (labels of Pod Security, finalizers): what lost against one of these is tried again. */
static int set_words(struct switch_turn *turn, struct arena *a, const struct switch_words *expected, const struct switch_words *words,
		     struct err *err)
{
	const char *path = arena_join(a, "/api/v1/namespaces/", turn->namespace);
	const struct json *object;
	int status;

	for (;;) {
		if (switch_ask(turn, a, KUBE_GET, path, nothing, &status, &object, err) < 0)
			return -1;
		struct switch_words are = switch_words_of(object);
		if (same_words(&are, words))
			return 0;
		if (!same_words(&are, expected))
			return err_set(err, "namespace %s: somebody else has set %s=%s meanwhile", turn->namespace, SWITCH_MODE_KEY,
				       are.mode ? are.mode : "(none)");
		if (switch_ask(turn, a, KUBE_PATCH, path, words_patch(a, object, words), &status, &object, err) == 0)
			return 0;
		if ((status != 409 && status != 422) || switch_pause(turn, "annotating the namespace", err) < 0)
			return -1;
	}
}

/* ---- ConfigMaps ---- */

static struct slice touch_patch(struct arena *a, const char *uid)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '[');
	op(&w, "test", "/metadata/uid", quoted(a, uid));
	json_write_close(&w, ']');
	return buf_slice(&out);
}

static int readmit(struct switch_turn *turn, struct arena *a, const struct switch_map *map, bool *settled, struct err *err)
{
	const char *path = switch_path(a, turn->namespace, "ConfigMap", map->name);
	const struct json *object;
	int status;

	if (switch_ask(turn, a, KUBE_PATCH, path, touch_patch(a, map->uid), &status, &object, err) < 0)
		return err_wrap(err, "ConfigMap %s", map->name);
	return switch_settled(turn, a, object, &turn->record->after, settled, err);
}

static void data_op(struct arena *a, struct json_writer *w, const struct json *object, const char *key, const struct json *data)
{
	const char *path = arena_join(a, "/", key);

	if (data)
		op(w, "add", path, json_print(a, data));
	else if (json_has(object, key))
		op(w, "remove", path, nothing);
}

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

static bool is_back(struct arena *a, const struct json *object, const struct switch_map *map)
{
	return same_data(a, json_get(object, "data"), map->data) && same_data(a, json_get(object, "binaryData"), map->binary);
}

/* While a webhook still has the other words it writes its own text: asked until the text is the one of before. */
static int restore(struct switch_turn *turn, struct arena *a, const struct switch_map *map, bool *back, struct err *err)
{
	const char *path = switch_path(a, turn->namespace, "ConfigMap", map->name);
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);
	const struct json *object;
	int status;

	*back = true;
	if (switch_ask(turn, a, KUBE_GET, path, nothing, &status, &object, err) < 0)
		return status == 404 ? 0 : err_wrap(err, "ConfigMap %s", map->name);
	if (!same(json_text(json_get(metadata_of(object), "uid"), NULL), map->uid))
		return 0; /* another one of that name: not ours to write */
	json_write_open(&w, '[');
	test_member(a, &w, object, "resourceVersion");
	data_op(a, &w, object, "data", map->data);
	data_op(a, &w, object, "binaryData", map->binary);
	json_write_close(&w, ']');
	if (switch_ask(turn, a, KUBE_PATCH, path, buf_slice(&out), &status, &object, err) < 0) {
		*back = false;
		return status == 409 || status == 422 ? 0 : err_wrap(err, "ConfigMap %s", map->name);
	}
	/* A text that admission writes otherwise under the old words (it was there before the namespace opted in) cannot come back
	 * whole: what admission makes of it is as near as it gets. */
	*back = is_back(a, object, map);
	return *back ? 0 : switch_settled(turn, a, object, &turn->record->before, back, err);
}

/* ---- controllers ---- */

static const struct json *template_of(const struct json *object)
{
	return json_get(json_get(object, "spec"), "template");
}

static const struct json *template_annotations(const struct json *object)
{
	return json_get(metadata_of(template_of(object)), "annotations");
}

static struct slice stamp_patch(struct arena *a, const struct json *object, const char *stamp)
{
	const struct json *old = template_annotations(object);
	struct json *next = old ? json_copy(a, old) : json_new(a, JSON_OBJECT);
	const struct json *member = json_get(next, SWITCH_RESTART_KEY);
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	if (stamp)
		json_put(a, next, SWITCH_RESTART_KEY, json_new_string(a, slice_of(stamp)));
	else if (member)
		json_remove(next, member);
	json_write_open(&w, '[');
	test_member(a, &w, object, "uid");
	test_member(a, &w, object, "generation");
	if (json_count(next) > 0)
		op(&w, "add", "/spec/template/metadata/annotations", json_print(a, next));
	else
		op(&w, "remove", "/spec/template/metadata/annotations", nothing);
	json_write_close(&w, ']');
	return buf_slice(&out);
}

static int get_controller(struct switch_turn *turn, struct arena *a, const struct switch_restart *r, const char **path,
			  const struct json **ret, int *status, struct err *err)
{
	*path = switch_path(a, turn->namespace, r->kind, r->name);
	if (switch_ask(turn, a, KUBE_GET, *path, nothing, status, ret, err) < 0)
		return err_wrap(err, "%s %s", r->kind, r->name);
	if (!same(json_text(json_get(metadata_of(*ret), "uid"), NULL), r->uid)) {
		*status = 404;
		return err_set(err, "%s %s is another one than at the begin of the switch", r->kind, r->name);
	}
	return 0;
}

static struct slice probe_pod(struct arena *a, const char *namespace, const struct switch_restart *r, const struct json *object)
{
	struct json *pod = json_copy(a, template_of(object)), *metadata = json_copy(a, metadata_of(pod));

	json_put(a, pod, "apiVersion", json_new_string(a, slice_of("v1")));
	json_put(a, pod, "kind", json_new_string(a, slice_of("Pod")));
	json_put(a, metadata, "generateName", json_new_string(a, slice_of(arena_join(a, r->name, "-"))));
	json_put(a, metadata, "namespace", json_new_string(a, slice_of(namespace)));
	json_put(a, pod, "metadata", metadata);
	return json_print(a, pod);
}

/* A quota that is used up refuses the probe, and not the pods that take the place of others: nothing is known then. */
static int probe(struct switch_turn *turn, struct arena *a, const struct switch_restart *r, const struct json *object,
		 const struct switch_words *words, bool *settled, struct err *why, struct err *err)
{
	const char *path = arena_join(a, "/api/v1/namespaces/", turn->namespace, "/pods?dryRun=All");
	const struct json *pod;
	int status;

	*settled = false;
	if (switch_ask(turn, a, KUBE_POST, path, probe_pod(a, turn->namespace, r, object), &status, &pod, why) < 0) {
		if (status == 403 && slice_has(slice_of(why->text), " cannot "))
			return err_set(err, "%s", why->text);
		*settled = status == 403 && slice_has(slice_of(why->text), "exceeded quota");
		return 0;
	}
	return switch_settled(turn, a, pod, words, settled, err);
}

static int restart_once(struct switch_turn *turn, struct arena *a, const struct switch_restart *r, bool *done, struct err *why,
			struct err *err)
{
	const struct json *object;
	const char *path;
	int status;

	*done = false;
	if (get_controller(turn, a, r, &path, &object, &status, err) < 0)
		return -1;
	if (same(json_text(json_get(template_annotations(object), SWITCH_RESTART_KEY), NULL), turn->record->stamp)) {
		*done = true;
		return 0;
	}
	bool settled;
	if (probe(turn, a, r, object, &turn->record->after, &settled, why, err) < 0)
		return -1;
	if (!settled && !turn->dry_run)
		return 0;
	*done = switch_ask(turn, a, KUBE_PATCH, path, stamp_patch(a, object, turn->record->stamp), &status, &object, err) == 0;
	if (!*done && status != 409 && status != 422)
		return err_wrap(err, "%s %s", r->kind, r->name);
	return 0;
}

static int unrestart_once(struct switch_turn *turn, struct arena *a, const struct switch_restart *r, bool *done, struct err *err)
{
	const struct json *object;
	const char *path;
	int status;

	*done = true;
	if (get_controller(turn, a, r, &path, &object, &status, err) < 0) {
		if (status == 404)
			err->text[0] = '\0';
		return status == 404 ? 0 : -1;
	}
	if (!same(json_text(json_get(template_annotations(object), SWITCH_RESTART_KEY), NULL), turn->record->stamp))
		return 0;
	/* One that admission refuses was perhaps refused before too: putting back does not end at it. */
	bool settled;
	struct err why = {""};
	if (probe(turn, a, r, object, &turn->record->before, &settled, &why, err) < 0)
		return -1;
	if (!settled && !why.text[0]) {
		*done = false;
		return 0;
	}
	*done = switch_ask(turn, a, KUBE_PATCH, path, stamp_patch(a, object, r->before), &status, &object, err) == 0;
	if (!*done && status != 409 && status != 422)
		return err_wrap(err, "%s %s", r->kind, r->name);
	return 0;
}

/* ---- loops ---- */

/* What is tried until it is done, each time with memory of its own. */
struct step {
	const char *kind, *name;
	const struct switch_map *map;
	const struct switch_restart *restart;
	bool undo;
};

static int step_once(struct switch_turn *turn, struct arena *a, const struct step *s, bool *done, struct err *why, struct err *err)
{
	if (s->map)
		return s->undo ? restore(turn, a, s->map, done, err) : readmit(turn, a, s->map, done, err);
	return s->undo ? unrestart_once(turn, a, s->restart, done, err) : restart_once(turn, a, s->restart, done, why, err);
}

static int carry_out(struct switch_turn *turn, const struct step *s, struct err *err)
{
	struct arena a = ARENA_INIT;
	bool done = false;
	int rc = 0;

	while (rc == 0 && !done) {
		struct err why = {""};
		rc = *turn->stop ? err_set(err, "stopped by a signal") : step_once(turn, &a, s, &done, &why, err);
		if (turn->dry_run)
			break;
		if (rc == 0 && !done && (rc = switch_pause(turn, "admission by sparkgate, which does not know the new backend", err)) < 0) {
			err_wrap(err, "%s %s%s%s", s->kind, s->name, why.text[0] ? ": " : "", why.text);
			break;
		}
		arena_reset(&a);
	}
	arena_release(&a);
	if (rc == 0)
		switch_say(turn, "%s %s %s%s", s->kind, s->name, s->undo ? "put back" : s->map ? "re-admitted" : "restarted",
			   turn->dry_run ? " (server dry run)" : "");
	return rc;
}

static int wait_for(struct switch_turn *turn, const struct switch_restart *r, bool undo, struct err *err)
{
	struct arena a = ARENA_INIT;
	char said[ERR_TEXT_MAX] = "";
	enum switch_rollout state = ROLLOUT_WAITS;
	int rc = 0, status = 0;

	while (rc == 0 && state == ROLLOUT_WAITS) {
		const struct json *object;
		const char *path, *text = "";
		rc = get_controller(turn, &a, r, &path, &object, &status, err);
		if (rc < 0)
			break;
		state = switch_rollout(&a, object, &text);
		if (state == ROLLOUT_FAILED)
			rc = err_set(err, "%s %s: %s", r->kind, r->name, text);
		if (state == ROLLOUT_WAITS && strcmp(said, text) != 0) {
			snprintf(said, sizeof(said), "%s", text);
			switch_say(turn, "%s %s: %s", r->kind, r->name, text);
		}
		if (state == ROLLOUT_WAITS)
			rc = switch_pause(turn, arena_printf(&a, "%s %s: %s", r->kind, r->name, text), err);
		arena_reset(&a);
	}
	arena_release(&a);
	if (rc < 0 && undo && status == 404)
		rc = 0;
	return rc;
}

static int wait_all(struct switch_turn *turn, bool undo, struct err *err)
{
	const struct switch_record *r = turn->record;

	for (size_t i = 0; i < r->restart_count; i++) {
		if (wait_for(turn, &r->restarts[i], undo, err) == 0)
			continue;
		if (!undo || *turn->stop || turn->lost)
			return -1;
		/* Its template is as it was; it was perhaps not ready before, either. */
		switch_say(turn, "%s: it is as before, and does not become ready", err->text);
		err->text[0] = '\0';
	}
	return 0;
}

static int carry_out_all(struct switch_turn *turn, bool undo, struct err *err)
{
	const struct switch_record *r = turn->record;

	for (size_t i = 0; i < r->map_count; i++)
		if (carry_out(turn, &(struct step){"ConfigMap", r->maps[i].name, .map = &r->maps[i], .undo = undo}, err) < 0)
			return -1;
	for (size_t i = 0; i < r->restart_count; i++)
		if (carry_out(turn, &(struct step){r->restarts[i].kind, r->restarts[i].name, .restart = &r->restarts[i], .undo = undo}, err) < 0)
			return -1;
	return 0;
}

int switch_turn_apply(struct switch_turn *turn, struct err *err)
{
	const struct switch_record *r = turn->record;

	if (set_words(turn, turn->a, &r->before, &r->after, err) < 0)
		return -1;
	switch_say(turn, "namespace %s annotated%s", turn->namespace, turn->dry_run ? " (server dry run)" : "");
	if (carry_out_all(turn, false, err) < 0)
		return -1;
	return turn->dry_run ? 0 : wait_all(turn, false, err);
}

int switch_turn_undo(struct switch_turn *turn, struct err *err)
{
	struct switch_record *r = turn->record;

	turn->deadline = clock_mono_ns() + turn->timeout;
	r->undoing = true;
	if (switch_turn_take(turn, r, err) < 0)
		return -1;
	if (set_words(turn, turn->a, &r->after, &r->before, err) < 0)
		return -1;
	switch_say(turn, "namespace %s annotated as before", turn->namespace);
	if (carry_out_all(turn, true, err) < 0 || wait_all(turn, true, err) < 0)
		return -1;
	return switch_turn_end(turn, err);
}
