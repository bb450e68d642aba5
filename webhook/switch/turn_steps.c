/* The steps: what each one writes, and how it is put back. */
#include "kube/status.h"
#include "switch/rollout.h"
#include "switch/steps.h"

#include <stdio.h>

static const struct json *metadata_of(const struct json *object)
{
	return json_get(object, "metadata");
}

/* ---- the Namespace's words ---- */

static bool same(const char *x, const char *y)
{
	return x == y || (x && y && strcmp(x, y) == 0);
}

/* Apart from the record that they name. */
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
	switch_patch_test(a, &w, object, "resourceVersion");
	if (json_count(next) > 0)
		switch_patch_op(&w, "add", "/metadata/annotations", json_print(a, next));
	else if (json_has(metadata_of(object), "annotations"))
		switch_patch_op(&w, "remove", "/metadata/annotations", SLICE_NONE);
	json_write_close(&w, ']');
	return buf_slice(&out);
}

static const char *words_text(struct arena *a, const struct switch_words *words)
{
	const char *mode = words->mode ? words->mode : "none";

	return words->master ? arena_join(a, mode, ", master ", words->master) : mode;
}

/* Others write Namespaces too (labels of Pod Security, finalizers): a write that lost against one of these is tried again. */
static int set_words(struct switch_turn *turn, struct arena *a, const struct switch_words *expected, const struct switch_words *words,
		     struct err *err)
{
	const char *path = arena_join(a, "/api/v1/namespaces/", turn->namespace);
	const struct json *object;
	struct err why = {""};
	int status;

	for (;;) {
		if (switch_ask(turn, a, KUBE_GET, path, SLICE_NONE, &status, &object, err) < 0)
			return -1;
		struct switch_words are = switch_words_of(object);
		if (same_words(&are, words) && same(are.bound, words->bound))
			return 0;
		if (!same_words(&are, expected) && !same_words(&are, words))
			return err_set(err, "namespace %s: somebody else has set " SWITCH_MODE_KEY " to %s meanwhile; set it to %s, where this "
					    "goes, or to %s, where it was, and give the command again, or delete ConfigMap " SWITCH_RECORD_NAME
					    " where the namespace is as it should be",
				       turn->namespace, words_text(a, &are), words_text(a, words), words_text(a, expected));
		if (switch_ask(turn, a, KUBE_PATCH, path, words_patch(a, object, words), &status, &object, &why) == 0)
			return 0;
		if (status != 409 && status != 422)
			return err_set(err, "%s", why.text);
		if (switch_pause(turn, "the namespace to be annotated", err) < 0)
			return -1;
	}
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
	switch_patch_test(a, &w, object, "uid");
	switch_patch_test(a, &w, object, "generation");
	if (json_count(next) > 0)
		switch_patch_op(&w, "add", "/spec/template/metadata/annotations", json_print(a, next));
	else
		switch_patch_op(&w, "remove", "/spec/template/metadata/annotations", SLICE_NONE);
	json_write_close(&w, ']');
	return buf_slice(&out);
}

