/* Which object is meant: of a file, of the cluster, or of a decision that was recorded. */
#include "command/explain.h"

#include "admission/entry.h"
#include "base/buf.h"
#include "command/command.h"
#include "command/explain_kind.h"
#include "kube/client.h"

struct finding_it {
	struct review_input *input;
	const struct explain_arguments *args;
	const struct policy *policy;
	struct explain_subject *ret;
	const struct explain_kind *kind; /* KIND/NAME; NULL: not given */
	const char *name;
};

/* ---- of the cluster ---- */

static int get_live(struct finding_it *f, struct kube_config *kube, const struct explain_kind *kind, const char *namespace,
		    const char *name, struct slice *ret, struct err *err)
{
	struct arena *a = f->input->arena;
	const char *path = explain_kind_path(a, kind, namespace, name);
	int status;

	if (!kube_name_ok(name) || (!kind->cluster_scoped && !kube_name_ok(namespace)))
		return err_set(err, "'%s' in namespace '%s' is not a valid object name", name, namespace);
	struct kube_client *client = kube_client_new(kube, "sparkgate/" SPARKGATE_VERSION);
	int failed = kube_get(client, a, path, &status, ret, err);
	kube_client_free(client);
	if (failed == 0)
		return 0;
	if (status == 404)
		return err_set(err, "there is no %s '%s' in namespace '%s' (context %s)", kind->kind, name, namespace, kube->context);
	return err_wrap(err, "GET %s", path);
}

static void take_item(struct finding_it *f, const struct review_file *file, const struct review_item *item)
{
	*f->ret = (struct explain_subject){.review = item->review, .has_review = true, .file = file->path, .pointer = item->pointer,
					   .yaml = &file->stream.items[item->document], .number = item->number,
					   .shown_namespace = item->namespace};
}

static int find_live(struct finding_it *f, struct kube_config *kube, struct err *err)
{
	struct slice text;

	if (!f->kind)
		return err_set(err, "what is to be explained? Give -f FILE, or KIND/NAME of the cluster");
	if (get_live(f, kube, f->kind, f->input->namespace, f->name, &text, err) < 0 ||
	    review_input_add_text(f->input, "the cluster", text, err) < 0)
		return -1;
	const struct review_file *file = &f->input->files[f->input->count - 1];
	if (file->count == 0)
		return err_set(err, "the cluster sent no object");
	take_item(f, file, &file->items[0]);
	f->ret->file = NULL;
	return 0;
}

/* ---- of files ---- */

static bool is_meant(const struct finding_it *f, const struct review *r)
{
	bool ns = f->kind && (f->kind->cluster_scoped || !f->args->namespace || strcmp(r->namespace, f->args->namespace) == 0);

	return !f->kind || (ns && strcmp(r->kind, f->kind->kind) == 0 && strcmp(r->name, f->name) == 0);
}

/* Is it one that sparkgate has something to say about? Asked only where none was named. */
static bool concerns(const struct finding_it *f, const struct review *r)
{
	struct engine_request request = {ENDPOINT_VALIDATE, r};
	struct facts nothing = {.now = 0};
	struct decision d;

	if (review_subject_kind(r) == SUBJECT_NAMESPACE)
		return false;
	engine_decide(&request, &nothing, f->policy, f->input->arena, &d);
	return d.role != ROLE_NONE;
}

struct choice {
	const struct review_file *file;
	const struct review_item *item;
	size_t count;
	struct buf names;
};

static void consider(struct choice *c, const struct review_file *file, const struct review_item *item)
{
	if (c->count < 8)
		buf_printf(&c->names, "%s%s/%s", c->count ? ", " : "", item->review.kind, *item->review.name ? item->review.name : "(no name)");
	else if (c->count == 8)
		buf_adds(&c->names, ", ...");
	if (c->count++ == 0) {
		c->file = file;
		c->item = item;
	}
}

static struct choice look(const struct finding_it *f, bool (*fits)(const struct finding_it *, const struct review *))
{
	struct choice c = {.names = buf_in(f->input->arena)};

	for (size_t i = 0; i < f->input->count; i++)
		for (size_t k = 0; k < f->input->files[i].count; k++)
			if (fits(f, &f->input->files[i].items[k].review))
				consider(&c, &f->input->files[i], &f->input->files[i].items[k]);
	return c;
}

