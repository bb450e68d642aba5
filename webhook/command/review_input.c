#include "command/review.h"

#include "admission/entry.h"
#include "base/limits.h"
#include "command/audit_event.h"
#include "facts/unknown.h"

#include <stdio.h>

/* More than a cluster has; every object costs memory until the report is printed. */
#define ITEMS_MAX 100000

/* ---- documents into items ---- */

struct place_in_file {
	struct review_file *file;
	size_t document;
	const char *pointer;
};

static unsigned line_of(const struct place_in_file *at)
{
	return yaml_line(&at->file->stream.items[at->document], at->pointer);
}

static struct review_item *new_item(struct review_input *input, const struct place_in_file *at, unsigned number)
{
	struct review_file *file = at->file;

	file->items = arena_grow(input->arena, file->items, &file->cap, file->count + 1, sizeof(*file->items));
	struct review_item *item = &file->items[file->count++];
	*item = (struct review_item){.number = number, .document = at->document, .pointer = at->pointer};
	return item;
}

/* The namespace where the kind has one: known for what we judge; other kinds only have what their metadata says. */
static const char *shown_namespace(const struct review *r)
{
	switch (review_subject_kind(r)) {
	case SUBJECT_NAMESPACE:
		return NULL;
	case SUBJECT_OTHER: {
		const char *own = json_text(json_get(json_get(r->object, "metadata"), "namespace"), "");
		return *own ? own : NULL;
	}
	default:
		return *r->namespace ? r->namespace : NULL;
	}
}

/* An unquoted `no` or `5` is not a string. kubectl refuses it; taken for absent, it would put the object elsewhere. */
static int check_names(const struct review_input *input, const struct place_in_file *at, const struct json *object, struct err *err)
{
	static const char *const names[] = {"namespace", "name", "generateName"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct json *name = json_get(json_get(object, "metadata"), names[i]);
		struct place_in_file field = *at;
		if (!name || json_type(name) == JSON_STRING || json_type(name) == JSON_NULL)
			continue;
		field.pointer = arena_join(input->arena, at->pointer, "/metadata/", names[i]);
		return err_set(err, "line %u: metadata.%s: expected a string, got %s (in YAML, quote it)", line_of(&field), names[i],
			       json_type_name(json_type(name)));
	}
	return 0;
}

static int add_object(struct review_input *input, const struct place_in_file *at, unsigned number,
		      const struct json *object, struct err *err)
{
	if (json_type(object) != JSON_OBJECT)
		return err_set(err, "line %u: expected a Kubernetes object, got %s", line_of(at),
			       json_type_name(json_type(object)));
	if (!json_text(json_get(object, "kind"), NULL) || !json_text(json_get(object, "apiVersion"), NULL))
		return err_set(err, "line %u: an object without apiVersion or kind", line_of(at));
	if (audit_is_event(object) && !input->takes_events)
		return err_set(err,
			       "line %u: an event of an audit log: they are read one a line: jq -c '.items[]? // .' FILE | sparkgate "
			       "review -f -",
			       line_of(at));
	if (check_names(input, at, object, err) < 0)
		return -1;
	if (at->file->count == ITEMS_MAX)
		return err_set(err, "line %u: more than %d objects", line_of(at), ITEMS_MAX);

	struct review_item *item = new_item(input, at, number);
	item->object = object;
	simulate_create(input->arena, object, input->namespace, &item->review);
	item->review.object = simulate_defaulted(input->arena, object, item->review.kind);
	item->namespace = shown_namespace(&item->review);
	facts_index_add(input->facts, object, input->namespace);
	return 0;
}

/* An AdmissionReview says itself what is done to what. */
static int add_admission_review(struct review_input *input, const struct place_in_file *at, unsigned number,
				const struct json *root, struct err *err)
{
	struct place_in_file inside = *at;
	struct review review = {.uid = NULL};
	int code;

	inside.pointer = arena_printf(input->arena, "%s/request/object", at->pointer);
	if (review_parse(input->arena, json_print(input->arena, root), &review, &code, err) < 0)
		return err_wrap(err, "line %u: AdmissionReview", line_of(at));

	struct review_item *item = new_item(input, &inside, number);
	item->object = json_get(json_get(root, "request"), "object");
	item->review = review;
	item->review.object = item->object; /* whole: it is printed, and compared with the old one */
	item->review.old_object = json_get(json_get(root, "request"), "oldObject");
	item->namespace = shown_namespace(&item->review);
	if (item->object)
		facts_index_add(input->facts, item->object, input->namespace);
	return 0;
}

/* The items of a typed list ("PodList") name neither kind nor apiVersion. */
static const struct json *typed_item(struct arena *a, const struct json *list, const struct json *item)
{
	const char *kind = json_text(json_get(list, "kind"), "");
	struct slice item_kind = {kind, strlen(kind) - strlen("List")};

	if (json_type(item) != JSON_OBJECT || item_kind.len == 0 || json_get(item, "kind"))
		return item;
	struct json_patch patch = json_patch_in(a);
	struct json *typed;
	struct err ignored;
	json_patch_add(&patch, "add", "/kind", json_patch_string(a, item_kind));
	json_patch_add(&patch, "add", "/apiVersion", json_print(a, json_get(list, "apiVersion")));
	return json_patch_apply(a, item, &patch, &typed, &ignored) == 0 ? typed : item;
}