static int get_controller(struct switch_turn *turn, struct arena *a, const struct switch_restart *r, const char **path,
			  const struct json **ret, int *status, struct err *err)
{
	*path = switch_path(a, turn->namespace, r->kind, r->name);
	if (switch_ask(turn, a, KUBE_GET, *path, SLICE_NONE, status, ret, err) < 0)
		return err_wrap(err, "%s %s", r->kind, r->name);
	if (!same(json_text(json_get(metadata_of(*ret), "uid"), NULL), r->uid)) {
		*status = 404;
		return err_set(err, "%s %s was replaced after the switch began (its uid differs)", r->kind, r->name);
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

/* A used-up quota refuses the probe, but not pods that replace others: a refusal by it proves nothing, and counts as settled. */
static int probe(struct switch_turn *turn, struct arena *a, const struct switch_restart *r, const struct json *object,
		 const struct switch_words *words, bool *settled, struct err *why, struct err *err)
{
	const char *path = arena_join(a, "/api/v1/namespaces/", turn->namespace, "/pods?dryRun=All");
	const struct json *pod;
	int status;

	*settled = false;
	if (switch_ask(turn, a, KUBE_POST, path, probe_pod(a, turn->namespace, r, object), &status, &pod, why) < 0) {
		if (kube_status_is_rbac(status, why))
			return err_set(err, "%s", why->text);
		*settled = status == 403 && slice_has(slice_of(why->text), "exceeded quota");
		return 0;
	}
	return switch_settled(turn, a, pod, words, settled, err);
}

/* Not *done where something else was written in between: to be read again. */
static int stamp(struct switch_turn *turn, struct arena *a, const struct switch_restart *r, const char *path, struct slice patch,
		 bool *done, struct err *err)
{
	const struct json *object;
	struct err why = {""};
	int status;

	*done = switch_ask(turn, a, KUBE_PATCH, path, patch, &status, &object, &why) == 0;
	if (*done || status == 409 || status == 422)
		return 0;
	return err_set(err, "%s %s: %s", r->kind, r->name, why.text);
}

static const char *restarted_at(const struct json *object)
{
	return json_text(json_get(template_annotations(object), SWITCH_RESTART_KEY), NULL);
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
	*done = same(restarted_at(object), turn->record->stamp);
	if (*done)
		return 0;
	if (!same(restarted_at(object), r->before))
		return err_set(err, "%s %s: somebody else has restarted it since the plan; give the command again", r->kind, r->name);
	bool settled;
	if (probe(turn, a, r, object, &turn->record->after, &settled, why, err) < 0)
		return -1;
	if (!settled && !turn->dry_run)
		return 0;
	return stamp(turn, a, r, path, stamp_patch(a, object, turn->record->stamp), done, err);
}

/* Its pods may be on either backend: whoever restarted it knows why. */
static void keep_restart(struct switch_turn *turn, const struct switch_restart *r)
{
	turn->kept++;
	switch_say(turn, "%s %s: somebody else has restarted it since, that stays; to have it on the previous backend: kubectl rollout "
			 "restart %s/%s -n %s", r->kind, r->name, r->kind, r->name, turn->namespace);
}

static int unrestart_once(struct switch_turn *turn, struct arena *a, const struct switch_restart *r, bool *done, struct err *err)
{
	const struct json *object;
	struct err why = {""};
	const char *path;
	int status;

	*done = true;
	if (get_controller(turn, a, r, &path, &object, &status, &why) < 0)
		return status == 404 ? 0 : err_set(err, "%s", why.text);
	if (!same(restarted_at(object), turn->record->stamp)) {
		if (!same(restarted_at(object), r->before))
			keep_restart(turn, r);
		return 0;
	}
	/* One that admission refuses was perhaps refused before too: that does not stop the undo. */
	bool settled;
	if (probe(turn, a, r, object, &turn->record->before, &settled, &why, err) < 0)
		return -1;
	if (!settled && !why.text[0]) {
		*done = false;
		return 0;
	}
	return stamp(turn, a, r, path, stamp_patch(a, object, r->before), done, err);
}

/* ---- loops ---- */

enum stage { FORESEE, THERE, BACK };

/* Something that is tried until it is done, each time with fresh memory. */
struct step {
	enum stage stage;
	const char *kind, *name;
	struct switch_map *map;
	const struct switch_restart *restart;
};

static int step_once(struct switch_turn *turn, struct arena *a, const struct step *s, bool *done, struct err *why, struct err *err)
{
	if (s->restart)
		return s->stage == BACK ? unrestart_once(turn, a, s->restart, done, err) : restart_once(turn, a, s->restart, done, why, err);
	if (s->stage == FORESEE)
		return switch_map_foresee(turn, a, s->map, done, err);
	return s->stage == BACK ? switch_map_restore(turn, a, s->map, done, err) : switch_map_readmit(turn, a, s->map, done, err);
}

static void say_done(struct switch_turn *turn, const struct step *s, size_t kept)
{
	if (s->stage == FORESEE || turn->kept > kept)
		return;
	switch_say(turn, "%s %s %s%s", s->kind, s->name, s->stage == BACK ? "put back" : s->map ? "re-admitted" : "restarted",
		   turn->dry_run ? " (server dry run)" : "");
}

static int carry_out(struct switch_turn *turn, const struct step *s, struct err *err)
{
	struct arena a = ARENA_INIT;
	size_t kept = turn->kept;
	bool done = false;
	int rc = 0;

	while (rc == 0 && !done) {
		struct err why = {""};
		rc = *turn->stop ? err_set(err, "stopped by a signal") : step_once(turn, &a, s, &done, &why, err);
		if (turn->dry_run)
			break;
		if (rc == 0 && !done && (rc = switch_pause(turn, "sparkgate to learn of the new backend", err)) < 0) {
			err_wrap(err, "%s %s%s%s", s->kind, s->name, why.text[0] ? ": " : "", why.text);
			break;
		}
		arena_reset(&a);
	}
	arena_release(&a);
	if (rc == 0)
		say_done(turn, s, kept);
	return rc;
}

static int wait_for(struct switch_turn *turn, const struct switch_restart *r, bool undo, struct err *err)
{
	struct arena a = ARENA_INIT;
	char said[ERR_TEXT_MAX] = "";
	enum switch_rollout state = ROLLOUT_WAITS;
	struct err why = {""};
	int rc = 0, status = 0;

	while (rc == 0 && state == ROLLOUT_WAITS) {
		const struct json *object;
		const char *path, *text = "";
		if (get_controller(turn, &a, r, &path, &object, &status, &why) < 0) {
			rc = undo && status == 404 ? 0 : err_set(err, "%s", why.text);
			break;
		}
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
	return rc;
}

static int wait_all(struct switch_turn *turn, bool undo, struct err *err)
{
	const struct switch_record *r = turn->record;

	for (size_t i = 0; i < r->restart_count; i++) {
		struct err why = {""};
		if (wait_for(turn, &r->restarts[i], undo, &why) == 0)
			continue;
		if (!undo || *turn->stop || turn->lost)
			return err_set(err, "%s", why.text);
		/* Its template is as it was; it was perhaps not ready before, either. */
		switch_say(turn, "%s: it is as before, but does not become ready", why.text);
	}
	return 0;
}

static int carry_out_maps(struct switch_turn *turn, enum stage stage, struct err *err)
{
	struct switch_record *r = turn->record;

	for (size_t i = 0; i < r->map_count; i++)
		if (carry_out(turn, &(struct step){stage, "ConfigMap", r->maps[i].name, .map = &r->maps[i]}, err) < 0)
			return -1;
	return 0;
}

/* What admission will write is in the record before it is written. */
static int foresee_all(struct switch_turn *turn, struct err *err)
{
	if (turn->dry_run || turn->record->map_count == 0)
		return 0;
	return carry_out_maps(turn, FORESEE, err) < 0 ? -1 : switch_record_store(turn, err);
}

static int carry_out_all(struct switch_turn *turn, enum stage stage, struct err *err)
{
	const struct switch_record *r = turn->record;

	if (carry_out_maps(turn, stage, err) < 0)
		return -1;
	for (size_t i = 0; i < r->restart_count; i++)
		if (carry_out(turn, &(struct step){stage, r->restarts[i].kind, r->restarts[i].name, .restart = &r->restarts[i]}, err) < 0)
			return -1;
	return 0;
}

/* The words together with the name of our record. */
static struct switch_words bound(struct switch_turn *turn, const struct switch_words *words)
{
	return (struct switch_words){words->mode, words->master, switch_record_digest(turn->a, turn->record)};
}

int switch_turn_apply(struct switch_turn *turn, struct err *err)
{
	const struct switch_record *r = turn->record;
	const struct switch_words after = bound(turn, &r->after);

	if (set_words(turn, turn->a, &r->before, &after, err) < 0)
		return -1;
	switch_say(turn, "namespace %s annotated%s", turn->namespace, turn->dry_run ? " (server dry run)" : "");
	if (foresee_all(turn, err) < 0 || carry_out_all(turn, THERE, err) < 0)
		return -1;
	return turn->dry_run ? 0 : wait_all(turn, false, err);
}

int switch_turn_end(struct switch_turn *turn, struct err *err)
{
	const struct switch_words *words = turn->record->undoing ? &turn->record->before : &turn->record->after;

	if (!turn->dry_run && set_words(turn, turn->a, words, words, err) < 0)
		return -1;
	return switch_record_delete(turn, err);
}

int switch_turn_names(struct switch_turn *turn, const struct switch_record *record, enum switch_named *ret, struct err *err)
{
	const struct json *namespace;

	if (switch_turn_get(turn, arena_join(turn->a, "/api/v1/namespaces/", turn->namespace), &namespace, err) < 0)
		return -1;
	struct switch_words are = switch_words_of(namespace);
	*ret = same(are.bound, switch_record_digest(turn->a, record)) ? SWITCH_NAMED
	       : same_words(&are, &record->before)			? SWITCH_UNNAMED
								      : SWITCH_STRANGE;
	return 0;
}

static int put_all_back(struct switch_turn *turn, struct err *err)
{
	const struct switch_record *r = turn->record;
	const struct switch_words before = bound(turn, &r->before);

	if (set_words(turn, turn->a, &r->after, &before, err) < 0)
		return -1;
	switch_say(turn, "namespace %s annotated as before", turn->namespace);
	return carry_out_all(turn, BACK, err) < 0 ? -1 : wait_all(turn, true, err);
}

int switch_turn_undo(struct switch_turn *turn, struct err *err)
{
	struct switch_record *r = turn->record;
	enum switch_named named;

	turn->deadline = clock_mono_ns() + turn->timeout;
	if (switch_turn_names(turn, r, &named, err) < 0)
		return -1;
	if (named == SWITCH_STRANGE)
		return err_set(err, "annotation " SWITCH_BOUND_KEY " of the namespace does not name this record: it is of a switch that is over, or a "
				    "forgery, and nothing of it is written; look at ConfigMap " SWITCH_RECORD_NAME ", and delete it");
	r->undoing = true;
	if (switch_turn_take(turn, r, err) < 0 || (named == SWITCH_NAMED && put_all_back(turn, err) < 0))
		return -1;
	return switch_turn_end(turn, err);
}