/* What the review of that item says was decided: its document may hold the response. */
static void take_response(struct finding_it *f, const struct choice *c)
{
	const struct json *root = c->file->stream.items[c->item->document].root;
	struct past *past = ARENA_NEW(f->input->arena, struct past);

	if (strcmp(json_text(json_get(root, "kind"), ""), "AdmissionReview") == 0 && past_read_response(root, &c->item->review, past))
		f->ret->past = past;
}

static bool may_be_named(const struct finding_it *f, const struct review *r)
{
	const struct explain_kind *kind;
	const char *name;
	struct err ignored;

	return explain_kind_read(arena_join(f->input->arena, r->kind, "/x"), &kind, &name, &ignored) == 0;
}

static int nothing_to_explain(const struct choice *all, struct err *err)
{
	const struct review *first = all->count > 0 ? &all->item->review : NULL;

	if (first && review_is_of_an_operator(first))
		return err_set(err, "%s '%s' is for a Spark operator: explain a pod, once the operator has created it", first->kind,
			       first->name);
	return err_set(err, "nothing to explain: the input holds no %s",
		       first ? "pod, controller of pods, ConfigMap or Namespace" : "object");
}

static int find_in_files(struct finding_it *f, struct err *err)
{
	struct choice all = look(f, is_meant);
	struct choice ours = all.count > 1 && !f->kind ? look(f, concerns) : all;

	if (ours.count == 0 && all.count > 1)
		ours = look(f, may_be_named);
	if (all.count == 0 && f->kind)
		return err_set(err, "the input holds no %s '%s'%s%s%s", f->kind->kind, f->name, f->args->namespace ? " in namespace '" : "",
			       f->args->namespace ? f->args->namespace : "", f->args->namespace ? "'" : "");
	if (ours.count == 0 || review_is_of_an_operator(&ours.item->review))
		return nothing_to_explain(&all, err);
	if (ours.count > 1)
		return err_set(err, "which one? Name it as KIND/NAME%s: %s", f->kind ? " with --namespace" : "", buf_slice(&ours.names).ptr);
	take_item(f, ours.file, ours.item);
	take_response(f, &ours);
	return 0;
}

/* ---- of an audit log ---- */

void explain_events_add(struct arena *a, struct explain_events *list, const struct json *event, const char *file)
{
	list->items = arena_grow(a, list->items, &list->cap, list->count + 1, sizeof(*list->items));
	list->files = arena_grow(a, list->files, &list->file_cap, list->count + 1, sizeof(*list->files));
	list->files[list->count] = file;
	list->items[list->count++] = event;
}

/* Those of documents: an Event, or an EventList that is not a line of a log. */
static struct explain_events events_of(const struct finding_it *f)
{
	struct explain_events list = {.count = 0};

	for (size_t i = 0; i < f->input->count; i++)
		for (size_t k = 0; k < f->input->files[i].stream.count; k++) {
			const struct json *root = f->input->files[i].stream.items[k].root;
			if (past_is_event(root))
				explain_events_add(f->input->arena, &list, root, f->input->files[i].path);
			if (strcmp(json_text(json_get(root, "kind"), ""), "EventList") == 0)
				JSON_EACH(item, json_get(root, "items"))
					if (past_is_event(item))
						explain_events_add(f->input->arena, &list, item, f->input->files[i].path);
		}
	return list;
}

static bool event_is_meant(const struct past *past, const void *closure)
{
	const struct finding_it *f = closure;

	if (f->args->id)
		return strcmp(past->id, f->args->id) == 0;
	if (f->kind)
		return strcmp(past->name, f->name) == 0 && (strcmp(past->kind, f->kind->kind) == 0 || strcmp(past->kind, f->kind->resource) == 0);
	return past->note_count > 0 || past->failed_count > 0 || past->by_us;
}