static bool is_list(const struct json *root)
{
	return slice_ends(slice_of(json_text(json_get(root, "kind"), "")), "List") &&
	       json_type(json_get(root, "items")) == JSON_ARRAY && json_get(root, "apiVersion");
}

static int add_list(struct review_input *input, const struct place_in_file *at, unsigned *number,
		    const struct json *list, struct err *err)
{
	size_t index = 0;

	JSON_EACH(item, json_get(list, "items")) {
		struct place_in_file inside = *at;
		inside.pointer = arena_printf(input->arena, "/items/%zu", index++);
		if (add_object(input, &inside, (*number)++, typed_item(input->arena, list, item), err) < 0)
			return -1;
	}
	return 0;
}

static int add_document(struct review_input *input, const struct place_in_file *at, unsigned *number, struct err *err)
{
	const struct json *root = at->file->stream.items[at->document].root;

	if (is_list(root))
		return add_list(input, at, number, root, err);
	unsigned mine = (*number)++;
	if (json_type(root) == JSON_NULL)
		return 0; /* `---` and comments: helm leaves such documents behind */
	if (strcmp(json_text(json_get(root, "kind"), ""), "AdmissionReview") == 0)
		return add_admission_review(input, at, mine, root, err);
	return add_object(input, at, mine, root, err);
}

/* ---- files ---- */

int review_input_add_text(struct review_input *input, const char *path, struct slice text, struct err *err)
{
	struct review_file file = {.path = path};
	unsigned number = 1;

	if (yaml_parse(input->arena, text, YAML_DUMP, &file.stream, err) < 0)
		return err_wrap(err, "%s", path);
	for (size_t i = 0; i < file.stream.count; i++) {
		struct place_in_file at = {&file, i, ""};
		if (add_document(input, &at, &number, err) < 0)
			return err_wrap(err, "%s", path);
	}
	*ARENA_PUSH(input->arena, input->files, &input->cap, input->count) = file;
	return 0;
}

/* All files together are one world: nothing is lost by splitting one. */
static int read_dump(struct arena *a, const char *path, struct slice head, struct slice *ret, struct err *err)
{
	struct err why = {""};
	int failed = file_read_behind(a, path, head, LIMIT_DUMP_BYTES, ret, &why);

	if (failed == FILE_TOO_LARGE)
		return err_set(err, "%s: split it and give the parts one by one (audit reads a cluster itself: --kubeconfig)", why.text);
	return failed < 0 ? err_set(err, "%s", why.text) : 0;
}

static int read_file(struct review_input *input, const char *path, struct slice head, struct err *err)
{
	struct slice text;

	if (read_dump(input->arena, path, head, &text, err) < 0)
		return -1;
	return review_input_add_text(input, path, text, err);
}

static int add_file(struct review_input *input, const char *path, struct slice head, struct err *err)
{
	if (read_file(input, path, head, err) == 0)
		return 0;
	if (!input->passes_over)
		return -1;
	fprintf(stderr, "sparkgate review: %s\n", err->text);
	err->text[0] = '\0';
	input->unread++;
	return 0;
}

int review_input_add(struct review_input *input, const char *path, struct slice head, struct err *err)
{
	static const char *const suffixes[] = {".yaml", ".yml", ".json", NULL};
	struct file_list list;

	if (!file_is_directory(path))
		return add_file(input, path, head, err);
	if (file_tree(input->arena, path, suffixes, &list, err) < 0)
		return -1;
	if (list.count == 0)
		return err_set(err, "directory '%s' holds no .yaml, .yml or .json file", path);
	for (size_t i = 0; i < list.count; i++)
		if (add_file(input, list.paths[i], head, err) < 0)
			return -1;
	return 0;
}

/* ---- facts ---- */

int review_input_add_facts(struct review_input *input, const struct option_list *paths, struct err *err)
{
	if (paths->count > 0)
		input->facts_file = paths->count == 1 ? paths->items[0] : FACTS_FILES;
	for (size_t i = 0; i < paths->count; i++) {
		struct slice text;
		if (read_dump(input->arena, paths->items[i], (struct slice){"", 0}, &text, err) < 0)
			return -1;
		if (facts_index_add_text(input->facts, text, YAML_DUMP, err) < 0)
			return err_wrap(err, "%s", paths->items[i]);
	}
	return 0;
}

int review_input_read(struct review_input *input, const struct option_list *facts, const struct option_list *files,
		      struct err *err)
{
	if (review_input_add_facts(input, facts, err) < 0)
		return -1;
	for (size_t i = 0; i < files->count; i++)
		if (review_input_add(input, files->items[i], SLICE_NONE, err) < 0)
			return -1;
	return 0;
}
