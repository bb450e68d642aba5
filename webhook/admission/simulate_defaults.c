/*
 * Fields that the API server fills in before admission and that a manifest may leave out. Only what a rule can
 * see: k8s.io/kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_Volume and SetDefaults_Pod.
 */
#include "admission/simulate.h"

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

static void default_volumes(const struct subject *s, struct json_patch *patch)
{
	size_t index = 0;

	JSON_EACH(volume, json_get(s->spec, "volumes")) {
		if (has_no_source(volume))
			json_patch_add(patch, "add",
				       arena_printf(patch->arena, "%s/spec/volumes/%zu/emptyDir", s->prefix, index),
				       SLICE_LIT("{}"));
		index++;
	}
}

static bool has_no_host_port(const struct json *port)
{
	int64_t number;

	return json_type(port) == JSON_OBJECT && (json_int(json_get(port, "hostPort"), &number) < 0 || number == 0);
}

/* In the host's network a containerPort is the host's port, too. For pods only: templates are left
 * alone since 1.28 (feature gate DefaultHostNetworkHostPortsInPodTemplates). */
static void default_host_ports(const struct json *spec, const char *list, struct json_patch *patch)
{
	size_t container = 0;

	JSON_EACH(c, json_get(spec, list)) {
		size_t index = 0;
		JSON_EACH(port, json_get(c, "ports")) {
			const struct json *number = json_get(port, "containerPort");
			if (number && has_no_host_port(port))
				json_patch_add(patch, "add",
					       arena_printf(patch->arena, "/spec/%s/%zu/ports/%zu/hostPort", list,
							    container, index),
					       json_print(patch->arena, number));
			index++;
		}
		container++;
	}
}

const struct json *simulate_defaulted(struct arena *a, const struct json *object, const char *kind)
{
	struct json_patch patch = json_patch_in(a);
	struct subject subject;
	struct json *defaulted;
	struct err ignored;

	if (subject_of(object, kind, &subject) < 0)
		return object;
	default_volumes(&subject, &patch);
	if (strcmp(kind, "Pod") == 0 && json_bool(json_get(subject.spec, "hostNetwork"), false)) {
		default_host_ports(subject.spec, "initContainers", &patch);
		default_host_ports(subject.spec, "containers", &patch);
	}
	/* The pointers were just walked, so applying cannot fail. */
	if (patch.count == 0 || json_patch_apply(a, object, &patch, &defaulted, &ignored) < 0)
		return object;
	return defaulted;
}