static int choose_event(struct finding_it *f, const struct explain_events *events, struct past *ret, const char **file, struct err *err)
{
	struct buf names = buf_in(f->input->arena);
	size_t count = 0;

	for (size_t i = 0; i < events->count; i++) {
		struct past past;
		/* A log has several stages of one request; the last one knows how it ended. */
		if (past_read_event(events->items[i], f->input->arena, &past, err) < 0)
			return err_wrap(err, "%s", events->files[i]);
		if (!event_is_meant(&past, f) || (count > 0 && strcmp(past.id, ret->id) != 0 && ++count > 9))
			continue;
		if (count == 0 || strcmp(past.id, ret->id) != 0)
			buf_printf(&names, "%s%s (%s %s)", names.len ? ", " : "", past.id, past.kind, *past.name ? past.name : "?");
		count += count == 0;
		*ret = past;
		*file = events->files[i];
	}
	if (count == 0)
		return err_set(err, "the log holds no event of %s%s", f->args->id ? "id " : "sparkgate's",
			       f->args->id ? f->args->id : f->kind ? " for that object" : "");
	if (count > 1 && !f->args->id && !f->kind)
		return err_set(err, "which one? Name it by --id ID or KIND/NAME: %s", buf_slice(&names).ptr);
	return 0;
}

static const struct explain_kind *kind_of_past(const struct past *past, struct arena *a)
{
	const struct explain_kind *kind;
	const char *name;
	struct err ignored;

	return explain_kind_read(arena_join(a, past->kind, "/x"), &kind, &name, &ignored) == 0 ? kind : NULL;
}

/* The log has no object: the one that is there now, if a cluster is asked. */
static int take_live_of_past(struct finding_it *f, struct kube_config *kube, const struct past *past, struct err *err)
{
	const struct explain_kind *kind = kind_of_past(past, f->input->arena);
	struct slice text;

	f->ret->past = past;
	if (!f->input->cluster || !kind || !*past->name)
		return 0;
	if (get_live(f, kube, kind, past->namespace, past->name, &text, err) < 0 ||
	    review_input_add_text(f->input, "the cluster", text, err) < 0)
		return -1;
	const struct review_file *file = &f->input->files[f->input->count - 1];
	if (file->count > 0)
		take_item(f, file, &file->items[0]);
	f->ret->file = NULL;
	f->ret->past = past;
	return 0;
}

static int find_past(struct finding_it *f, struct kube_config *kube, const struct explain_events *events, struct err *err)
{
	struct past *past = ARENA_NEW(f->input->arena, struct past);
	const char *file = NULL;

	if (choose_event(f, events, past, &file, err) < 0)
		return -1;
	if (!past->has_review)
		return take_live_of_past(f, kube, past, err);
	past->review.object = simulate_defaulted(f->input->arena, past->review.object, past->review.kind);
	*f->ret = (struct explain_subject){.review = past->review, .has_review = true, .past = past, .file = file,
					   .shown_namespace = *past->namespace ? past->namespace : NULL};
	return 0;
}

/* ---- all together ---- */

static int read_word(struct finding_it *f, struct err *err)
{
	if (f->args->words.count == 0)
		return 0;
	return explain_kind_read(f->args->words.items[0], &f->kind, &f->name, err);
}

static int read_documents(struct finding_it *f, const struct replay_files *files, struct explain_events *ret, struct err *err)
{
	for (size_t i = 0; i < files->count; i++)
		if (review_input_add(f->input, files->items[i].path, files->items[i].head, err) < 0)
			return -1;
	*ret = events_of(f);
	return 0;
}

static int find_in_input(struct finding_it *f, struct kube_config *kube, struct err *err)
{
	struct replay_files files;
	struct explain_events events;

	if (replay_files_find(f->input->arena, &f->args->files, &files, err) < 0)
		return -1;
	int rc = files.logs ? explain_log_read(f->input->arena, &files, event_is_meant, f, &events, err)
			    : read_documents(f, &files, &events, err);
	replay_files_close(&files);
	if (rc < 0)
		return -1;
	if (files.logs || events.count > 0)
		return find_past(f, kube, &events, err);
	if (f->args->id)
		return err_set(err, "--id is for an audit log: the input holds no event of one");
	return find_in_files(f, err);
}

int explain_subject_find(struct review_input *input, struct kube_config *kube, const struct explain_arguments *args,
			 const struct policy *policy, struct explain_subject *ret, struct err *err)
{
	struct finding_it f = {.input = input, .args = args, .policy = policy, .ret = ret};

	*ret = (struct explain_subject){.has_review = false};
	if (read_word(&f, err) < 0)
		return -1;
	if (args->files.count == 0)
		return find_live(&f, kube, err);
	return find_in_input(&f, kube, err);
}
