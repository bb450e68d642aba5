#include "spark/pod_template.h"

#include "base/json_patch.h"
#include "base/yaml.h"
#include "policy/role.h"

static bool is_yaml_name(struct slice name)
{
	return slice_ends(name, ".yaml") || slice_ends(name, ".yml");
}

/* Does the name say that it is a pod's? Only then is an unreadable text worth reporting. */
static bool is_template_name(struct slice name)
{
	return slice_has(name, "pod-template") || slice_has(name, "podTemplate") || slice_has(name, "pod_template");
}

static bool is_pod(const struct json *root)
{
	const struct json *kind = json_get(root, "kind");

	return json_type(json_get(json_get(root, "spec"), "containers")) == JSON_ARRAY &&
	       (!kind || strcmp(json_text(kind, ""), "Pod") == 0);
}

static void add(struct pod_templates *list, struct pod_template template)
{
	if (list->count < POD_TEMPLATES_MAX)
		list->items[list->count++] = template;
}

static void read_documents(struct arena *a, struct slice text, struct pod_template template, bool report,
			   struct pod_templates *ret)
{
	struct yaml_stream stream;
	struct err err = {""};

	if (text.len > POD_TEMPLATE_BYTES)
		err_set(&err, "larger than %u bytes", POD_TEMPLATE_BYTES);
	else if (yaml_parse(a, text, YAML_MANIFEST, &stream, &err) == 0) {
		for (size_t i = 0; i < stream.count; i++) {
			if (!is_pod(stream.items[i].root))
				continue;
			template.metadata = json_get(stream.items[i].root, "metadata");
			template.spec = json_get(stream.items[i].root, "spec");
			add(ret, template);
		}
		return;
	}
	template.unreadable = arena_dup(a, slice_of(err.text));
	if (report)
		add(ret, template);
}

void pod_templates_read(struct arena *a, const struct json *config_map, struct pod_templates *ret)
{
	struct pod_templates found = {.count = 0};

	JSON_EACH(item, json_get(config_map, "data")) {
		struct slice key = slice_of(json_key(item)), name = data_key_without_template_suffix(key), text = json_slice(item);
		bool rendered = name.len < key.len; /* by envsubst or the like before Spark reads it: it need not be YAML yet */

		if (!text.ptr || !is_yaml_name(name) || (!is_template_name(name) && !slice_has(text, "containers")))
			continue;
		if (found.count == POD_TEMPLATES_MAX)
			break;
		read_documents(a, text,
			       (struct pod_template){.key = json_key(item),
						     .pointer = arena_printf(a, "/data/%s", json_pointer_token(a, key))},
			       is_template_name(name) && !rendered, &found);
	}
	*ret = found;
}
