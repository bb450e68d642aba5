#include "admission/subject.h"

static const struct {
	const char *kind, *prefix;
} controllers[] = {
	{"Deployment", "/spec/template"},
	{"ReplicaSet", "/spec/template"},
	{"StatefulSet", "/spec/template"},
	{"DaemonSet", "/spec/template"},
	{"Job", "/spec/template"},
	{"CronJob", "/spec/jobTemplate/spec/template"},
	{"ReplicationController", "/spec/template"},
	{"PodTemplate", "/template"},
};

static const char *prefix_of(const char *kind)
{
	for (size_t i = 0; i < COUNT_OF(controllers); i++)
		if (strcmp(controllers[i].kind, kind) == 0)
			return controllers[i].prefix;
	return NULL;
}

bool kind_is_controller(const char *kind)
{
	return prefix_of(kind) != NULL;
}

/* The member that a prefix of plain names leads to. */
static const struct json *descend(const struct json *v, const char *prefix)
{
	struct slice rest = slice_of(prefix);

	(void)slice_skip(&rest, SLICE_LIT("/"));
	while (rest.len > 0 && v)
		v = json_get_slice(v, slice_cut(&rest, '/'));
	return v;
}

int subject_of(const struct json *object, const char *kind, struct subject *ret)
{
	const char *prefix = strcmp(kind, "Pod") == 0 ? "" : prefix_of(kind);

	if (!prefix)
		return -1;
	const struct json *pod = descend(object, prefix);
	const struct json *spec = json_get(pod, "spec");
	if (json_type(spec) != JSON_OBJECT)
		return -1;
	*ret = (struct subject){object, json_get(pod, "metadata"), spec, prefix, *prefix != '\0'};
	return 0;
}

int subject_apply(struct arena *a, const struct subject *subject, const struct json_patch *patch, struct subject *ret,
		  struct err *err)
{
	struct json *root;

	if (patch->count == 0) {
		*ret = *subject;
		return 0;
	}
	if (json_patch_apply(a, subject->root, patch, &root, err) < 0)
		return -1;
	const struct json *pod = descend(root, subject->prefix);
	*ret = (struct subject){root, json_get(pod, "metadata"), json_get(pod, "spec"), subject->prefix,
				subject->controller};
	return 0;
}
