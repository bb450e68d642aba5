#include "command/policies_option.h"

#include "kube/identity.h"
#include "policy/config_map_layer.h"

/* Where it is: both parts become parts of a path. */
static int split(struct arena *a, const char *text, const char **namespace, const char **name, struct err *err)
{
	struct slice rest = slice_of(text), head = slice_cut(&rest, '/');
	struct kube_identity me;

	*name = strchr(text, '/') ? arena_dup(a, rest) : text;
	if (*name != text) {
		*namespace = arena_dup(a, head);
	} else {
		if (kube_identity_read(a, KUBE_ACCOUNT_DIR, &me, err) < 0)
			return err_wrap(err, "outside of a pod its namespace must be given, NAMESPACE/%s", text);
		*namespace = me.namespace;
	}
	if (!kube_name_ok(*namespace) || !kube_name_ok(*name))
		return err_set(err, "'%s' is not NAMESPACE/NAME of a ConfigMap", text);
	return 0;
}

static int read_layer(struct arena *a, struct kube_client *client, const char *text, struct policy_layer *ret, struct err *err)
{
	const char *namespace = NULL, *name = NULL;
	const struct json *object;
	struct err failure = {""};
	struct slice body;
	int status;

	if (split(a, text, &namespace, &name, err) < 0)
		return -1;
	const char *path = arena_join(a, "/api/v1/namespaces/", namespace, "/configmaps/", name);
	if (kube_get(client, a, path, &status, &body, &failure) < 0)
		return status == 404 && name == text ? 0 : err_set(err, "GET %s: %s", path, failure.text);
	if (json_parse(a, body, &object, err) < 0)
		return err_wrap(err, "GET %s", path);
	return config_map_layer(a, name, object, ret, err);
}

int policies_option_load(struct arena *a, struct kube_client *client, const char *const *paths, size_t path_count,
			 const char *configmap, struct policy **ret, struct err *err)
{
	struct policy_layer layer = {.count = 0};
	struct policy_options options = {.paths = paths, .path_count = path_count, .may_be_empty = true, .wider_selectors = configmap != NULL};

	if (configmap && read_layer(a, client, configmap, &layer, err) < 0)
		return err_wrap(err, "--policies-configmap");
	if (configmap)
		options.above = &layer;
	return policy_load(&options, ret, err);
}
