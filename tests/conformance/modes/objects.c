#include "modes.h"

#include "admission/entry.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/yaml.h"

static const char *resource_of(struct arena *a, const char *kind)
{
	char *resource = arena_printf(a, "%ss", kind);

	for (char *p = resource; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return resource;
}

static void add(struct samples *to, const char *origin, struct review review)
{
	to->items = arena_grow(to->arena, to->items, &to->cap, to->count + 1, sizeof(*to->items));
	to->items[to->count++] = (struct sample){origin, review};
}

static struct review creation(struct arena *a, const struct json *object)
{
	const char *version = json_text(json_get(object, "apiVersion"), "v1"), *slash = strchr(version, '/');
	const char *kind = json_text(json_get(object, "kind"), "");

	return (struct review){.uid = "u", .operation = OP_CREATE, .kind = kind, .resource = resource_of(a, kind),
			       .group = slash ? arena_dup(a, (struct slice){version, (size_t)(slash - version)}) : "",
			       .version = slash ? slash + 1 : version, .subresource = "", .namespace = "team", .user = "alice",
			       .name = json_text(json_get(json_get(object, "metadata"), "name"), ""), .object = object};
}

static bool is_list(const struct json *root)
{
	return slice_ends(slice_of(json_text(json_get(root, "kind"), "")), "List") && json_get(root, "items");
}

static void add_object(struct samples *to, const char *origin, const struct json *object)
{
	if (json_type(object) != JSON_OBJECT || !json_text(json_get(object, "kind"), NULL))
		return;
	if (is_list(object)) {
		JSON_EACH(item, json_get(object, "items"))
			add_object(to, origin, item);
		return;
	}
	struct review review = creation(to->arena, object);
	if (review_subject_kind(&review) == SUBJECT_OTHER || review_subject_kind(&review) == SUBJECT_NAMESPACE)
		return;
	facts_index_add(to->facts, object, "team");
	add(to, origin, review);
}

static void add_review(struct samples *to, const char *origin, const struct json *root)
{
	struct review review;
	struct err err = {""};
	int code;

	if (review_parse(to->arena, json_print(to->arena, root), &review, &code, &err) < 0)
		return;
	if (review_subject_kind(&review) == SUBJECT_NAMESPACE)
		return;
	review.namespace = "team";
	add(to, origin, review);
}

int samples_add(struct samples *to, const char *path, struct err *err)
{
	struct yaml_stream stream;
	struct slice text;

	if (file_read(to->arena, path, LIMIT_FILE_BYTES, &text, err) < 0)
		return -1;
	if (text.len > 1 && text.ptr[0] != '{' && text.ptr[1] == '{') { /* fuzz_review: the first byte is not the body's */
		text.ptr++;
		text.len--;
	}
	if (yaml_parse(to->arena, text, YAML_MANIFEST, &stream, err) < 0)
		return err_wrap(err, "%s", path);
	for (size_t i = 0; i < stream.count; i++) {
		const char *origin = arena_printf(to->arena, "%s, document %zu", path, i + 1);
		if (strcmp(json_text(json_get(stream.items[i].root, "kind"), ""), "AdmissionReview") == 0)
			add_review(to, origin, stream.items[i].root);
		else
			add_object(to, origin, stream.items[i].root);
	}
	return 0;
}

/* ---- updates ---- */

static const struct json *patched(struct arena *a, const struct json *object, const char *op, const char *pointer,
				  const char *value)
{
	struct json_patch patch = json_patch_in(a);
	struct json *changed;
	struct err err = {""};

	json_patch_add(&patch, op, pointer, slice_of(value));
	return json_patch_apply(a, object, &patch, &changed, &err) == 0 ? changed : object;
}

/* What was there before: the same with another image, or the first container's. */
static const struct json *older(struct arena *a, const struct review *r)
{
	if (review_subject_kind(r) == SUBJECT_CONFIG_MAP)
		return patched(a, r->object, "add", "/data", "{}");
	if (review_subject_kind(r) == SUBJECT_POD)
		return patched(a, r->object, "add", "/spec/containers/0/image", "\"older\"");
	return patched(a, r->object, "add", "/spec/template/spec/containers/0/image", "\"older\"");
}

static const char debugger[] = "[{\"name\":\"debug\",\"image\":\"busybox\",\"securityContext\":{\"privileged\":true}}]";

void samples_add_updates(struct samples *to)
{
	size_t count = to->count;

	for (size_t i = 0; i < count; i++) {
		struct sample update = to->items[i];
		if (update.review.operation != OP_CREATE)
			continue;
		update.review.operation = OP_UPDATE;
		update.review.old_object = older(to->arena, &update.review);
		add(to, update.origin, update.review);
		if (review_subject_kind(&update.review) != SUBJECT_POD)
			continue;
		update.review.old_object = update.review.object;
		update.review.object = patched(to->arena, update.review.object, "add", "/spec/ephemeralContainers", debugger);
		update.review.subresource = "ephemeralcontainers";
		add(to, update.origin, update.review);
	}
}
