/* What a simulation starts from if there is no request: an object, and a namespace as it might be. */
#include "admission/simulate.h"

static const char *resource_of(struct arena *a, const char *kind)
{
	char *resource = arena_printf(a, "%ss", kind);

	for (char *p = resource; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return resource;
}

/* "apps/v1": group and version; "v1": no group. */
static void split_api_version(struct arena *a, const char *api_version, struct review *ret)
{
	const char *slash = strchr(api_version, '/');

	ret->group = slash ? arena_dup(a, (struct slice){api_version, (size_t)(slash - api_version)}) : "";
	ret->version = slash ? slash + 1 : api_version;
}

static const char *name_of(const struct json *metadata)
{
	const char *name = json_text(json_get(metadata, "name"), NULL);

	return name ? name : json_text(json_get(metadata, "generateName"), "");
}

void simulate_create(struct arena *a, const struct json *object, const char *default_namespace, struct review *ret)
{
	const struct json *metadata = json_get(object, "metadata");
	const char *kind = json_text(json_get(object, "kind"), "");
	const char *own = json_text(json_get(metadata, "namespace"), "");
	bool is_namespace = strcmp(kind, "Namespace") == 0;

	*ret = (struct review){.uid = "review", .operation = OP_CREATE, .kind = kind, .subresource = "", .user = ""};
	split_api_version(a, json_text(json_get(object, "apiVersion"), ""), ret);
	ret->resource = resource_of(a, kind);
	ret->name = name_of(metadata);
	ret->namespace = is_namespace ? ret->name : *own ? own : default_namespace;
	ret->object = object;
}

static struct json *copy_or_empty(struct arena *a, const struct json *object)
{
	return json_type(object) == JSON_OBJECT ? json_copy(a, object) : json_new(a, JSON_OBJECT);
}

const struct json *simulate_as_enforce(struct arena *a, const struct json *namespace)
{
	struct json *copy = json_copy(a, namespace);
	struct json *metadata = copy_or_empty(a, json_get(namespace, "metadata"));
	struct json *labels = copy_or_empty(a, json_get(metadata, "labels"));
	struct json *annotations = copy_or_empty(a, json_get(metadata, "annotations"));

	json_put(a, labels, "sparkgate.io/mode", json_new_string(a, SLICE_LIT("enforce")));
	json_put(a, annotations, "sparkgate.io/pssMode", json_new_string(a, SLICE_LIT("enforce")));
	json_put(a, metadata, "labels", labels);
	json_put(a, metadata, "annotations", annotations);
	json_put(a, copy, "metadata", metadata);
	return copy;
}
