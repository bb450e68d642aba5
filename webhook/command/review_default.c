/*
 * What the API server fills in before admission and a manifest may leave out. Only what a rule can
 * see: k8s.io/kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_Volume.
 */
#include "command/review.h"

#include "admission/subject.h"
#include "base/json_patch.h"

/* Only a name, and nulls. */
static bool has_no_source(const struct json *volume)
{
	if (json_type(volume) != JSON_OBJECT)
		return false;
	JSON_EACH(member, volume)
		if (strcmp(json_key(member), "name") != 0 && json_type(member) != JSON_NULL)
			return false;
	return true;
}

const struct json *review_defaulted(struct arena *a, const struct json *object, const char *kind)
{
	struct json_patch patch = json_patch_in(a);
	struct subject subject;
	struct json *defaulted;
	struct err ignored;
	size_t index = 0;

	if (subject_of(object, kind, &subject) < 0)
		return object;
	JSON_EACH(volume, json_get(subject.spec, "volumes")) {
		if (has_no_source(volume))
			json_patch_add(&patch, "add",
				       arena_printf(a, "%s/spec/volumes/%zu/emptyDir", subject.prefix, index),
				       SLICE_LIT("{}"));
		index++;
	}
	/* The pointers were just walked, so applying cannot fail. */
	if (patch.count == 0 || json_patch_apply(a, object, &patch, &defaulted, &ignored) < 0)
		return object;
	return defaulted;
}
