#include "policy/config_map_layer.h"

#include <stdlib.h>

static bool is_policy(const struct json *member)
{
	struct slice key = json_key_slice(member);

	return slice_ends(key, ".yaml") || slice_ends(key, ".yml") || slice_ends(key, ".json");
}

static int by_name(const void *a, const void *b)
{
	const struct policy_source *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int no_binary(const char *name, const struct json *object, struct err *err)
{
	JSON_EACH(item, json_get(object, "binaryData"))
		if (is_policy(item))
			return err_set(err, "ConfigMap %s, %s: is binaryData, a policy is UTF-8 text", name,
				       json_key(item));
	return 0;
}

int config_map_layer(struct arena *a, const char *name, const struct json *object, struct policy_layer *ret,
		     struct err *err)
{
	const struct json *data = json_get(object, "data");
	struct policy_source *sources = ARENA_ARRAY(a, json_count(data), struct policy_source);
	size_t count = 0, bytes = 0;

	if (no_binary(name, object, err) < 0)
		return -1;
	JSON_EACH(item, data) {
		struct slice text = json_slice(item);
		if (!is_policy(item))
			continue;
		if (!text.ptr)
			return err_set(err, "ConfigMap %s, %s: is not text", name, json_key(item));
		bytes += text.len;
		if (bytes > CONFIG_MAP_LAYER_BYTES || count == POLICY_FILES_MAX)
			return err_set(err, "ConfigMap %s: more than %d policy files or %u KiB", name, POLICY_FILES_MAX,
				       CONFIG_MAP_LAYER_BYTES / 1024);
		sources[count].name = arena_join(a, "ConfigMap ", name, ", ", json_key(item));
		sources[count++].text = text;
	}
	if (count > 0)
		qsort(sources, count, sizeof(*sources), by_name);
	*ret = (struct policy_layer){.sources = sources, .count = count};
	return 0;
}
