#include "admission/annotation.h"

#include "base/json_write.h"

static struct slice decision_text(struct arena *a, enum backend backend, enum role role)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_writer(&b);

	json_write_open(&w, '{');
	json_write_key(&w, SLICE_LIT("v"));
	json_write_raw(&w, SLICE_LIT("1"));
	json_write_member(&w, "backend", backend_name(backend));
	json_write_member(&w, "role", role_name(role));
	json_write_close(&w, '}');
	return buf_slice(&b);
}

bool annotation_is_there(const struct json *metadata)
{
	return json_get(json_get(metadata, "annotations"), DECISION_ANNOTATION) != NULL;
}

bool annotation_is_right(struct arena *a, const struct json *metadata, enum backend backend, enum role role)
{
	struct slice now = json_slice(json_get(json_get(metadata, "annotations"), DECISION_ANNOTATION));

	return now.ptr && slice_eq(now, decision_text(a, backend, role));
}

static bool is_malformed(const struct json *map)
{
	return json_type(map) != JSON_OBJECT && json_type(map) != JSON_NULL;
}

void annotation_patch(struct arena *a, const struct json *metadata, const char *prefix, enum backend backend,
		      enum role role, struct json_patch *patch)
{
	const struct json *annotations = json_get(metadata, "annotations");
	struct slice now = json_slice(json_get(annotations, DECISION_ANNOTATION));
	struct slice want = decision_text(a, backend, role);
	struct slice value = json_patch_string(a, want);

	if (is_malformed(metadata) || is_malformed(annotations))
		return; /* the API server lets no such object pass; a path into it would not apply */
	if (now.ptr ? slice_eq(now, want) : patch->count == 0)
		return;
	if (json_type(annotations) == JSON_OBJECT) {
		json_patch_add(patch, "add", arena_join(a, prefix, "/metadata/annotations/sparkgate.io~1decision"),
			       value);
		return;
	}
	value = slice_of(arena_join(a, "{\"" DECISION_ANNOTATION "\":", value.ptr, "}"));
	if (json_type(metadata) == JSON_OBJECT)
		json_patch_add(patch, "add", arena_join(a, prefix, "/metadata/annotations"), value);
	else
		json_patch_add(patch, "add", arena_join(a, prefix, "/metadata"),
			       slice_of(arena_join(a, "{\"annotations\":", value.ptr, "}")));
}

void annotation_unpatch(const struct json *metadata, struct json_patch *patch)
{
	if (annotation_is_there(metadata))
		json_patch_add(patch, "remove", "/metadata/annotations/sparkgate.io~1decision", SLICE_NONE);
}
